"""Everything that is checked on a running stack whose Postgres and pg_cron are Debian's."""

import difflib
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from scripts.stack import connect_env
from scripts.stack.apply_sql import apply
from scripts.stack.children import plain_environment
from scripts.stack.home import Trouble
from scripts.stack.reporter import Reporter
from scripts.stack.story import Story
from scripts.stack.supabase_cli import apart
from scripts.stack.supervisor import vault_secrets
from scripts.tools.advise import advise
from scripts.tools.check_cron.cluster import DebianCluster
from scripts.tools.check_cron.contract import QUESTIONS, wrong_answers
from scripts.tools.check_cron.cut import SlowCall
from scripts.tools.check_cron.leaving import leave
from scripts.tools.check_cron.night import whole_night
from scripts.tools.check_cron.ring import first_ring
from scripts.tools.check_cron.safeupdate import probe

_SHOWN = 20  # lines of a difference
_STATE = (
    "select jobid, jobname, schedule, command, active from cron.job order by jobid",
    "select * from public.settings",
    "select id, name, updated_at from vault.secrets order by id",
)

Database = psycopg.Connection[dict[str, Any]]


def examine(cluster: DebianCluster, reporter: Reporter, tend: Callable[[], None]) -> None:
    """Check everything, tell what is seen. Raises Trouble at the first thing that is not as it should be."""
    with psycopg.connect(cluster.url(), autocommit=True, row_factory=dict_row) as database:
        began = database.execute("select clock_timestamp() as now").fetchall()[0]["now"]
        _show_server(database, reporter)
        with reporter.step("Applying everything once more"):
            _apply_again(cluster, database)
        with reporter.step("Asking Supabase's linter"):
            if found := advise(cluster.verified_url):
                raise Trouble("\n  ".join(["The linter finds fault:", *(str(each) for each in found)]))
        with reporter.step(f"Asking pg_cron {len(QUESTIONS)} things its stand-in promises"):
            with psycopg.connect(cluster.url(), autocommit=True) as plain:
                wrong = wrong_answers(plain)
            if wrong:
                raise Trouble("\n  ".join(["pg_cron and its stand-in differ:", *wrong]))
        _show_jobs(database, reporter)
        _guard(cluster, reporter)
        with SlowCall(database, cluster.options, cluster.keys) as slow:
            whole_night(database, reporter, tend)
            database.execute("select cron.alter_job(jobid, active := true) from cron.job")
            first_ring(database, began, reporter, tend)
            with reporter.step("Two members walk the whole flow of `make story`"):
                _walk(cluster)
            reporter.heading("Leaving")
            leave(cluster, database, reporter)
            slow.judge(reporter)
        health = httpx.get(f"{cluster.options.functions_url}/worker/health", timeout=10, trust_env=False)
        if health.status_code != 200:
            raise Trouble(f"The worker's health is {health.status_code} after a ring: {health.text}")
        reporter.line("  The worker's health is green.")


class _Silent(Reporter):
    """What is told is kept, for the day it does not go well."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def line(self, text: str = "") -> None:
        self.told.append(text)


def _guard(cluster: DebianCluster, reporter: Reporter) -> None:
    """See that statements without a WHERE are refused to the data API, or say loudly that it was not seen."""
    reporter.heading("The rule of safeupdate")
    if cluster.unguarded:
        reporter.line(f"  NOT CHECKED: {cluster.unguarded}.")
        reporter.line(
            "  A statement without a WHERE, which hosted projects refuse, would pass everything below."
        )
        return
    tried = probe(cluster.url("authenticator"))
    reporter.line(
        f"  in force for the data API, as {tried} statements showed: no update or delete without a WHERE"
    )


def _walk(cluster: DebianCluster) -> None:
    silent = _Silent()
    try:
        Story(connect_env.read(cluster.options.home), cluster.keys.bell_key, silent).tell()
    except Exception as error:
        raise Trouble("\n".join([f"The flow stopped: {error}", *silent.told[-_SHOWN:]])) from error


def _show_server(database: Database, reporter: Reporter) -> None:
    reporter.heading("The server")
    reporter.line(f"  {database.execute('select version()').fetchall()[0]['version']}")
    extensions = database.execute(
        "select extname, extversion from pg_extension where extname <> 'plpgsql' order by extname"
    )
    reporter.line("  " + ", ".join(f"{row['extname']} {row['extversion']}" for row in extensions))
    settings = database.execute(
        "select name, setting from pg_settings where name = any (%s) order by name",
        (["cron.database_name", "cron.timezone", "cron.use_background_workers", "cron.max_running_jobs"],),
    )
    reporter.line("  " + ", ".join(f"{row['name']} = {row['setting']}" for row in settings))


def _show_jobs(database: Database, reporter: Reporter) -> None:
    reporter.heading("cron.job")
    for job in database.execute("select * from cron.job order by jobid"):
        reporter.line(
            f"  {job['jobid']:>3}  {job['jobname']:<21} {job['schedule']:<12} "
            f"{'on ' if job['active'] else 'off'}  {job['username']}  {job['command']}"
        )


def _apply_again(cluster: DebianCluster, database: Database) -> None:
    before = _everything(cluster, database)
    # As the deploy page has the address: with the server's certificate verified.
    apply(cluster.verified_url, vault_secrets(cluster.options, cluster.keys))
    after = _everything(cluster, database)
    changed = [
        line
        for line in difflib.unified_diff(before, after, lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    if changed:
        raise Trouble("\n  ".join(["Applying everything once more changed the database:", *changed[:_SHOWN]]))


def _everything(cluster: DebianCluster, database: Database) -> list[str]:
    """The schema as pg_dump writes it, and the rows that migrations and policies make."""
    address, password = apart(cluster.url("supabase_admin"))
    dumped = subprocess.run(
        # a fixed key: without one every dump has its own
        [str(cluster.tools / "pg_dump"), "--schema-only", "--restrict-key=check", address],
        env=plain_environment(**password),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if dumped.returncode:
        raise Trouble(f"pg_dump failed: {dumped.stderr.strip()}")
    rows = [str(row) for query in _STATE for row in database.execute(query.encode())]
    return [*dumped.stdout.splitlines(), *rows]
