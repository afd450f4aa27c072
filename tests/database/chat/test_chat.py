"""The blind chat: written under lock, read as ciphertext, gone when it is over."""

import base64
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.cast import HARMLESS, STATEMENT, Cast, Member, Pair
from tests.database.answers import events, not_found, ok, refused

SEALED = base64.b64encode(bytes(range(40))).decode()


def _send(cast: Cast, member: Member, chat_id: str | None, **changes: object) -> httpx.Response:
    words = {"blind_chat_id": chat_id, "message_id": str(uuid.uuid4()), "ciphertext": SEALED, "key_id": "k1"}
    return cast.rpc(member, "send_message", **(words | HARMLESS | changes))


def test_both_read_the_same_messages_in_order_as_ciphertext(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    sent = [ok(_send(cast, member, pair.chat_id)) for member in (pair.a, pair.b, pair.a)]

    for member, mine in ((pair.a, [True, False, True]), (pair.b, [False, True, False])):
        page = ok(cast.rpc(member, "read_chat", blind_chat_id=pair.chat_id))
        assert len(base64.b64decode(page["salt"])) == 32
        assert [message["id"] for message in page["messages"]] == [answer["messageId"] for answer in sent]
        assert [message["number"] for message in page["messages"]] == [1, 2, 3]
        assert [message["mine"] for message in page["messages"]] == mine
        assert [message["side"] for message in page["messages"]] == ["a", "b", "a"]
        assert {message["ciphertext"] for message in page["messages"]} == {SEALED}
        assert {frozenset(message) for message in page["messages"]} == {
            frozenset({"id", "number", "side", "mine", "ciphertext", "keyId", "createdAt"})
        }
    assert [event[:2] for event in events(cast, pair.match_id)[-3:]] == [
        ("message.sent", member.id) for member in (pair.a, pair.b, pair.a)
    ]


def test_times_never_run_backwards(cast: Cast) -> None:
    """However many are sent at once, by both: of a message and the one it follows neither is too early."""
    pair = cast.pair("blind_chat_active")
    with ThreadPoolExecutor(12) as senders:
        for sent in [
            senders.submit(_send, cast, who, pair.chat_id) for _ in range(20) for who in (pair.a, pair.b)
        ]:
            ok(sent.result())
    page = ok(cast.rpc(pair.a, "read_chat", blind_chat_id=pair.chat_id))["messages"]
    told = [message["createdAt"] for message in page]
    assert len(told) == 40
    assert told == sorted(told)


def test_pages_follow_each_other_without_gap(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    for _ in range(5):
        ok(_send(cast, pair.a, pair.chat_id))
    numbers: list[int] = []
    while True:
        after = numbers[-1] if numbers else 0
        page = ok(cast.rpc(pair.b, "read_chat", blind_chat_id=pair.chat_id, after=after, page_size=2))[
            "messages"
        ]
        if not page:
            break
        assert len(page) <= 2
        numbers += [message["number"] for message in page]
    assert numbers == [1, 2, 3, 4, 5]


def test_a_page_is_never_larger_than_a_hundred(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    cast.database.execute(
        "insert into public.blind_chat_messages (id, blind_chat_id, number, side, content_ciphertext, key_id)"
        " select gen_random_uuid(), %s, n, 'a', decode(repeat('00', 40), 'hex'), 'k1' from"
        " generate_series(1, 130) n",
        [pair.chat_id],
    )
    for size in (1000, 100):
        assert (
            len(ok(cast.rpc(pair.a, "read_chat", blind_chat_id=pair.chat_id, page_size=size))["messages"])
            == 100
        )
    assert len(ok(cast.rpc(pair.a, "read_chat", blind_chat_id=pair.chat_id, page_size=-5))["messages"]) == 1


def test_opening_tells_salt_side_and_key_and_writes_nothing(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    opened = ok(cast.rpc(pair.b, "open_message", blind_chat_id=pair.chat_id))
    assert opened["salt"] == ok(cast.rpc(pair.a, "read_chat", blind_chat_id=pair.chat_id))["salt"]
    assert (opened["side"], opened["keyId"], opened["revealed"]) == ("b", None, False)
    with cast.settings(message_key_id="k2"):
        assert ok(cast.rpc(pair.b, "open_message", blind_chat_id=pair.chat_id))["keyId"] == "k2"
    assert ok(cast.rpc(pair.b, "read_chat", blind_chat_id=pair.chat_id))["messages"] == []


def test_every_chat_has_a_salt_of_its_own(cast: Cast) -> None:
    pairs = [cast.pair("blind_chat_active") for _ in range(3)]
    assert len({ok(cast.rpc(p.a, "open_message", blind_chat_id=p.chat_id))["salt"] for p in pairs}) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"ciphertext": ""},
        {"ciphertext": "not base64!"},
        {"ciphertext": "AAAAA"},
        {"ciphertext": base64.b64encode(bytes(28)).decode()},
        {"ciphertext": base64.b64encode(bytes(8029)).decode()},
        {"ciphertext": None},
        {"key_id": ""},
        {"key_id": "k 1"},
        {"key_id": "k" * 33},
        {"key_id": None},
        {"message_id": None},
        {"risk_score": None},
        {"risk_score": -0.01},
        {"risk_score": 100.01},
        {"risk_score": "NaN"},
        {"risk_kinds": None},
        {"risk_kinds": ["rude"]},
        {"risk_kinds": [None]},
        {"risk_kinds": ["threat"] * 12},
    ],
    ids=repr,
)
def test_nonsense_is_refused_and_stores_nothing(cast: Cast, changes: dict[str, object]) -> None:
    pair = cast.pair("blind_chat_active")
    refused(_send(cast, pair.a, pair.chat_id, **changes), 422, "invalid_body")
    assert ok(cast.rpc(pair.a, "read_chat", blind_chat_id=pair.chat_id))["messages"] == []


def test_a_message_id_is_used_once_in_its_chat(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    message_id = str(uuid.uuid4())
    ok(_send(cast, pair.a, pair.chat_id, message_id=message_id))
    for sender in (pair.a, pair.b):
        refused(_send(cast, sender, pair.chat_id, message_id=message_id), 422, "invalid_body")
    assert len(ok(cast.rpc(pair.b, "read_chat", blind_chat_id=pair.chat_id))["messages"]) == 1


@pytest.mark.parametrize(
    "end", ["open", "closed", "blocked", "paused", "stopped", "erased", "account deleted"]
)
def test_an_id_of_another_chat_tells_nothing_of_what_became_of_it(cast: Cast, end: str) -> None:
    """The partner's message ids are known to whoever read them; one of them is tried in another chat."""
    pair = cast.pair("blind_chat_active")
    other = cast.pair("blind_chat_active", a=pair.a)
    message_id = str(uuid.uuid4())
    ok(_send(cast, pair.b, pair.chat_id, message_id=message_id))
    match end:
        case "closed":
            ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id))
        case "blocked":
            ok(cast.rpc(pair.b, "block_partner", match_id=pair.match_id))
        case "paused":
            ok(cast.rpc(pair.b, "deactivate"))
        case "stopped":
            cast.database.execute("select private.stop_match(%s)", [pair.match_id])
        case "erased":
            cast.database.execute("delete from public.users where id = %s", [pair.b.id])
        case "account deleted":
            cast.database.execute("delete from auth.users where id = %s", [pair.b.id])
    answer = ok(_send(cast, pair.a, other.chat_id, message_id=message_id))
    assert answer["messageId"] == message_id


