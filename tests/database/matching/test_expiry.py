"""The clock decides at read time; the sweep only writes it down and clears what was derived."""

import base64
import uuid

import pytest

from tests.cast import HARMLESS, Cast, Pair
from tests.database.answers import events, not_found, ok, refused, status_of


def _derived(cast: Cast, pair: Pair) -> tuple[object, ...] | None:
    return cast.database.execute(
        "select explanation, total_score is not null from public.matches where id = %s",
        [pair.match_id],
    ).fetchone()


@pytest.mark.parametrize(
    "state", ["proposed", "accepted_a", "blind_chat_active", "reveal_requested", "revealed"]
)
def test_what_has_ended_is_over_before_any_sweep(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    cast.let_end(pair)
    assert status_of(cast, pair.match_id) not in ("expired", "closed")

    for member in (pair.a, pair.b):
        status = ok(cast.rpc(member, "get_status"))
        assert status["matches"] == []
        assert status["current"]["stage"] == "searching"
        not_found(cast.rpc(member, "respond", match_id=pair.match_id, action="decline"))
        not_found(cast.rpc(member, "request_reveal", match_id=pair.match_id))
    if state in ("proposed", "accepted_a"):
        not_found(cast.rpc(pair.b, "respond", match_id=pair.match_id, action="accept"))
    if pair.chat_id:
        words = {
            "message_id": str(uuid.uuid4()),
            "ciphertext": base64.b64encode(bytes(40)).decode(),
            "key_id": "k1",
            **HARMLESS,
        }
        for member in (pair.a, pair.b):
            not_found(cast.rpc(member, "read_chat", blind_chat_id=pair.chat_id))
            not_found(cast.rpc(member, "open_message", blind_chat_id=pair.chat_id))
            not_found(cast.rpc(member, "send_message", blind_chat_id=pair.chat_id, **words))
    if pair.reveal_id:
        not_found(cast.rpc(pair.b, "answer_reveal", reveal_id=pair.reveal_id, action="accept"))


def test_an_ended_proposal_frees_both_slots_before_any_sweep(cast: Cast) -> None:
    pair = cast.pair()
    taken = cast.free_slots(pair.a)
    cast.let_end(pair)
    assert cast.free_slots(pair.a) == taken + 1
    assert cast.free_slots(pair.b) == taken + 1


@pytest.mark.parametrize(
    ("state", "ended"),
    [
        ("proposed", "expired"),
        ("accepted_a", "expired"),
        ("blind_chat_active", "closed"),
        ("revealed", "closed"),
    ],
)
def test_the_sweep_writes_down_the_end_and_clears_labels(cast: Cast, state: str, ended: str) -> None:
    pair = cast.pair(state)
    told = len(events(cast, pair.match_id))
    cast.let_end(pair)
    assert cast.value("select private.expire_matches()") >= 1

    assert status_of(cast, pair.match_id) == ended
    assert _derived(cast, pair) == ([], True)
    # The clock did it, nobody else: no member is named.
    assert events(cast, pair.match_id)[told:] == [("match.status_updated", None, ended)]
    if pair.chat_id:
        assert cast.value("select closed_at is not null from public.blind_chats where id = %s", pair.chat_id)
    assert cast.value("select private.expire_matches()") == 0


@pytest.mark.parametrize("state", ["declined", "closed"])
def test_what_was_left_early_is_cleared_when_it_ends(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    told = len(events(cast, pair.match_id))
    cast.let_end(pair)
    cast.database.execute("select private.expire_matches()")
    assert status_of(cast, pair.match_id) == state
    assert _derived(cast, pair) == ([], True)
    assert len(events(cast, pair.match_id)) == told


def test_the_sweep_leaves_what_lives_alone(cast: Cast) -> None:
    kept = [
        cast.pair(state) for state in ("proposed", "accepted_a", "blind_chat_active", "revealed", "declined")
    ]
    before = [(status_of(cast, pair.match_id), _derived(cast, pair)) for pair in kept]
    cast.database.execute("select private.expire_matches()")
    assert [(status_of(cast, pair.match_id), _derived(cast, pair)) for pair in kept] == before


def test_answering_never_moves_the_end_of_a_proposal(cast: Cast) -> None:
    pair = cast.pair()
    before = cast.value("select (expires_at, ends_at)::text from public.matches where id = %s", pair.match_id)
    ok(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="accept"))
    assert (
        cast.value("select (expires_at, ends_at)::text from public.matches where id = %s", pair.match_id)
        == before
    )


def test_a_message_keeps_an_idle_chat_alive(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    cast.database.execute(
        "update public.matches set chat_ends_at = now() + interval '1 hour' where id = %s", [pair.match_id]
    )
    text = base64.b64encode(bytes(40)).decode()
    ok(
        cast.rpc(
            pair.a,
            "send_message",
            blind_chat_id=pair.chat_id,
            message_id=str(uuid.uuid4()),
            ciphertext=text,
            key_id="k1",
            **HARMLESS,
        )
    )
    assert cast.value(
        "select ends_at > now() + interval '29 days' from public.matches where id = %s", pair.match_id
    )


def test_a_proposal_cannot_be_revived_by_a_late_second_yes(cast: Cast) -> None:
    pair = cast.pair("accepted_a")
    cast.let_end(pair)
    cast.database.execute("select private.expire_matches()")
    not_found(cast.rpc(pair.b, "respond", match_id=pair.match_id, action="accept"))
    refused(cast.rpc(pair.b, "close_match", match_id=pair.match_id), 409, "match_not_open")
    assert status_of(cast, pair.match_id) == "expired"
    assert cast.value("select count(*) from public.blind_chats where match_id = %s", pair.match_id) == 0
