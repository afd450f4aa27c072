"""POST /connect/report: tell the operators about the other side of a match."""

from __future__ import annotations

from typing import Any

from shared.caller import Caller
from shared.decoding import Closed, example
from shared.fields import SOME_ID, Id, Message, Reason


class Report(
    Closed,
    json_schema_extra=example(matchId=SOME_ID, reason="Insults", details="After I said no."),
):
    """The match, the reason in a word or a line, and what happened."""

    match_id: Id
    reason: Reason
    details: Message | None = None


def report(caller: Caller, body: Report) -> dict[str, Any]:
    """Nothing but `ok`."""
    return caller.call("report_partner", match_id=body.match_id, reason=body.reason, details=body.details)
