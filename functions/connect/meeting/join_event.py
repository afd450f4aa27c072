"""POST /connect/events/join: be matched at an event too."""

from __future__ import annotations

from typing import Any, Literal

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import EventCode
from shared.http.response_models import Answer, sample


class JoinEvent(Closed, json_schema_extra=example(eventCode="SUMMER-26")):
    """The code on the event's poster; case does not matter."""

    event_code: EventCode


class Joined(
    Answer,
    json_schema_extra=sample(
        status="joined",
        eventCode="SUMMER-26",
        eventName="Summer party",
    ),
):
    """The event, with its code and name."""

    status: Literal["joined"]
    event_code: str
    event_name: str


def join_event(caller: Caller, body: JoinEvent) -> dict[str, Any]:
    """`{status: "joined", eventCode, eventName}`. Unknown and ended events are both not found."""
    return caller.call("join_event", event_code=body.event_code)
