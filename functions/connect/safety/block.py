"""POST /connect/block: never meet the other side of a match again."""

from __future__ import annotations

from typing import Any

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import SOME_ID, Id


class Block(Closed, json_schema_extra=example(matchId=SOME_ID)):
    """The match whose other side shall be blocked. A member never knows the id of a person."""

    match_id: Id


def block(caller: Caller, body: Block) -> dict[str, Any]:
    """Nothing but `ok`."""
    return caller.call("block_partner", match_id=body.match_id)
