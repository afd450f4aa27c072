"""POST /connect/deactivate: pause, without an end or until a moment; open chats stay."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import Future
from shared.http.response_models import Answer, Moment, sample


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
    """The member is not in any pool any more. Open chats stay."""

    status: Literal["paused"]
    until: Moment | None = Field(description="When they are active again by themselves; null: never.")


def deactivate(caller: Caller, body: Deactivate) -> dict[str, Any]:
    """`{status: "paused", until}`."""
    return caller.call("deactivate", until=body.until)
