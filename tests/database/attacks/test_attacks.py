"""Attacks known to work on systems like this one, tried by members and outsiders on matches, chats and names.

Each test is one attack. What must hold: it is refused, it tells nothing, and nothing has changed.
"""

import base64
import uuid

import pytest

from tests.cast import HARMLESS, Cast, Json
from tests.database.answers import denied, not_found, ok, truth

SEALED = base64.b64encode(bytes(40)).decode()


@pytest.mark.parametrize("table", ["matches", "blind_chats", "blind_chat_messages", "reveals"])
@pytest.mark.parametrize("state", ["proposed", "blind_chat_active", "revealed"])
def test_partner_s_id_cannot_be_read_from_matches_or_messages(cast: Cast, table: str, state: str) -> None:
    pair = cast.pair(state)
    for columns in ("*", "id", "user_a,user_b", "sender_user_id", "requested_by,requested_to", "count()"):
        response = cast.rest(pair.a, "GET", f"/{table}?select={columns}")
        assert response.status_code in (400, 403), response.text
        assert pair.b.id not in response.text


def test_one_side_cannot_accept_for_both(cast: Cast) -> None:
    pair = cast.pair()
    for _ in range(3):
        answer = ok(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="accept"))
        assert answer == {"status": "accepted_a", "blindChatId": None}
    before = truth(cast, pair)
    yes = {"decision_b": "accepted", "decided_b_at": "2026-01-01T00:00:00Z", "status": "blind_chat_active"}
    for caller in (pair.a, cast.stranger(), None):
        denied(cast, caller, "PATCH", f"/matches?id=eq.{pair.match_id}", json=yes)
        denied(cast, caller, "POST", "/matches", json={"id": pair.match_id} | yes)
    for extra in ({"user_id": pair.b.id}, {"member": pair.b.id}, {"side": "b"}):
        words = {"match_id": pair.match_id, "action": "accept"} | extra
        assert cast.rpc(pair.a, "respond", **words).status_code == 404
    assert truth(cast, pair) == before


def test_one_side_cannot_reveal_both(cast: Cast) -> None:
    pair = cast.pair("reveal_requested")
    before = truth(cast, pair)
    not_found(cast.rpc(pair.a, "answer_reveal", reveal_id=pair.reveal_id, action="accept"))
    assert ok(cast.rpc(pair.a, "request_reveal", match_id=pair.match_id)) == {"revealState": "requested"}
    denied(cast, pair.a, "PATCH", f"/reveals?id=eq.{pair.reveal_id}", json={"status": "accepted"})
    denied(
        cast, pair.a, "PATCH", f"/blind_chats?match_id=eq.{pair.match_id}", json={"reveal_state": "mutual"}
    )
    denied(cast, pair.a, "PATCH", f"/matches?id=eq.{pair.match_id}", json={"status": "revealed"})
    assert truth(cast, pair) == before


