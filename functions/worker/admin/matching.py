"""POST and GET /admin/matching: start, pause, resume or clear the matching of a pool, and see how it goes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.callers.administrator import Admin
from shared.http.json_body import Closed, example
from shared.http.request_fields import WHOLE, EventCode
from shared.http.response_models import Answer, Count, Moment, Part, Uuid, sample

Action = Literal["start", "pause", "resume", "clear"]
PoolStatus = Literal["idle", "running", "paused", "error"]


class Steer(Closed, json_schema_extra=example(eventCode="SUMMER-26", action="pause")):
    """What to do, at which event; without one in the global pool. `priority` is that of a start."""

    event_code: EventCode | None = None
    action: Action = "start"
    priority: Annotated[int, Field(ge=0, le=3), WHOLE] = 0


class Watch(Closed, json_schema_extra=example(eventCode="SUMMER-26")):
    """The pool: an event's, without one the global pool."""

    event_code: EventCode | None = None


class Steered(
    Answer,
    json_schema_extra=sample(
        action="pause",
        eventCode="SUMMER-26",
        eventName="Summer party",
        status="paused",
        queued=0,
        cleared=0,
        rung=False,
        notRung=None,
    ),
):
    """What was done. `notRung` says why the matcher could not be rung; what was queued stays."""

    action: Action
    event_code: str | None
    event_name: str | None
    status: PoolStatus | None
    queued: Count
    cleared: Count
    rung: bool
    not_rung: str | None


class Waiting(Part):
    """How many of one priority and reason wait, may be taken, are being worked on, were given up."""

    priority: int
    reason: Literal["joined", "changed", "freed", "improved", "enabled", "renewed", "hand"]
    waiting: Count
    available: Count
    leased: Count
    parked: Count


class RunningJob(Part):
    """A job that is at work."""

    run_id: Uuid
    name: str
    scope: str
    started_at: Moment
    heartbeat_at: Moment | None
    progress: float | None
    alive: bool


class PoolShown(
    Answer,
    json_schema_extra=sample(
        eventCode="SUMMER-26",
        eventName="Summer party",
        status="running",
        lastRunAt="2026-11-30T19:30:00.000000Z",
        processed=40,
        errors=0,
        lastError=None,
        matchedToday=31,
        jobs=[],
        waiting=4,
        available=3,
        leased=1,
        parked=0,
        oldestWaitSeconds=22,
        queue=[{"priority": 0, "reason": "joined", "waiting": 4, "available": 3, "leased": 1, "parked": 0}],
    ),
):
    """How a pool stands; without an event the global one."""

    event_code: str | None
    event_name: str | None
    status: PoolStatus | None
    last_run_at: Moment | None
    processed: Count | None
    errors: Count | None
    last_error: str | None
    matched_today: Count
    jobs: list[RunningJob]
    waiting: Count
    available: Count
    leased: Count
    parked: Count
    oldest_wait_seconds: Count | None
    queue: list[Waiting]


def steer(admin: Admin, body: Steer) -> dict[str, Any]:
    """`{action, eventCode, eventName, status, queued, cleared, rung, notRung}`.

    A start or a resume rings the matcher at once. Where that fails, `rung` is false and `notRung` says why;
    what was queued stays.
    """
    return admin.call(
        "steer_matching", event_code=body.event_code, action=body.action, priority=body.priority
    )


def watch(admin: Admin, query: Watch) -> dict[str, Any]:
    """Status, counts by priority and reason, the oldest wait, what was done, and the jobs at work."""
    return admin.call("get_matching", event_code=query.event_code)
