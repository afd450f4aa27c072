"""POST /connect/close: end a match."""

from __future__ import annotations

from typing import Any

from shared.caller import Caller
from shared.decoding import Closed
from shared.fields import Id


class Close(Closed):
    """The match to end."""

    match_id: Id


def close(caller: Caller, body: Close) -> dict[str, Any]:
    """`{status: "closed"}`."""
    return caller.call("close_match", match_id=body.match_id)
