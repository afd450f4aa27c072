"""POST /connect/report: tell the operators about the other side of a match, with messages as evidence.

The database copies the chosen messages itself from the chat. So an administrator can be sure that they were
sent there. Its answer does not tell whether they were still there, so a member does not learn from a report
that their partner was erased.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import SOME_ID, Id, Message, Reason, Unique, distinct

MessageIds = Annotated[list[Id], Field(max_length=20), AfterValidator(distinct), Unique]


class Report(
    Closed,
    json_schema_extra=example(matchId=SOME_ID, reason="Insults", details="After I said no."),
):
    """The match, the reason in a word or a line, an account of what happened, and messages that show it."""

    match_id: Id
    reason: Reason
    details: Message | None = None
    message_ids: MessageIds = Field(default_factory=list)


def report(caller: Caller, body: Report) -> dict[str, Any]:
    """Nothing but `ok`."""
    return caller.call(
        "report_partner",
        match_id=body.match_id,
        reason=body.reason,
        details=body.details,
        message_ids=body.message_ids,
    )