def test_a_reveal_cannot_be_inserted_as_accepted(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    before = truth(cast, pair)
    row = {
        "match_id": pair.match_id,
        "requested_side": "b",
        "status": "accepted",
        "answered_at": "2026-01-01T00:00:00Z",
    }
    for prefer in ("return=minimal", "return=representation", "resolution=merge-duplicates"):
        denied(cast, pair.a, "POST", "/reveals", json=row, headers={"Prefer": prefer})
    assert truth(cast, pair) == before


@pytest.mark.parametrize("as_who", ["stranger", "member of another pair", "nobody"])
def test_an_outsider_cannot_insert_a_reveal_or_feedback(cast: Cast, as_who: str) -> None:
    pair = cast.pair("blind_chat_active")
    before = truth(cast, pair)
    outsider = None if as_who == "nobody" else cast.stranger()
    if as_who == "member of another pair":
        outsider = cast.pair("blind_chat_active").a
    denied(cast, outsider, "POST", "/reveals", json={"match_id": pair.match_id, "requested_side": "a"})
    denied(
        cast,
        outsider,
        "POST",
        "/match_feedback",
        json={"match_id": pair.match_id, "user_id": pair.a.id, "rating": 1},
    )
    for function, words in (("request_reveal", {}), ("give_feedback", {"rating": 1})):
        response = cast.rpc(outsider, function, match_id=pair.match_id, **words)
        assert response.status_code == (401 if outsider is None else 404)
    assert truth(cast, pair) == before


def test_nobody_raises_their_own_readiness_or_vectors(cast: Cast) -> None:
    member = cast.member(signals="{values}")
    before = cast.value(
        "select to_jsonb(p)::text from public.connect_profiles p where user_id = %s", member.id
    )
    vector = [1.0] * 16
    words: Json = dict.fromkeys(("values_vector", "communication_vector", "life_goals_vector"), vector)
    response = cast.rpc(member, "store_profile_vectors", user_id=member.id, readiness=100, **words)
    assert response.status_code in (403, 404)
    for change in (
        {"emotional_readiness_score": 100},
        {"values_vector": str(vector)},
        {"revision": 1},
        {"is_active": False},
    ):
        denied(cast, member, "PATCH", f"/connect_profiles?user_id=eq.{member.id}", json=change)
    denied(cast, member, "DELETE", f"/connect_profiles?user_id=eq.{member.id}")
    assert (
        cast.value("select to_jsonb(p)::text from public.connect_profiles p where user_id = %s", member.id)
        == before
    )


@pytest.mark.parametrize(
    "column", ["values_vector", "emotional_readiness_score", "revision", "vectors_stored_at"]
)
def test_nobody_reads_what_the_ranking_thinks_of_them(cast: Cast, column: str) -> None:
    denied(cast, cast.member(), "GET", f"/connect_profiles?select={column}")


def test_posting_after_the_end_is_refused_however_it_ended(cast: Cast) -> None:
    ended = [cast.pair("closed"), *(cast.pair("blind_chat_active") for _ in range(3))]
    ok(cast.rpc(ended[1].b, "block_partner", match_id=ended[1].match_id))
    cast.let_end(ended[2])
    cast.database.execute("delete from auth.users where id = %s", [ended[3].b.id])
    for pair in ended:
        before = truth(cast, pair)
        message_id = str(uuid.uuid4())
        words = {"message_id": message_id, "ciphertext": SEALED, "key_id": "k1", **HARMLESS}
        not_found(cast.rpc(pair.a, "send_message", blind_chat_id=pair.chat_id, **words))
        row = {"id": message_id, "blind_chat_id": pair.chat_id, "number": 1, "side": "a", "key_id": "k1"}
        denied(
            cast, pair.a, "POST", "/blind_chat_messages", json=row | {"content_ciphertext": "\\x" + "00" * 40}
        )
        assert (
            cast.value(
                "select count(*) from public.blind_chat_messages where blind_chat_id = %s", pair.chat_id
            )
            == 0
        )
        assert truth(cast, pair) == before


def test_a_message_cannot_be_written_as_the_other_side(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    words = {
        "blind_chat_id": pair.chat_id,
        "message_id": str(uuid.uuid4()),
        "ciphertext": SEALED,
        "key_id": "k1",
        **HARMLESS,
    }
    for extra in ({"side": "b"}, {"sender_user_id": pair.b.id}):
        assert cast.rpc(pair.a, "send_message", **(words | extra)).status_code == 404
    ok(cast.rpc(pair.a, "send_message", **words))
    [message] = ok(cast.rpc(pair.b, "read_chat", blind_chat_id=pair.chat_id))["messages"]
    assert (message["side"], message["mine"]) == ("a", False)


def test_a_pseudonym_cannot_be_changed(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    before = truth(cast, pair)
    for name in ("pseudonym_a", "pseudonym_b", "salt"):
        denied(cast, pair.a, "PATCH", f"/blind_chats?id=eq.{pair.chat_id}", json={name: "x"})
    assert truth(cast, pair) == before
