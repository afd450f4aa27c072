"""A whole night: every job of the schedule begun by pg_cron itself, and followed to the end of its work."""

import time
from collections.abc import Callable
from typing import Any

import psycopg

from scripts.stack.home import Trouble
from scripts.stack.reporter import Reporter
from scripts.tools.check_cron.limit import limit

_PATIENCE = 120.0  # seconds for one job
# Workers' jobs first, by their time of day.
_JOBS = """
select name from private.declared_jobs where name <> 'matcher' and schedule is not null
order by does is not null, lpad(split_part(schedule, ' ', 2), 2), lpad(split_part(schedule, ' ', 1), 2)
"""
_BEGUN = """
select d.status, d.return_message from cron.job_run_details d
where d.jobid = %(job)s and d.start_time >= %(since)s and d.end_time is not null order by d.runid limit 1
"""
_DONE = """
select j.status::text, j.duration_ms, j.error, j.metadata from public.job_runs j
where j.name = %(name)s and j.started_at >= %(since)s and j.status <> 'running' order by j.sequence limit 1
"""

Database = psycopg.Connection[dict[str, Any]]


def whole_night(database: Database, reporter: Reporter, tend: Callable[[], None]) -> None:
    """Have every job done once. Raises Trouble at the first that fails, or at a night that proposes nobody.

    `tend` keeps the programs alive meanwhile.
    """
    reporter.heading("A whole night, job by job, begun by pg_cron")
    # Who is queued would be matched first, and leave the night's own market nobody to propose to.
    database.execute("delete from public.matchmaking_queue")
    for name in [job["name"] for job in database.execute(_JOBS)]:
        with limit(_PATIENCE, name):
            run = _done_by_the_schedule(database, name, tend)
        if run["status"] != "succeeded":
            raise Trouble(f"The job {name} {run['status']}: {run['error']}.")
        counts = {word: count for word, count in run["metadata"].items() if isinstance(count, int)}
        said = ", ".join(f"{word} {count}" for word, count in counts.items() if count) or "nothing to do"
        reporter.line(f"  {name:<13} {run['duration_ms']:>6} ms  {said[:90]}")
        if name == "nightly" and not counts.get("stored"):
            raise Trouble("A night over the sample community proposed nobody.")


def _done_by_the_schedule(database: Database, name: str, tend: Callable[[], None]) -> dict[str, Any]:
    """The job's run: its own command, as it stands in the schedule, due at once and only once."""
    [job] = database.execute(
        "select jobid, schedule, clock_timestamp() as now from cron.job where jobname = %s",
        ["connect-" + name.replace("_", "-")],
    ).fetchall()
    known = {"job": job["jobid"], "name": name, "since": job["now"]}
    change = "select cron.alter_job(%s, schedule := %s, active := %s)"
    database.execute(change, [job["jobid"], "1 seconds", True])
    try:
        begun = _first(database, _BEGUN, known, tend)
    finally:
        database.execute(change, [job["jobid"], job["schedule"], False])
    if begun["status"] != "succeeded":
        raise Trouble(f"pg_cron could not run the command of {name}: {begun['return_message'].strip()}")
    return _first(database, _DONE, known, tend)


def _first(database: Database, query: str, known: dict[str, Any], tend: Callable[[], None]) -> dict[str, Any]:
    while (found := database.execute(query.encode(), known).fetchone()) is None:
        tend()
        time.sleep(0.1)
    return found
