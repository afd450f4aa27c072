"""A message's score: stored with it, told to nobody; above the threshold a refusal that keeps no message."""

import base64
import re
import uuid
from typing import Any

import httpx
import pytest

from scripts.stack.home import ROOT
from shared.chat.moderation.kinds import MOST
from tests.cast import HARMLESS, Cast, Member, Pair
from tests.database.answers import ok, refused, truth
from tests.database.transcript import Narrator, first_difference

SEALED = base64.b64encode(bytes(range(40))).decode()
THREAT = {"risk_score": 97, "risk_kinds": ["threat"]}
CONTACT = {"risk_score": 60, "risk_kinds": ["contact_exchange"]}


def send(cast: Cast, member: Member, pair: Pair, **words: Any) -> httpx.Response:
    sealed = {"blind_chat_id": pair.chat_id, "message_id": str(uuid.uuid4()), "ciphertext": SEALED}
    return cast.rpc(member, "send_message", **(sealed | {"key_id": "k1"} | HARMLESS | words))


def say(cast: Cast, member: Member, pair: Pair, text: str) -> httpx.Response:
    return cast.call(member, "POST", "/connect/chat", {"blindChatId": pair.chat_id, "message": text})


def stored(cast: Cast, pair: Pair) -> list[tuple[float | None, list[str] | None]]:
    return [
        (float(score), kinds)
        for score, kinds in cast.database.execute(
            "select risk_score, risk_kinds from public.blind_chat_messages where blind_chat_id = %s"
            " order by number",
            [pair.chat_id],
        )
    ]


def signals(cast: Cast, pair: Pair) -> list[tuple[Any, ...]]:
    return cast.database.execute(
        "select user_id::text, kind::text, risk_score::float, risk_kinds, noted_by from private.abuse_signals"
        " where match_id = %s order by id",
        [pair.match_id],
    ).fetchall()


def test_the_vocabulary_is_the_same_in_python_and_in_both_places_of_sql() -> None:
    for path in ("migrations/20261201034000_blind_chats.sql", "policies/50_chat/moderation.sql"):
        text = (ROOT / "supabase" / path).read_text()
        (listed,) = re.findall(r"kinds\s+<@ '\{(.*?)\}'", text)
        assert sorted(listed.split(",")) == sorted(MOST), path
    for kind in MOST:
        assert f"when '{kind}' then '" in text, kind


