"""POST /connect/events/leave: be matched at an event no more."""

from __future__ import annotations

from typing import Any

from shared.caller import Caller
from shared.decoding import Closed
from shared.fields import EventCode


class LeaveEvent(Closed):
    """The code of an event the caller is at."""

    event_code: EventCode


def leave_event(caller: Caller, body: LeaveEvent) -> dict[str, Any]:
    """`{status: "left", eventCode, eventName}`; what was proposed there stays."""
    return caller.call("leave_event", event_code=body.event_code)
