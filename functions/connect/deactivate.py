"""POST /connect/deactivate: pause, for good or until a moment; open chats stay."""

from __future__ import annotations

from typing import Any

from shared.caller import Caller
from shared.decoding import Closed
from shared.fields import Future


class Deactivate(Closed):
    """`until`: when to be active again, a future moment with its offset; absent: no end."""

    until: Future | None = None


def deactivate(caller: Caller, body: Deactivate) -> dict[str, Any]:
    """`{status: "paused", until}`."""
    return caller.call("deactivate", until=body.until)
