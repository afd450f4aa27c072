"""POST /connect/respond: accept or decline a proposed match."""

from __future__ import annotations

from typing import Any, Literal

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import SOME_ID, Id
from shared.http.response_models import Answer, Uuid, sample


class Respond(Closed, json_schema_extra=example(matchId=SOME_ID, action="accept")):
    """The match, and the member's answer to it."""

    match_id: Id
    action: Literal["accept", "decline"]


class Responded(
    Answer,
    json_schema_extra=sample(
        status="accepted_b",
        blindChatId=None,
    ),
):
    """The caller's own answer. `accepted_both`: the other side had said yes before."""

    status: Literal["accepted_a", "accepted_b", "accepted_both", "blind_chat_active", "declined"]
    blind_chat_id: Uuid | None


def respond(caller: Caller, body: Respond) -> dict[str, Any]:
    """`{status, blindChatId}`; the id is null until both have accepted."""
    return caller.call("respond", match_id=body.match_id, action=body.action)
