"""POST /connect/report: tell the operators about the other side of a match."""

from __future__ import annotations

from typing import Any

from shared.caller import Caller
from shared.decoding import Closed
from shared.fields import Id, Message, Reason


class Report(Closed):
    """The match, the reason in a word or a line, and what happened."""

    match_id: Id
    reason: Reason
    details: Message | None = None


def report(caller: Caller, body: Report) -> dict[str, Any]:
    """Nothing but `ok`."""
    return caller.call("report_partner", match_id=body.match_id, reason=body.reason, details=body.details)
