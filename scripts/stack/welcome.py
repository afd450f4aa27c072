"""What `make run` tells once everything is up: the first matcher run, where things are, what to try."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from scripts.stack import connect_env
from scripts.stack.home import Options, Trouble
from scripts.stack.keys import load_keys, sign_token
from scripts.stack.reporter import Reporter

_RUN_PATIENCE = 300.0  # seconds
_RING_AGAIN = 30.0  # seconds without any run: the bell may have been lost
_COUNTS = {
    "members": "members are searching",
    "eligiblePairs": "pairs pass each other's filters and have not met",
    "stored": "of them were proposed now",
}
_ALONE = """
select count(*) from public.connect_profiles p
where (p.is_active or p.paused_until <= now()) and not exists (
    select from public.matches m where m.user_a = p.user_id and m.ends_at > now()
) and not exists (
    select from public.matches m where m.user_b = p.user_id and m.ends_at > now()
)
"""


def welcome(options: Options, reporter: Reporter, tend: Callable[[], None]) -> None:
    """Ring the matcher, wait for its run and tell everything. `tend` keeps the programs alive meanwhile."""
    database_url = connect_env.read(options.home)["DATABASE_URL"]
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as database:
        if options.schedule:
            show_run(reporter, first_run(database, reporter, tend))
            alone = database.execute(_ALONE).fetchall()[0]["count"]
            reporter.line(f"  {alone:>7,}  members have no live match yet")
        else:
            reporter.line("The schedule is off: `scripts/ring matcher` starts a run.")
        show_places(options, reporter)
        show_members(options, database, reporter)
    reporter.line("  make story     two new members walk the whole flow")
    reporter.line("\nCtrl-C stops everything; the data stay.")


def first_run(
    database: psycopg.Connection[dict[str, Any]], reporter: Reporter, tend: Callable[[], None]
) -> dict[str, Any]:
    """The first finished matcher run of this start. Raises Trouble when it fails or does not come.

    The schedule rings every minute; the same bell is rung at once, so that nobody waits for it.
    """
    began = time.monotonic()
    since = database.execute("select clock_timestamp() as now").fetchall()[0]["now"]
    rung, told = -_RING_AGAIN, 0
    reporter.line("Waiting for the first matcher run …")
    while (waited := time.monotonic() - began) < _RUN_PATIENCE:
        tend()
        run = _run_since(database, since)
        if run is not None and run["status"] == "succeeded":
            return run
        if run is not None and run["status"] == "failed":
            raise Trouble(f"The matcher run failed ({run['error']}); the worker's log says more.")
        if run is None and waited - rung >= _RING_AGAIN:
            database.execute("select private.ring('matcher')")
            rung = waited
        if waited - told >= 5:
            told = int(waited)
            reporter.line(f"  {'matching' if run else 'not rung yet'}, {told} s")
        time.sleep(0.1)
    raise Trouble(
        f"No matcher run finished within {_RUN_PATIENCE:.0f} s; the logs of worker and schedule say why."
    )


def _run_since(database: psycopg.Connection[dict[str, Any]], since: datetime) -> dict[str, Any] | None:
    return database.execute(
        "select * from public.job_runs where name = 'matcher' and started_at >= %s "
        "order by (status = 'succeeded') desc, started_at limit 1",
        (since,),
    ).fetchone()


def show_run(reporter: Reporter, run: dict[str, Any]) -> None:
    """What a matcher run did."""
    reporter.heading(f"The matcher ran for {run['duration_ms'] / 1000:.1f} s")
    for name, words in _COUNTS.items():
        count = run["metadata"].get(name)
        if isinstance(count, int):
            reporter.line(f"  {count:>7,}  {words}")


def show_places(options: Options, reporter: Reporter) -> None:
    """Where everything listens."""
    reporter.heading("Listening")
    reporter.line(f"  functions  {options.functions_url}/connect/…  /health  /worker/health")
    reporter.line(f"  data API   {options.supabase_url}/rest/v1")
    reporter.line(f"  Postgres   127.0.0.1:{options.database_port}")
    reporter.line(f"  settings   {options.home.env}")


def show_members(options: Options, database: psycopg.Connection[dict[str, Any]], reporter: Reporter) -> None:
    """Tokens of two members, of one proposal where there is one, and a request to try."""
    pair = database.execute(
        "select user_a as a, user_b as b from public.matches where user_a is not null and user_b is not null "
        "and status = 'proposed' and ends_at > now() order by created_at, id limit 1"
    ).fetchone()
    if pair is not None:
        reporter.heading("Two members who were proposed to each other")
        members = [pair["a"], pair["b"]]
    else:
        reporter.heading("Two members")
        found = database.execute("select user_id from public.connect_profiles order by user_id limit 2")
        members = [row["user_id"] for row in found]
    if not members:
        reporter.line("  nobody is here yet")
        return
    secret = load_keys(options.home).jwt_secret
    for name, member in zip("AB", members, strict=False):
        reporter.line(f"  {name}={sign_token(secret, options.supabase_url, str(member))}")
    reporter.heading("Try")
    reporter.line(f'  curl -s {options.functions_url}/connect/status -H "Authorization: Bearer $A"')
