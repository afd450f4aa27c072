"""GET /connect/export."""

from __future__ import annotations

import base64
from typing import Any

from shared.chat.sealing import KeyRing
from tests.functions.deployment import CHAT, MATCH, RING, Member, Rpc, refused, refused_field

PATH = "/connect/export"
SALT = base64.b64encode(bytes(range(32))).decode()
MESSAGE = "3e55a9e0-0000-4000-8000-0000000000dd"


def _message(text: str, **changes: Any) -> dict[str, Any]:
    sealed = KeyRing(RING).chat(CHAT, SALT).seal(MESSAGE, "a", "k1", text)
    row = {"id": MESSAGE, "blindChatId": CHAT, "side": "a", "mine": True, "keyId": "k1"}
    return row | {"createdAt": "2026-01-01T00:00:00.000000Z", "ciphertext": sealed} | changes


def _answer(*messages: dict[str, Any]) -> dict[str, Any]:
    chat = {"blindChatId": CHAT, "matchId": MATCH, "salt": SALT}
    return {
        "format": "connect-export/1",
        "profile": None,
        "matches": [],
        "chats": [chat],
        "messages": list(messages),
    }


def test_messages_are_opened_and_the_salt_stays_here(member: Member, rpc: Rpc) -> None:
    rpc.answers("export_member", _answer(_message("Hello")))
    answer = member.get(PATH)
    assert answer.json == {
        "ok": True,
        "format": "connect-export/1",
        "profile": None,
        "matches": [],
        "chats": [{"blindChatId": CHAT, "matchId": MATCH}],
        "messages": [
            {
                "id": MESSAGE,
                "blindChatId": CHAT,
                "mine": True,
                "createdAt": "2026-01-01T00:00:00.000000Z",
                "text": "Hello",
            }
        ],
    }
    assert SALT not in answer.get_data(as_text=True)
    assert rpc.args("export_member") == {}


def test_the_sentence_about_a_match_is_in_the_reader_s_language(member: Member, rpc: Rpc) -> None:
    live, over = {"matchId": MATCH, "labels": ["shared_values"]}, {"matchId": CHAT, "labels": None}
    told = {"profile": {"langPrimary": "de"}, "matches": [live, over]}
    rpc.answers("export_member", _answer() | told)
    answer = member.get(PATH).json
    assert answer is not None
    assert [row["insight"] for row in answer["matches"]] == ["Euch sind dieselben Dinge wichtig.", None]


def test_it_comes_as_a_file_with_the_rate_limits(member: Member, rpc: Rpc) -> None:
    rpc.answers("export_member", _answer())
    headers = member.get(PATH).headers
    assert headers["Content-Disposition"] == 'attachment; filename="connect-export.json"'
    assert headers["RateLimit-Remaining"] == "59"
    assert headers["Content-Type"] == "application/json"


def test_a_refusal_is_no_file(member: Member, rpc: Rpc) -> None:
    rpc.refuses("export_member", "rate_limited", 429)
    answer = member.get(PATH)
    refused(answer, 429, "rate_limited")
    assert "Content-Disposition" not in answer.headers


def test_a_message_that_does_not_open_has_no_text(member: Member, rpc: Rpc) -> None:
    rpc.answers("export_member", _answer(_message("Hello", side="b")))
    body: Any = member.get(PATH).json
    assert body["messages"][0]["text"] is None


def test_without_a_key_of_the_ring_there_is_no_export(member: Member, rpc: Rpc) -> None:
    rpc.answers("export_member", _answer(_message("Hello", keyId="lost")))
    refused(member.get(PATH), 503, "unavailable")


def test_parameters_are_refused(member: Member, rpc: Rpc) -> None:
    refused_field(member.get(f"{PATH}?userId=1"), "query")
