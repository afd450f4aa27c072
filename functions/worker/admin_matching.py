"""POST and GET /admin/matching: start, pause, resume or clear the matching of a pool, and see how it goes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.admin import Admin
from shared.decoding import Closed
from shared.fields import EventCode


class Steer(Closed):
    """What to do, at which event; without one in the global pool. `priority` is that of a start."""

    event_code: EventCode | None = None
    action: Literal["start", "pause", "resume", "clear"] = "start"
    priority: Annotated[int, Field(ge=0, le=3)] = 0


class Watch(Closed):
    """The pool: an event's, without one the global pool."""

    event_code: EventCode | None = None


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
