"""One ring of the real schedule, followed from pg_cron to the worker's answer."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg

from scripts.stack.home import Trouble
from scripts.stack.reporter import Reporter
from scripts.tools.check_cron.limit import limit

_PATIENCE = 135.0  # seconds; the second ring counts too, should the first meet a worker that is still loading
# The bell's time is in whole seconds.
_RUNG = """
select d.start_time, d.username, d.command, d.status, d.return_message, b.claimed_at,
       r.status_code, r.content
from cron.job_run_details d
join cron.job k using (jobid)
join private.bell_nonces b on b.rung_at between date_trunc('second', d.start_time) and d.end_time
-- An answer bears the time at which its batch began.
join net._http_response r on r.created between d.start_time - interval '1 second' and b.claimed_at
where k.jobname = 'connect-matcher' and d.status = 'succeeded' and d.start_time >= %s
    and r.status_code = 200 and starts_with(r.content, '{"ok":true')
order by d.start_time, r.created limit 1
"""
_TOLD = """
select k.jobname || ': ' || d.status || ', ' || coalesce(d.return_message, '')
from cron.job_run_details d join cron.job k using (jobid) where d.start_time >= %(since)s
union all
select 'worker: ' || coalesce(r.status_code::text, r.error_msg) || ' ' || coalesce(left(r.content, 200), '')
from net._http_response r where r.created >= %(since)s
"""


def first_ring(
    database: psycopg.Connection[dict[str, Any]],
    since: datetime,
    reporter: Reporter,
    tend: Callable[[], None],
) -> None:
    """Wait for a ring that the worker answered with 200, and tell its course.

    Raises Trouble with what came instead. `tend` keeps the programs alive meanwhile.
    """
    reporter.line("Waiting for pg_cron to ring the matcher, at the full minute …")
    end = time.monotonic() + _PATIENCE
    with limit(_PATIENCE + 15, "Waiting for the ring"):
        while (rung := database.execute(_RUNG, (since,)).fetchone()) is None:
            if time.monotonic() > end:
                told = database.execute(_TOLD, {"since": since}).fetchall()
                lines = [str(line) for row in told for line in row.values()] or ["nothing was run"]
                raise Trouble("\n  ".join([f"No ring was answered within {_PATIENCE:.0f} s:", *lines]))
            tend()
            time.sleep(0.2)
    reporter.heading("The schedule rang")
    reporter.line(
        f"  {_clock(rung['start_time'])}  pg_cron ran `{rung['command']}` as {rung['username']}: "
        f"{rung['status']}, {rung['return_message']}"
    )
    reporter.line(
        f"  {_clock(rung['claimed_at'])}  the worker accepted the signed bell and claimed its nonce"
    )
    reporter.line(f"                it answered {rung['status_code']}: {rung['content']}")


def _clock(when: datetime) -> str:
    return when.strftime("%H:%M:%S.%f")[:-3]
