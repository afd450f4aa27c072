"""POST /connect/reveal: ask to meet by name, or answer the other side's request."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ValidationInfo, field_validator

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import SOME_ID, Id
from shared.http.response_models import Answer, sample

RevealState = Literal["none", "requested", "mutual"]


class RequestReveal(
    Closed,
    defer_build=True,
    json_schema_extra=example(matchId=SOME_ID, action="request"),
):
    """Ask to meet by name."""

    match_id: Id
    reveal_id: None = None
    action: Literal["request"]


class AnswerReveal(
    Closed,
    defer_build=True,
    json_schema_extra=example(revealId=SOME_ID, action="accept"),
):
    """Answer the other side's request."""

    match_id: None = None
    reveal_id: Id
    action: Literal["accept", "decline"]


class Reveal(Closed):
    """`{matchId, action: "request"}` or `{revealId, action: "accept" | "decline"}`."""

    match_id: Id | None = None
    reveal_id: Id | None = None
    action: Literal["request", "accept", "decline"]

    shapes: ClassVar = (RequestReveal, AnswerReveal)

    @field_validator("action")
    @classmethod
    def _names_one_thing(cls, action: str, info: ValidationInfo) -> str:
        wanted, other = ("match_id", "reveal_id") if action == "request" else ("reveal_id", "match_id")
        # A malformed id is missing from the data and reported by itself.
        if info.data.get(other) is not None or info.data.get(wanted, "") is None:
            raise ValueError("request goes with matchId alone, accept and decline with revealId")
        return action


class RevealStanding(
    Answer,
    json_schema_extra=sample(
        revealState="requested",
    ),
):
    """The state of the reveal for the caller."""

    reveal_state: RevealState


def reveal(caller: Caller, body: Reveal) -> dict[str, Any]:
    """`{revealState}`: none, requested or mutual."""
    if body.action == "request":
        return caller.call("request_reveal", match_id=body.match_id)
    return caller.call("answer_reveal", reveal_id=body.reveal_id, action=body.action)
