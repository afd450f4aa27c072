"""POST and GET /connect/chat."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import httpx
import pytest

from shared.chat.sealing import KeyRing
from tests.functions.deployment import CHAT, ENVIRONMENT, RATE, RING, Member, Rpc, refused, refused_field

PATH = "/connect/chat"
MODEL = "https://moderation.test/v1"
SALT = base64.b64encode(bytes(range(100, 132))).decode()
SENT = {"messageId": "00000000-0000-4000-8000-000000000001", "createdAt": "2026-01-01T00:00:00Z"}
CIPHER = KeyRing(RING).chat(CHAT, SALT)


def row(number: int, text: str, side: str = "a", key_id: str = "k2") -> dict[str, Any]:
    """A stored message as `read_chat` gives it to side a."""
    message_id = str(uuid.UUID(int=number))
    return {
        "id": message_id,
        "number": number,
        "side": side,
        "mine": side == "a",
        "ciphertext": CIPHER.seal(message_id, side, key_id, text),
        "keyId": key_id,
        "createdAt": f"2026-01-01T00:00:{number:02}Z",
    }


def page(*rows: dict[str, Any]) -> dict[str, Any]:
    """What `read_chat` answers."""
    return {"salt": SALT, "messages": list(rows)}


def opened(key_id: str | None = None, side: str = "a", *, revealed: bool = False) -> dict[str, Any]:
    """What `open_message` answers."""
    return {"salt": SALT, "side": side, "keyId": key_id, "revealed": revealed}


def test_a_message_leaves_sealed_to_its_chat_side_id_and_key(member: Member, rpc: Rpc) -> None:
    rpc.answers("open_message", opened(side="b"))
    rpc.answers("send_message", SENT, headers=RATE | {"RateLimit-Remaining": "19"})
    text = "Hey, I felt your calm energy today.\nДобрый день 👋🏽"
    answer = member.post(PATH, {"blindChatId": CHAT, "message": f"  {text}\n"})
    assert (answer.status_code, answer.json) == (200, {"ok": True, **SENT})
    assert answer.headers["RateLimit-Remaining"] == "19"
    assert rpc.args("open_message") == {"blind_chat_id": CHAT}
    args = rpc.args("send_message")
    assert set(args) == {"blind_chat_id", "message_id", "ciphertext", "key_id", "risk_score", "risk_kinds"}
    assert (args["risk_score"], args["risk_kinds"]) == (0, [])
    assert (args["blind_chat_id"], args["key_id"]) == (CHAT, "k2")
    assert uuid.UUID(args["message_id"]).version == 4
    assert CIPHER.open(args["message_id"], "b", "k2", args["ciphertext"]) == text


def test_an_older_chat_goes_on_with_its_own_key(member: Member, rpc: Rpc) -> None:
    rpc.answers("open_message", opened("k1"))
    rpc.answers("send_message", SENT)
    assert member.post(PATH, {"blindChatId": CHAT, "message": "hi"}).status_code == 200
    assert rpc.args("send_message")["key_id"] == "k1"


def test_a_chat_whose_key_the_ring_lacks_is_unavailable(member: Member, rpc: Rpc) -> None:
    rpc.answers("open_message", opened("k9"))
    answer = member.post(PATH, {"blindChatId": CHAT, "message": "hi"})
    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("escaped", [False, True], ids=["as they are", "as escapes"])
def test_two_thousand_characters_fit(member: Member, rpc: Rpc, escaped: bool) -> None:
    rpc.answers("open_message", opened())
    rpc.answers("send_message", SENT)
    body = {"blindChatId": CHAT, "message": "👋" * 2000}
    raw = json.dumps(body, ensure_ascii=escaped).encode()
    assert member.post_raw(PATH, raw).status_code == 200


@pytest.mark.parametrize("end", ["\r\n", "\r", "\x85", "\u2028", "\u2029", "\n"])
def test_lines_end_alike_whatever_ended_them(member: Member, rpc: Rpc, end: str) -> None:
    """Clients of every system write them; a tab stays one."""
    rpc.answers("open_message", opened(side="b"))
    rpc.answers("send_message", SENT)
    sent = {"blindChatId": CHAT, "message": f"one{end}two\tthree"}
    assert member.post(PATH, sent).status_code == 200
    args = rpc.args("send_message")
    assert CIPHER.open(args["message_id"], "b", "k2", args["ciphertext"]) == "one\ntwo\tthree"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("blindChatId", "chat"),
        ("message", ""),
        ("message", " \n "),
        ("message", "x" * 2001),
        ("message", "a\x1bb"),
        ("message", "a\x0bb"),
        ("message", "\U0001d173"),
        ("message", "a\x00b"),
        ("message", None),
        ("message", {"text": "a"}),
        ("sender", "somebody"),
    ],
)
def test_nonsense_is_refused(member: Member, rpc: Rpc, field: str, value: Any) -> None:
    body = {"blindChatId": CHAT, "message": "hi", field: value}
    refused_field(member.post(PATH, body), field)


def test_half_a_character_is_refused(member: Member, rpc: Rpc) -> None:
    raw = b'{"blindChatId": "%s", "message": "a\\ud83d"}' % CHAT.encode()
    refused_field(member.post_raw(PATH, raw), "message")


@pytest.mark.parametrize("function", ["open_message", "send_message"])
def test_a_chat_that_ended_meanwhile_is_not_found(member: Member, rpc: Rpc, function: str) -> None:
    if function == "send_message":
        rpc.answers("open_message", opened())
    rpc.refuses(function, "not_found", 404)
    refused(member.post(PATH, {"blindChatId": CHAT, "message": "hi"}), 404, "not_found")


def test_twenty_messages_a_minute_are_enough(member: Member, rpc: Rpc) -> None:
    rpc.answers("open_message", opened())
    body = {"ok": False, "code": "rate_limited", "detail": "Too many messages."}
    rpc.answers("send_message", body, 429, RATE | {"Retry-After": "42"})
    answer = member.post(PATH, {"blindChatId": CHAT, "message": "hi"})
    assert refused(answer, 429, "rate_limited")["detail"] == "Too many messages."
    assert answer.headers["Retry-After"] == "42"


def test_reading_opens_both_sides_and_both_keys(member: Member, rpc: Rpc) -> None:
    rpc.answers("read_chat", page(row(3, "hello", "b", "k1"), row(7, "hi there", "a", "k2")))
    answer = member.get(f"{PATH}?blindChatId={CHAT}")
    assert answer.status_code == 200
    assert answer.json == {
        "ok": True,
        "messages": [
            {
                "id": str(uuid.UUID(int=3)),
                "mine": False,
                "text": "hello",
                "createdAt": "2026-01-01T00:00:03Z",
            },
            {
                "id": str(uuid.UUID(int=7)),
                "mine": True,
                "text": "hi there",
                "createdAt": "2026-01-01T00:00:07Z",
            },
        ],
        "next": "MTo3",
    }
    assert rpc.args("read_chat") == {"blind_chat_id": CHAT, "after": 0, "page_size": 100}


def test_the_next_page_starts_behind_the_last(member: Member, rpc: Rpc) -> None:
    rpc.answers("read_chat", page())
    answer = member.get(f"{PATH}?blindChatId={CHAT}&after=MTo3")
    assert answer.json == {
        "ok": True,
        "messages": [],
        "next": "MTo3",
    }  # a client that keeps it goes on from there
    assert rpc.args("read_chat")["after"] == 7


def test_an_unreadable_message_is_told_and_left_out(member: Member, rpc: Rpc) -> None:
    swapped = row(1, "one", "b") | {"ciphertext": row(2, "two", "b")["ciphertext"]}
    broken = row(2, "two", "b") | {"ciphertext": "AAAA"}
    rpc.answers("read_chat", page(swapped, broken, row(3, "three")))
    rpc.answers("note_unreadable", {})
    answer = member.get(f"{PATH}?blindChatId={CHAT}")
    assert answer.json is not None
    assert [message["text"] for message in answer.json["messages"]] == ["three"]
    assert rpc.args("note_unreadable") == {
        "blind_chat_id": CHAT,
        "message_ids": [str(uuid.UUID(int=1)), str(uuid.UUID(int=2))],
        "statements": [CIPHER.state_unreadable(str(uuid.UUID(int=n)), "b") for n in (1, 2)],
    }
    assert rpc.routes["note_unreadable"].call_count == 1


def test_a_page_of_unreadable_messages_still_goes_on(member: Member, rpc: Rpc) -> None:
    rpc.answers("read_chat", page(row(4, "x", "b") | {"ciphertext": "AAAA"}))
    rpc.refuses("note_unreadable", "rate_limited", 429)
    answer = member.get(f"{PATH}?blindChatId={CHAT}")
    assert (answer.status_code, answer.json) == (200, {"ok": True, "messages": [], "next": "MTo0"})


def test_ones_own_unreadable_message_is_left_out_and_not_told(member: Member, rpc: Rpc) -> None:
    rpc.answers("read_chat", page(row(4, "x", "a") | {"ciphertext": "AAAA"}))
    answer = member.get(f"{PATH}?blindChatId={CHAT}")
    assert (answer.status_code, answer.json) == (200, {"ok": True, "messages": [], "next": "MTo0"})


def test_a_key_missing_from_the_ring_accuses_nobody(member: Member, rpc: Rpc) -> None:
    rpc.answers("read_chat", page(row(1, "x") | {"keyId": "k9"}, row(2, "two")))
    answer = member.get(f"{PATH}?blindChatId={CHAT}")
    assert answer.json is not None
    assert [message["text"] for message in answer.json["messages"]] == ["two"]
    assert "note_unreadable" not in rpc.routes


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "blindChatId"),
        ("blindChatId=x", "blindChatId"),
        (f"blindChatId={CHAT}&after=7", "after"),
        (f"blindChatId={CHAT}&after=Mjo3", "after"),  # 2:7
        (f"blindChatId={CHAT}&after=MTotMQ", "after"),  # 1:-1
        (f"blindChatId={CHAT}&after=", "after"),
        (f"blindChatId={CHAT}&after=%FF", "after"),
        (f"blindChatId={CHAT}&limit=9", "limit"),
    ],
)
def test_other_queries_are_refused(member: Member, rpc: Rpc, query: str, field: str) -> None:
    refused_field(member.get(f"{PATH}?{query}"), field)


def test_a_parameter_given_twice_is_refused(member: Member, rpc: Rpc) -> None:
    answer = member.get(f"{PATH}?blindChatId={CHAT}&blindChatId={CHAT}")
    refused(answer, 422, "invalid_body")


def test_a_foreign_chat_is_not_found(member: Member, rpc: Rpc) -> None:
    rpc.refuses("read_chat", "not_found", 404)
    refused(member.get(f"{PATH}?blindChatId={CHAT}"), 404, "not_found")


def test_a_message_is_judged_by_whether_both_have_revealed(member: Member, rpc: Rpc) -> None:
    text = "WhatsApp? 0151 23456789"
    for revealed, score, kinds in ((False, 60, ["contact_exchange"]), (True, 0, [])):
        rpc.answers("open_message", opened(revealed=revealed))
        rpc.answers("send_message", SENT)
        assert member.post(PATH, {"blindChatId": CHAT, "message": text}).status_code == 200
        args = json.loads(rpc.routes["send_message"].calls.last.request.content)
        assert (args["risk_score"], args["risk_kinds"]) == (score, kinds)


def test_what_the_database_refuses_to_deliver_says_what_to_change(member: Member, rpc: Rpc) -> None:
    rpc.answers("open_message", opened())
    detail = "message: not sent. It reads as a threat; leave that out."
    rpc.answers("send_message", {"ok": False, "code": "invalid_body", "detail": detail}, 422)
    problem = refused(
        member.post(PATH, {"blindChatId": CHAT, "message": "I will kill you"}), 422, "invalid_body"
    )
    assert problem["detail"] == detail
    assert rpc.args("send_message")["risk_kinds"] == ["threat"]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outside model in the environment; before `member` in a test's arguments."""
    monkeypatch.setitem(ENVIRONMENT, "CONNECT_MODERATION_URL", MODEL)
    monkeypatch.setitem(ENVIRONMENT, "CONNECT_MODERATION_KEY", "key")