def test_a_score_is_stored_with_the_message(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    ok(send(cast, pair.a, pair))
    ok(send(cast, pair.b, pair, risk_score=89.99, risk_kinds=["harassment", "money"]))
    assert stored(cast, pair) == [(0, []), (89.99, ["harassment", "money"])]
    assert signals(cast, pair) == []


def test_at_the_threshold_nothing_is_stored_but_that_it_was_refused(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    before = truth(cast, pair)
    answer = send(cast, pair.a, pair, risk_score=90, risk_kinds=["threat", "money"])
    said = refused(answer, 422, "invalid_body")
    assert said == "message: not sent. It reads as a threat; leave that out."
    assert truth(cast, pair) == before
    assert stored(cast, pair) == []
    assert signals(cast, pair) == [(pair.a.id, "refused_message", 90, ["threat", "money"], None)]


@pytest.mark.parametrize("kind", MOST)
def test_every_kind_says_what_to_change(cast: Cast, kind: str) -> None:
    pair = cast.pair("blind_chat_active")
    with cast.settings(message_risk_refused=50):
        said = refused(send(cast, pair.a, pair, risk_score=50, risk_kinds=[kind]), 422, "invalid_body")
    assert said.startswith("message: not sent. It ")
    assert "_" not in said


def test_an_operator_lowers_the_threshold_or_refuses_contacts_alone(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    ok(send(cast, pair.a, pair, **CONTACT))
    with cast.settings(message_risk_refused=60):
        refused(send(cast, pair.a, pair, **CONTACT), 422, "invalid_body")
    insult = {"risk_score": 82, "risk_kinds": ["harassment", "contact_exchange"]}
    with cast.settings(refuse_contact_exchange=True):
        for words in (CONTACT, insult):
            said = refused(send(cast, pair.a, pair, **words), 422, "invalid_body")
            assert "reached elsewhere; that is possible once you have both revealed" in said
        ok(send(cast, pair.a, pair, risk_score=82, risk_kinds=["harassment"]))
    assert len(stored(cast, pair)) == 2


def test_names_became_mutual_while_it_was_judged(cast: Cast) -> None:
    pair = cast.pair("revealed")
    with cast.settings(refuse_contact_exchange=True):
        ok(send(cast, pair.a, pair, **CONTACT))
        refused(send(cast, pair.a, pair, **THREAT), 422, "invalid_body")


def test_the_function_learns_whether_both_have_revealed(cast: Cast) -> None:
    for state, revealed in (("blind_chat_active", False), ("reveal_requested", False), ("revealed", True)):
        pair = cast.pair(state)
        for member in (pair.a, pair.b):
            assert ok(cast.rpc(member, "open_message", blind_chat_id=pair.chat_id))["revealed"] is revealed


def test_through_the_function_texts_are_judged(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    assert say(cast, pair.a, pair, "Hey, I felt your calm energy today.").status_code == 200
    assert say(cast, pair.a, pair, "Mein Insta ist @anna_b").status_code == 200
    for text in ("I'll k1ll you", "Ich bringe dich um!"):
        answer = say(cast, pair.a, pair, text)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
        assert answer.json()["detail"] == "message: not sent. It reads as a threat; leave that out."
        assert text not in answer.text
    assert stored(cast, pair)[:2] == [(0, []), (60, ["contact_exchange"])]
    assert [signal[2:4] for signal in signals(cast, pair)][-2:] == [(97, ["threat"])] * 2


def test_after_a_reveal_numbers_are_theirs_to_give(cast: Cast) -> None:
    pair = cast.pair("revealed")
    assert say(cast, pair.a, pair, "Call me: 0151 23456789, or WhatsApp?").status_code == 200
    assert stored(cast, pair) == [(0, [])]


def test_a_forged_score_goes_with_a_message_nobody_can_read(cast: Cast) -> None:
    """Past the function a member claims any score, but has no key: what they store does not open."""
    pair = cast.pair("blind_chat_active")
    text = "I will kill you"
    raw = base64.b64encode(bytes(12) + text.encode() + bytes(16)).decode()
    ok(send(cast, pair.a, pair, ciphertext=raw))
    page = cast.call(pair.b, "GET", f"/connect/chat?blindChatId={pair.chat_id}").json()
    assert page["messages"] == []
    assert [signal[:2] for signal in signals(cast, pair)] == [(pair.a.id, "unreadable_message")]


def test_a_message_once_sealed_is_not_sent_again_under_a_better_score(cast: Cast) -> None:
    """What the function sealed can be read back, but its id is taken, and it opens under no other."""
    pair = cast.pair("blind_chat_active")
    assert say(cast, pair.a, pair, "You are such a stupid bitch").status_code == 200
    (row,) = ok(cast.rpc(pair.a, "read_chat", blind_chat_id=pair.chat_id))["messages"]
    refused(send(cast, pair.a, pair, message_id=row["id"], ciphertext=row["ciphertext"]), 422, "invalid_body")
    ok(send(cast, pair.a, pair, ciphertext=row["ciphertext"]))
    page = cast.call(pair.b, "GET", f"/connect/chat?blindChatId={pair.chat_id}").json()
    assert [message["id"] for message in page["messages"]] == [row["id"]]
    assert stored(cast, pair)[0] == (82, ["harassment"])


def _exchange(cast: Cast, score: float, kinds: list[str]) -> tuple[Narrator, Narrator]:
    """What both sides are told around one message of this score."""
    one, other = (cast.member(display_name="Same", joined="9 days") for _ in range(2))
    pair = cast.pair("blind_chat_active", a=one, b=other)
    sender, partner = Narrator(cast, pair.a), Narrator(cast, pair.b)
    sender.rpc("open_message", blind_chat_id=pair.chat_id)
    sender.rpc(
        "send_message",
        **{"blind_chat_id": pair.chat_id, "message_id": str(uuid.uuid4()), "ciphertext": SEALED},
        **{"key_id": "k1", "risk_score": score, "risk_kinds": kinds},
    )
    for narrator in (sender, partner):
        narrator.rpc("get_status")
        narrator.rpc("read_chat", blind_chat_id=pair.chat_id)
        narrator.read_everything()
    return sender, partner


def test_below_the_threshold_neither_side_is_told_of_a_score(cast: Cast) -> None:
    calm, risky = _exchange(cast, 0, []), _exchange(cast, 89, ["harassment", "contact_exchange"])
    for one, other in zip(calm, risky, strict=True):
        assert first_difference((one.told, other.told)) is None


def test_a_refusal_changes_nothing_for_the_partner(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    before = [cast.rpc(pair.b, f, **w).content for f, w in _reads(pair)]
    refused(send(cast, pair.a, pair, **THREAT), 422, "invalid_body")
    assert [cast.rpc(pair.b, f, **w).content for f, w in _reads(pair)] == before


def _reads(pair: Pair) -> list[tuple[str, dict[str, Any]]]:
    return [("get_status", {}), ("read_chat", {"blind_chat_id": pair.chat_id})]


def test_a_refused_message_counts_as_one_of_the_minute(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    with cast.settings(messages_per_minute=2):
        for _ in range(2):
            refused(send(cast, pair.a, pair, **THREAT), 422, "invalid_body")
        refused(send(cast, pair.a, pair, **THREAT), 429, "rate_limited")


def test_the_view_counts_kinds_by_day_and_tens(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    query = "select coalesce(sum(messages), 0) from public.message_risks where kind = %s and score_from = %s"
    before = [cast.value(query, kind, band) for kind, band in (("scam", 80), ("money", 80), ("hate", 100))]
    ok(send(cast, pair.a, pair, risk_score=80, risk_kinds=["scam", "money"]))
    ok(send(cast, pair.a, pair, risk_score=89.99, risk_kinds=["scam"]))
    with cast.settings(message_risk_refused=100):
        refused(send(cast, pair.a, pair, risk_score=100, risk_kinds=["hate"]), 422, "invalid_body")
    after = [cast.value(query, kind, band) for kind, band in (("scam", 80), ("money", 80), ("hate", 100))]
    assert [new - old for new, old in zip(after, before, strict=True)] == [2, 1, 0]
