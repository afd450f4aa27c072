"""POST /connect/close: end a match."""

from __future__ import annotations

from typing import Any, Literal

from shared.answers import Answer, sample
from shared.caller import Caller
from shared.decoding import Closed, example
from shared.fields import SOME_ID, Id


class Close(Closed, json_schema_extra=example(matchId=SOME_ID)):
    """The match to end."""

    match_id: Id


class Ended(
    Answer,
    json_schema_extra=sample(
        status="closed",
    ),
):
    """The match is over for the caller."""

    status: Literal["closed"]


def close(caller: Caller, body: Close) -> dict[str, Any]:
    """`{status: "closed"}`."""
    return caller.call("close_match", match_id=body.match_id)
