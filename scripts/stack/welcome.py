"""What `make run` tells once everything is up: the first matcher run, where things are, what to try."""

import time
from collections.abc import Callable
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
    "completed": "members were matched",
    "listed": "candidates are on their lists",
    "proposed": "pairs were proposed",
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
    """What the matcher did until nobody waited any more: seconds and counts. Raises Trouble when a run
    fails or none comes.

    The schedule rings every minute; the same bell is rung at once, so that nobody waits for it.
    """
    began = time.monotonic()
    since = database.execute("select clock_timestamp() as now").fetchall()[0]["now"]
    rung, told = -_RING_AGAIN, 0
    reporter.line("Waiting for the first matcher run …")
    while (waited := time.monotonic() - began) < _RUN_PATIENCE:
        tend()
        stands = database.execute(_STANDS, {"since": since}).fetchall()[0]
        if stands["error"]:
            raise Trouble(f"The matcher run failed ({stands['error']}); the worker's log says more.")
        if stands["answered"] and not stands["waiting"] and not stands["running"]:
            return {**(stands["did"] or {}), "seconds": waited}
        if not stands["running"] and waited - rung >= _RING_AGAIN:
            database.execute("select private.ring('matcher')")
            rung = waited
        if waited - told >= 5:
            told = int(waited)
            reporter.line(f"  {stands['waiting']:,} members still wait, {told} s")
        time.sleep(0.1)
    raise Trouble(
        f"The matcher has not finished within {_RUN_PATIENCE:.0f} s; the logs of worker and schedule say why."
    )


_STANDS = """
select exists (select from private.bell_nonces n where n.claimed_at >= %(since)s) as answered,
    (select count(*) from public.matchmaking_queue q where q.available_at <= now()) as waiting,
    exists (select from public.job_runs j where j.name = 'matcher' and j.status = 'running') as running,
    (select j.error from public.job_runs j where j.name = 'matcher' and j.status = 'failed'
        and j.started_at >= %(since)s limit 1) as error,
    (select jsonb_object_agg(t.name, t.total) from (
        select c.name, sum((j.metadata ->> c.name)::bigint) as total
        from public.job_runs j, unnest('{completed,listed,proposed}'::text[]) c (name)
        where j.name = 'matcher' and j.started_at >= %(since)s group by c.name) t) as did
"""


def show_run(reporter: Reporter, did: dict[str, Any]) -> None:
    """What the matcher did."""
    if not did.get("completed"):
        reporter.heading("The matcher found nobody waiting")
        return
    reporter.heading(f"The matcher worked for {did['seconds']:.1f} s")
    for name, words in _COUNTS.items():
        count = did.get(name)
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
    key = load_keys(options.home).signing_key
    for name, member in zip("AB", members, strict=False):
        reporter.line(f"  {name}={sign_token(key, options.supabase_url, str(member))}")
    reporter.heading("Try")
    reporter.line(f'  curl -s {options.functions_url}/connect/status -H "Authorization: Bearer $A"')
