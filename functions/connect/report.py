"""POST /connect/report: tell the operators about the other side of a match, with messages as evidence.

With evidence it is two calls: `open_report` gives the chosen messages as they lie in the chat and the
salts of chat and report, `report_partner` checks again and stores what was sealed to the report. So the
evidence outlives the chat and its salt, and whoever reads it can be sure that it was written.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.caller import Caller
from shared.decoding import Closed, example
from shared.errors import Unavailable
from shared.fields import SOME_ID, Id, Message, Reason, Unique, distinct
from shared.messages import UnknownKey, Unreadable

MessageIds = Annotated[list[Id], Field(max_length=20), AfterValidator(distinct), Unique]


class Report(
    Closed,
    json_schema_extra=example(matchId=SOME_ID, reason="Insults", details="After I said no."),
):
    """The match, the reason in a word or a line, what happened, and messages of its chat that show it."""

    match_id: Id
    reason: Reason
    details: Message | None = None
    message_ids: MessageIds = Field(default_factory=list)


def report(caller: Caller, body: Report) -> dict[str, Any]:
    """Nothing but `ok`."""
    words: dict[str, Any] = {"match_id": body.match_id, "reason": body.reason, "details": body.details}
    if body.message_ids:
        words["evidence"] = _sealed(caller, body)
    return caller.call("report_partner", **words)


def _sealed(caller: Caller, body: Report) -> list[dict[str, str]]:
    """The chosen messages, sealed to the report. What does not open was never shown, and is left out."""
    opened = caller.ask("open_report", match_id=body.match_id, message_ids=body.message_ids)
    key_id = opened["keyId"] or caller.message_keys.first
    if not opened["messages"]:
        return []
    chat = caller.message_keys.chat(opened["blindChatId"], opened["salt"])
    kept = caller.message_keys.report(opened["reportId"], opened["reportSalt"])
    evidence = []
    for row in opened["messages"]:
        try:
            text = chat.open(row["id"], row["side"], row["keyId"], row["ciphertext"])
            sealed = kept.seal(row["id"], row["side"], key_id, text)
        except Unreadable:
            continue
        except UnknownKey:
            raise Unavailable(reason="the ring lacks the key of a message") from None
        evidence.append({"messageId": row["id"], "keyId": key_id, "ciphertext": sealed})
    return evidence
