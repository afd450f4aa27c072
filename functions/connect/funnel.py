"""GET /connect/funnel: how many candidates each of the caller's own filters left last night."""

from __future__ import annotations

from typing import Any

from shared.caller import Caller


def funnel(caller: Caller) -> dict[str, Any]:
    """Rounded counts, nothing under 20; null before the first night."""
    return caller.call("get_funnel")
