"""GET /connect/status: where the member stands."""

from __future__ import annotations

from typing import Any

from shared.caller import Caller


def status(caller: Caller) -> dict[str, Any]:
    """`{active, pausedUntil, preferences, current, matches}`."""
    return caller.call("get_status")