def test_the_outside_model_is_asked_once_the_chat_is_open(outside: None, member: Member, rpc: Rpc) -> None:
    rpc.answers("open_message", opened())
    rpc.answers("send_message", SENT)
    judged = {"results": [{"category_scores": {"harassment": 0.5}}]}
    rpc.router.post(f"{MODEL}/moderations").respond(json=judged)
    assert member.post(PATH, {"blindChatId": CHAT, "message": "hi"}).status_code == 200
    args = rpc.args("send_message")
    assert (args["risk_score"], args["risk_kinds"]) == (50, ["harassment"])


def test_without_its_answer_nothing_is_stored(outside: None, member: Member, rpc: Rpc) -> None:
    """No `send_message` is there to be called: calling it would fail the test."""
    rpc.answers("open_message", opened())
    rpc.router.post(f"{MODEL}/moderations").mock(side_effect=httpx.ReadTimeout)
    answer = member.post(PATH, {"blindChatId": CHAT, "message": "hi"})
    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


def test_a_chat_that_is_not_theirs_sends_nothing_outside(outside: None, member: Member, rpc: Rpc) -> None:
    rpc.refuses("open_message", "not_found", 404)
    refused(member.post(PATH, {"blindChatId": CHAT, "message": "hi"}), 404, "not_found")
