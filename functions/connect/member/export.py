"""GET /connect/export: everything Connect knows of the member, as one JSON document to keep.

Sections and columns follow from rules in SQL (`supabase/policies/10_member/export.sql`). A column that is
left out stands under `withheld` with its reason. Messages leave the database sealed and are opened here.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from functions.connect.member.status import with_insight
from shared.callers.member import Caller
from shared.chat.sealing import ChatCipher, UnknownKey, Unreadable
from shared.errors import Unavailable
from shared.http.response_models import Answer, Moment, Part, Uuid, sample

AS_A_FILE = {"Content-Disposition": 'attachment; filename="connect-export.json"'}


Row = dict[str, Any]


class ExportedMessage(Part):
    """A message of the member, or one of an open chat."""

    id: Uuid
    blind_chat_id: Uuid
    mine: bool
    created_at: Moment
    text: str | None = Field(description="Null for a message that was tampered with.")


class Withheld(Part):
    """A part of the data that is left out, with the reason."""

    what: str
    why: str


class Export(
    Answer,
    json_schema_extra=sample(
        format="connect-export/1",
        profile={"displayName": "Ana", "birthDate": "1990-05-17"},
        preferences={"mode": "romantic", "minAge": 25, "maxAge": 40},
        consents=[{"version": "v1", "kind": "activated"}],
        matchingPreferences=None,
        work=None,
        interests=None,
        features=None,
        quiz=None,
        quizVectors=None,
        charts=None,
        funnel=None,
        homeChanges=[],
        events=[],
        matches=[],
        chats=[],
        messages=[],
        reveals=[],
        feedback=[],
        blocks=[],
        reports=[],
        withheld=[{"what": "connect_profiles: revision", "why": "a counter of changes, for the matcher"}],
    ),
):
    """Everything Connect knows of the member. Rows are those of the tables, in camel case."""

    format: Literal["connect-export/1"]
    profile: Row | None
    preferences: Row | None
    consents: list[Row] = Field(description="The whole ledger, oldest first.")
    matching_preferences: Row | None
    work: Row | None
    interests: Row | None
    features: Row | None
    quiz: Row | None
    quiz_vectors: Row | None
    charts: Row | None
    funnel: Row | None
    home_changes: list[Row]
    events: list[Row]
    matches: list[Row]
    chats: list[Row]
    messages: list[ExportedMessage]
    reveals: list[Row]
    feedback: list[Row]
    blocks: list[Row]
    reports: list[Row]
    withheld: list[Withheld]


def export(caller: Caller) -> dict[str, Any]:
    """`{format, …sections, withheld: [{what, why}]}`."""
    answer = caller.call("export_member")
    chats = {
        chat["blindChatId"]: caller.message_keys.chat(chat["blindChatId"], chat.pop("salt"))
        for chat in answer["chats"]
    }
    language = (answer["profile"] or {}).get("langPrimary")
    answer["matches"] = [with_insight(row, language) for row in answer["matches"]]
    answer["messages"] = [_opened(chats[row["blindChatId"]], row) for row in answer["messages"]]
    return answer


def _opened(chat: ChatCipher, row: dict[str, Any]) -> dict[str, Any]:
    """A message with its text; null for one that fails authentication."""
    try:
        text = chat.open(row["id"], row["side"], row["keyId"], row["ciphertext"])
    except Unreadable:
        text = None
    except UnknownKey:
        # No export without this message: it would look complete and would not be.
        raise Unavailable(reason="the ring lacks the key of a message") from None
    return {name: row[name] for name in ("id", "blindChatId", "mine", "createdAt")} | {"text": text}
