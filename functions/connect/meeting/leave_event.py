"""POST /connect/events/leave: stop being matched at an event."""

from __future__ import annotations

from typing import Any, Literal

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import EventCode
from shared.http.response_models import Answer, sample


class LeaveEvent(Closed, json_schema_extra=example(eventCode="SUMMER-26")):
    """The code of an event the caller is at."""

    event_code: EventCode


class Left(
    Answer,
    json_schema_extra=sample(
        status="left",
        eventCode="SUMMER-26",
        eventName="Summer party",
    ),
):
    """The event, with its code and name."""

    status: Literal["left"]
    event_code: str
    event_name: str


def leave_event(caller: Caller, body: LeaveEvent) -> dict[str, Any]:
    """`{status: "left", eventCode, eventName}`. Matches proposed there stay."""
    return caller.call("leave_event", event_code=body.event_code)
