"""POST /connect/respond: accept or decline a proposed match."""

from __future__ import annotations

from typing import Any, Literal

from shared.caller import Caller
from shared.decoding import Closed
from shared.fields import Id


class Respond(Closed):
    """The match, and one's answer to it."""

    match_id: Id
    action: Literal["accept", "decline"]


def respond(caller: Caller, body: Respond) -> dict[str, Any]:
    """`{status, blindChatId}`; the id is null until both have accepted."""
    return caller.call("respond", match_id=body.match_id, action=body.action)
