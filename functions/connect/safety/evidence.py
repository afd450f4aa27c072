"""POST /admin/evidence: the messages a reporter chose, as text, for an administrator who says why.

The other routes of administrators are at the worker. This one is here because reading a message takes the
key ring, and the worker holds the service key, which reads every row. So an attacker who takes over one
deployment has only one of the two. As at the worker, the call carries the administrator's own token. Before
the database answers, it records the administrator, the report and the reason.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from shared.callers.administrator import Admin
from shared.chat.sealing import ChatCipher, UnknownKey, Unreadable
from shared.errors import Unavailable
from shared.http.json_body import Closed, example
from shared.http.request_fields import SOME_ID, Id, Why
from shared.http.response_models import Answer, Moment, Part, Uuid, sample


class Evidence(Closed, json_schema_extra=example(reportId=SOME_ID, why="The decision needs it.")):
    """The report, and why its evidence must be read."""

    report_id: Id
    why: Why


class EvidenceMessage(Part):
    """One message the reporter chose."""

    by: Literal["reporter", "reported"] | None
    text: str | None = Field(description="Null for a message that was not sealed here.")
    created_at: Moment


class EvidenceShown(
    Answer,
    json_schema_extra=sample(
        reportId=SOME_ID,
        messages=[
            {"by": "reported", "text": "You will regret this.", "createdAt": "2026-11-30T18:20:11.482913Z"}
        ],
        tampered=0,
    ),
):
    """The messages of a report, oldest first."""

    report_id: Uuid
    messages: list[EvidenceMessage]
    tampered: int = Field(
        ge=0,
        description="Messages of the reported side that were not sealed here: written past this service, "
        "or changed. They were shown to nobody.",
    )


def evidence(admin: Admin, body: Evidence) -> dict[str, Any]:
    """`{reportId, messages: [{by, text, createdAt}], tampered}`, oldest first.

    `by`: `reporter` or `reported`, null once both are erased. `text` is null for a message that was not
    sealed here: its writer bypassed this service, and it was never shown. `tampered` counts such messages
    of the whole chat. Each must have a statement signed by this service that it did not open: a member's
    word is not enough.
    """
    answer = admin.read("read_evidence", report_id=body.report_id, why=body.why)
    rows, unreadable = answer["messages"], answer["unreadable"]
    if not rows and not unreadable:
        return {"reportId": answer["reportId"], "messages": [], "tampered": 0}
    chat = admin.message_keys.chat(answer["blindChatId"], answer["salt"])
    try:
        messages = [
            {"by": row["by"], "text": _text(chat, row), "createdAt": row["createdAt"]} for row in rows
        ]
        stated = [chat.is_stated(row["id"], row["side"], row["statement"]) for row in unreadable]
    except UnknownKey:
        raise Unavailable(reason="the ring lacks the key of a report") from None
    return {"reportId": answer["reportId"], "messages": messages, "tampered": sum(stated)}


def _text(chat: ChatCipher, row: dict[str, Any]) -> str | None:
    try:
        return chat.open(row["id"], row["side"], row["keyId"], row["ciphertext"])
    except Unreadable:
        return None
