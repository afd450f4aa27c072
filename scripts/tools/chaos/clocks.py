"""Clocks an hour off: the schedule's, then a worker's. Bells are refused, health tells, nothing is lost."""

import datetime
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial

from functions.worker.health import KEPT_SECONDS
from scripts.tools.chaos import fleet
from scripts.tools.chaos.bells import HOUR, changed
from scripts.tools.chaos.gate import Gate
from scripts.tools.chaos.stage import Stage
from scripts.tools.chaos.switchboard import Bell

_UP_FOR_LONG = (
    "create or replace function private.up_since() returns timestamptz language sql stable"
    " set search_path = '' return now() - interval '1 day'"
)
_FOUR_MINUTES_LATER = "update private.bell_nonces set claimed_at = claimed_at - interval '4 minutes'"
_NUMBER = 90  # of the worker with the wrong clock


def schedule_off(stage: Stage, seconds: float, hours: Sequence[int]) -> int:
    """The database's clock is so many hours fast: every bell it signs is refused, and health turns red.

    Then it is right again, and all that waited is done. Returns how many bells were refused.
    """
    stage.asking.rows(_UP_FOR_LONG)
    key, refused = stage.stack.keys.bell_key, 0
    for shift in (HOUR * fast for fast in hours):
        with stage.members, changed(stage, partial(_signed_again, key, shift)) as spell:
            time.sleep(seconds)
            stage.wait("a bell of the wrong clock", lambda: spell.statuses[401])
            # A bell that was still being answered, then the four minutes it takes health to be sure.
            stage.wait("workers to finish", lambda: not stage.asking.value(_WORKING))
            stage.asking.rows(_FOUR_MINUTES_LATER)
            time.sleep(KEPT_SECONDS)  # what was found before is told no longer
            if _health(stage) != 503:
                stage.faults["health green while every bell is refused"] += 1
        refused += spell.statuses[401]
        if spell.statuses[200]:
            stage.faults["bells of a wrong clock that were answered"] += spell.statuses[200]
        # What a killed run left open is closed by the next run of its job.
        stage.asking.rows("select private.ring('nightly')")
        stage.wait("health to be green again", lambda: _health(stage) == 200)
    stage.examine("a schedule with a wrong clock")
    return refused


def _signed_again(key: str, shift: datetime.timedelta, bell: Bell) -> list[Bell]:
    return [bell.signed_again(key, shift)]


_WORKING = "select exists (select from private.matchmaking_leases l where l.leased_until > now())"


def worker_off(stage: Stage, hours: Sequence[int]) -> int:
    """A worker whose clock is so many hours fast refuses true bells; the others go on."""
    refused = 0
    for fast in hours:
        with closing(Gate(_NUMBER, stage.stack.options.api_port, stage.books)) as gate:
            wrong = fleet.worker(
                stage.stack,
                _NUMBER,
                gate,
                WRONG_CLOCK_SECONDS=str(3600 * fast),
            )
            wrong.child.start()
            try:
                fleet.await_health(wrong)
                stage.wait("a bell", lambda: stage.switchboard.last is not None)
                bell = stage.switchboard.last
                if bell is None:
                    raise AssertionError("waited for above")
                fresh = bell.signed_again(stage.stack.keys.bell_key)
                status, _ = wrong.ring(fresh.path, fresh.headers, fresh.body)
            finally:
                wrong.child.stop()
        refused += status == 401
        # The very same bell, at a worker whose clock is right.
        if status != 401 or stage.switchboard.send(fresh) != 200:
            stage.faults[f"a worker with a wrong clock answered a bell with {status}"] += 1
    stage.examine("a worker with a wrong clock")
    return refused


def _health(stage: Stage) -> int:
    return stage.fleet.workers[0].ring("/health", {}, b"", method="GET")[0]
