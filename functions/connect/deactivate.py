"""POST /connect/deactivate: pause, for good or until a moment; open chats stay."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from shared.answers import Answer, Moment, sample
from shared.caller import Caller
from shared.decoding import Closed, example
from shared.fields import Future


class Deactivate(Closed, json_schema_extra=example(until="2099-01-31T12:00:00Z")):
    """`until`: when to be active again, a future moment with its offset; absent: no end."""

    until: Future | None = None


class Paused(
    Answer,
    json_schema_extra=sample(
        status="paused",
        until="2099-01-31T12:00:00.000000Z",
    ),
):
    """The member is in no pool any more; open chats stay."""

    status: Literal["paused"]
    until: Moment | None = Field(description="When they are active again by themselves; null: never.")


def deactivate(caller: Caller, body: Deactivate) -> dict[str, Any]:
    """`{status: "paused", until}`."""
    return caller.call("deactivate", until=body.until)