@pytest.mark.parametrize("function", ["read_chat", "open_message", "send_message"])
def test_absent_foreign_and_over_chats_answer_the_same(cast: Cast, function: str) -> None:
    foreign, over = cast.pair("blind_chat_active"), cast.pair("closed")
    words = (
        {"message_id": str(uuid.uuid4()), "ciphertext": SEALED, "key_id": "k1", **HARMLESS}
        if function == "send_message"
        else {}
    )
    for caller in (over.a, over.b, cast.stranger()):
        for chat_id in (over.chat_id, foreign.chat_id, foreign.match_id, str(uuid.uuid4())):
            not_found(cast.rpc(caller, function, blind_chat_id=chat_id, **words))
    assert ok(cast.rpc(foreign.a, "read_chat", blind_chat_id=foreign.chat_id))["messages"] == []


def test_the_chat_stays_open_when_names_are_known(cast: Cast) -> None:
    pair = cast.pair("revealed")
    ok(_send(cast, pair.a, pair.chat_id))
    assert len(ok(cast.rpc(pair.b, "read_chat", blind_chat_id=pair.chat_id))["messages"]) == 1


def test_closing_ends_the_chat_for_both_and_records_who(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    ok(_send(cast, pair.a, pair.chat_id))
    for _ in range(2):
        assert ok(cast.rpc(pair.a, "close_match", match_id=pair.match_id)) == {"status": "closed"}
    for member in (pair.a, pair.b):
        assert ok(cast.rpc(member, "get_status"))["matches"] == []
        not_found(cast.rpc(member, "read_chat", blind_chat_id=pair.chat_id))
        not_found(_send(cast, member, pair.chat_id))
    assert events(cast, pair.match_id)[-1] == ("match.status_updated", pair.a.id, "closed")
    assert ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id)) == {"status": "closed"}
    assert events(cast, pair.match_id)[-1] == ("match.status_updated", pair.a.id, "closed")


