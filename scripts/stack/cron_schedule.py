"""pg_cron's half: runs what is due in `cron.job`, one run of a job at a time, and records each run.

As in pg_cron, schedules are in UTC, a missed time is not made up for, and a job runs as the role that
scheduled it, in a session of its own.
"""

import contextlib
import re
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from cronsim import CronSim, CronSimError
from psycopg import sql

_SECONDS = re.compile(r"\s*(\d+) seconds?\s*")
# What a session of the role begins with; the more particular setting counts.
_SETTINGS = """
select set_config(split_part(c.setting, '=', 1), substr(c.setting, strpos(c.setting, '=') + 1), false)
from (
    select unnest(s.setconfig) as setting, s.setrole <> 0 as of_role, s.setdatabase <> 0 as of_database
    from pg_db_role_setting s
    where s.setrole in (0, to_regrole(quote_ident(%(role)s)))
        and s.setdatabase in (0, (select d.oid from pg_database d where d.datname = %(database)s))
    order by of_role, of_database
) c
"""
_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True)
class Job:
    """One active row of `cron.job`."""

    jobid: int
    schedule: str
    command: str
    username: str
    database: str


def next_time(schedule: str, after: datetime) -> datetime | None:
    """The first time after `after` (UTC) that `schedule` names; None when it never comes."""
    interval = _SECONDS.fullmatch(schedule)
    if interval is not None:
        return after + timedelta(seconds=int(interval[1]))
    text = _NAMED.get(schedule.strip(), schedule).replace("$", "L")
    try:
        return next(CronSim(text, after))
    except (CronSimError, StopIteration):
        return None


class Schedule:
    """What is due when, and what is running."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.due: dict[Job, datetime | None] = {}
        self.running: dict[int, threading.Thread] = {}

    def tick(self, connection: psycopg.Connection[Any], now: datetime) -> None:
        """Start every job whose time has come and that is not still running."""
        jobs = _active_jobs(connection)
        self.due = {job: self.due.get(job) or next_time(job.schedule, now) for job in jobs}
        for job, when in self.due.items():
            if when is None or when > now:
                continue
            last = self.running.get(job.jobid)
            if last is not None and last.is_alive():
                continue  # stays due: runs as soon as the run before it is over
            self.due[job] = next_time(job.schedule, now)
            thread = threading.Thread(target=self._run, args=(job,), daemon=True)
            self.running[job.jobid] = thread
            thread.start()

    def _run(self, job: Job) -> None:
        """One run in a session of its own, recorded from start to end."""
        try:
            with psycopg.connect(self.database_url, autocommit=True) as books:
                run = books.execute(
                    "insert into cron.job_run_details (jobid, database, username, command, status, "
                    "start_time) values (%s, %s, %s, %s, 'running', clock_timestamp()) returning runid",
                    (job.jobid, job.database, job.username, job.command),
                ).fetchone()
                status, message, pid = self._execute(job)
                books.execute(
                    "update cron.job_run_details set status = %s, return_message = %s, job_pid = %s, "
                    "end_time = clock_timestamp() where runid = %s",
                    (status, message, pid, run[0] if run else None),
                )
        except psycopg.Error as error:
            complain(f"job {job.jobid}: {error}")

    def _execute(self, job: Job) -> tuple[str, str, int | None]:
        pid = None
        try:
            with psycopg.connect(self.database_url, autocommit=True, dbname=job.database) as session:
                pid = session.info.backend_pid
                session.execute(_SETTINGS, {"role": job.username, "database": job.database})
                session.execute(sql.SQL("set session authorization {}").format(sql.Identifier(job.username)))
                # one message, so several statements are one transaction, as in pg_cron
                done = session.execute(job.command.encode())
                while done.nextset():
                    pass
                return "succeeded", _message(done), pid
        except psycopg.Error as error:
            return "failed", f"ERROR:  {error}", pid


def _message(done: psycopg.Cursor[Any]) -> str:
    """What pg_cron notes of a command that succeeded: the number of rows it gave, or its own word."""
    if done.description is None:
        return done.statusmessage or ""
    return f"{done.rowcount} row{'' if done.rowcount == 1 else 's'}"


def _active_jobs(connection: psycopg.Connection[Any]) -> list[Job]:
    if connection.execute("select to_regclass('cron.job') is null").fetchone() == (True,):
        return []
    rows = connection.execute(
        "select jobid, schedule, command, username, database from cron.job where active"
    )
    return [Job(*row) for row in rows]


def keep(database_url: str) -> None:
    """Keep the schedule for ever."""
    schedule = Schedule(database_url)
    while True:
        try:
            with psycopg.connect(database_url, autocommit=True) as connection:
                _close_interrupted(connection)
                while True:
                    schedule.tick(connection, datetime.now(UTC))
                    time.sleep(0.25)
        except psycopg.Error as error:
            complain(f"schedule: {error}")
            time.sleep(0.5)


def _close_interrupted(connection: psycopg.Connection[Any]) -> None:
    """Runs that were under way when the server or this process ended will not report any more."""
    with contextlib.suppress(psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        connection.execute(
            "update cron.job_run_details set status = 'failed', return_message = 'server restarted', "
            "end_time = clock_timestamp() where status in ('starting', 'running')"
        )


def complain(line: str) -> None:
    """One line into this process's log."""
    print(datetime.now(UTC).isoformat(timespec="seconds"), line.strip(), file=sys.stderr, flush=True)
