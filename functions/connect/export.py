"""GET /connect/export: everything Connect knows of the member, as one JSON document to keep.

Sections and columns follow from rules in SQL (`supabase/policies/export.sql`); what is left out stands
under `withheld` with its reason. Messages leave the database sealed and are opened here.
"""

from __future__ import annotations

from typing import Any

from shared.caller import Caller
from shared.errors import Unavailable
from shared.messages import ChatCipher, UnknownKey, Unreadable

AS_A_FILE = {"Content-Disposition": 'attachment; filename="connect-export.json"'}


def export(caller: Caller) -> dict[str, Any]:
    """`{format, …sections, withheld: [{what, why}]}`."""
    answer = caller.call("export_member")
    chats = {
        chat["blindChatId"]: caller.message_keys.chat(chat["blindChatId"], chat.pop("salt"))
        for chat in answer["chats"]
    }
    answer["messages"] = [_opened(chats[row["blindChatId"]], row) for row in answer["messages"]]
    return answer


def _opened(chat: ChatCipher, row: dict[str, Any]) -> dict[str, Any]:
    """A message with its text; null for one that fails authentication."""
    try:
        text = chat.open(row["id"], row["side"], row["keyId"], row["ciphertext"])
    except Unreadable:
        text = None
    except UnknownKey:
        # Not without it: an export that lacks something looks whole.
        raise Unavailable(reason="the ring lacks the key of a message") from None
    return {name: row[name] for name in ("id", "blindChatId", "mine", "createdAt")} | {"text": text}
