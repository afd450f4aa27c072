"""POST /connect/close: end a match."""

from __future__ import annotations

from typing import Any, Literal

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import SOME_ID, Id
from shared.http.response_models import Answer, sample


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
