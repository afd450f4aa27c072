"""POST /connect/events/join: be matched at an event too."""

from __future__ import annotations

from typing import Any

from shared.caller import Caller
from shared.decoding import Closed
from shared.fields import EventCode


class JoinEvent(Closed):
    """The code on the event's poster; case does not matter."""

    event_code: EventCode


def join_event(caller: Caller, body: JoinEvent) -> dict[str, Any]:
    """`{status: "joined", eventCode, eventName}`; unknown and over events are not found alike."""
    return caller.call("join_event", event_code=body.event_code)