@pytest.mark.parametrize("state", ["proposed", "accepted_a", "declined", "expired"])
def test_a_match_without_a_chat_has_nothing_to_close(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    for member in (pair.a, pair.b):
        refused(cast.rpc(member, "close_match", match_id=pair.match_id), 409, "match_not_open")


def _note(cast: Cast, member: Member, pair: Pair, *message_ids: str) -> httpx.Response:
    words = {"message_ids": list(message_ids), "statements": [STATEMENT] * len(message_ids)}
    return cast.rpc(member, "note_unreadable", blind_chat_id=pair.chat_id, **words)


def test_unreadable_messages_are_not_served_again_and_count_once(cast: Cast) -> None:
    """Not to who could not read them; the sender keeps their words: a claim destroys no evidence."""
    pair = cast.pair("blind_chat_active")
    *bad, good = (str(ok(_send(cast, pair.a, pair.chat_id))["messageId"]) for _ in range(3))
    for _ in range(2):
        assert ok(_note(cast, pair.b, pair, *bad)) == {}
    for member, seen in ((pair.b, [good]), (pair.a, [*bad, good])):
        shown = ok(cast.rpc(member, "read_chat", blind_chat_id=pair.chat_id))["messages"]
        assert [message["id"] for message in shown] == seen
    signals = cast.database.execute(
        "select user_id::text, kind::text, noted_by::text from private.abuse_signals where match_id = %s",
        [pair.match_id],
    ).fetchall()
    assert signals == [(pair.a.id, "unreadable_message", pair.b.id)] * 2


def test_nobody_notes_a_message_of_their_own_or_of_another_chat(cast: Cast) -> None:
    pair, other = cast.pair("blind_chat_active"), cast.pair("blind_chat_active")
    message_id = str(ok(_send(cast, pair.a, pair.chat_id))["messageId"])
    for caller, chat in ((pair.a, pair), (other.a, other), (other.b, other)):
        assert ok(_note(cast, caller, chat, message_id)) == {}  # which tells nothing about the id
    for caller in (other.a, cast.stranger()):
        not_found(_note(cast, caller, pair, message_id))
    assert len(ok(cast.rpc(pair.b, "read_chat", blind_chat_id=pair.chat_id))["messages"]) == 1
    assert cast.value("select count(*) from private.abuse_signals where match_id = %s", pair.match_id) == 0


def test_a_message_of_a_chat_that_is_over_cannot_be_noted(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    message_id = str(ok(_send(cast, pair.a, pair.chat_id))["messageId"])
    ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id))
    for member in (pair.a, pair.b):
        not_found(_note(cast, member, pair, message_id))
