"""The handshake before names: asking, answering, and what each of the two may know of it."""

import pytest

from tests.cast import Cast, Json, Member, Pair
from tests.database.answers import events, not_found, ok, refused, status_of


def _entry(cast: Cast, member: Member) -> Json:
    [entry] = ok(cast.rpc(member, "get_status"))["matches"]
    found: Json = entry
    return found


def _ask(cast: Cast, member: Member, pair: Pair) -> str:
    return str(ok(cast.rpc(member, "request_reveal", match_id=pair.match_id))["revealState"])


def _answer(cast: Cast, member: Member, reveal_id: str | None, action: str) -> str:
    return str(ok(cast.rpc(member, "answer_reveal", reveal_id=reveal_id, action=action))["revealState"])


def test_asking_is_requested_for_both_and_only_the_other_gets_the_handle(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    assert _ask(cast, pair.a, pair) == "requested"
    asked, asker = _entry(cast, pair.b), _entry(cast, pair.a)
    for entry in (asked, asker):
        assert (entry["stage"], entry["revealState"], entry["partner"]) == (
            "reveal_requested",
            "requested",
            None,
        )
    assert asker["revealId"] is None
    assert asked["revealId"] == str(
        cast.value("select id from public.reveals where match_id = %s", pair.match_id)
    )
    assert events(cast, pair.match_id)[-1] == ("reveal.requested", pair.a.id, None)


def test_asking_again_changes_nothing(cast: Cast) -> None:
    pair = cast.pair("reveal_requested")
    told = events(cast, pair.match_id)
    assert _ask(cast, pair.a, pair) == "requested"
    assert cast.value("select count(*) from public.reveals where match_id = %s", pair.match_id) == 1
    assert events(cast, pair.match_id) == told


@pytest.mark.parametrize("way", ["accepts", "asks too"])
def test_a_yes_shows_each_the_other_s_name_and_nothing_else(cast: Cast, way: str) -> None:
    pair = cast.pair("reveal_requested")
    if way == "accepts":
        assert _answer(cast, pair.b, pair.reveal_id, "accept") == "mutual"
    else:
        assert _ask(cast, pair.b, pair) == "mutual"
    assert status_of(cast, pair.match_id) == "revealed"
    assert events(cast, pair.match_id)[-1] == ("match.status_updated", pair.b.id, "revealed")
    for member, partner in ((pair.a, pair.b), (pair.b, pair.a)):
        entry = _entry(cast, member)
        assert (entry["stage"], entry["revealState"], entry["revealId"]) == ("revealed", "mutual", None)
        assert entry["partner"] == {"displayName": partner.name}
        assert partner.id not in cast.rpc(member, "get_status").text
    # Saying it again is no news.
    told = events(cast, pair.match_id)
    assert _ask(cast, pair.a, pair) == _ask(cast, pair.b, pair) == "mutual"
    assert _answer(cast, pair.b, pair.reveal_id, "accept") == "mutual"
    assert events(cast, pair.match_id) == told


def test_a_no_is_none_for_the_one_who_says_it_and_unknown_to_the_one_who_asked(cast: Cast) -> None:
    pair = cast.pair("reveal_requested")
    before = cast.rpc(pair.a, "get_status").content
    assert _answer(cast, pair.b, pair.reveal_id, "decline") == "none"

    assert cast.rpc(pair.a, "get_status").content == before
    assert _ask(cast, pair.a, pair) == "requested"
    declined = _entry(cast, pair.b)
    assert (declined["stage"], declined["revealState"], declined["revealId"]) == ("blind_chat", "none", None)
    assert status_of(cast, pair.match_id) == "blind_chat_active"
    assert [event[0] for event in events(cast, pair.match_id)][-1] == "reveal.declined"


def test_whoever_declined_and_asks_later_makes_it_mutual(cast: Cast) -> None:
    pair = cast.pair("reveal_requested")
    _answer(cast, pair.b, pair.reveal_id, "decline")
    assert _ask(cast, pair.b, pair) == "mutual"
    assert _entry(cast, pair.a)["partner"] == {"displayName": pair.b.name}
    assert _entry(cast, pair.b)["partner"] == {"displayName": pair.a.name}


@pytest.mark.parametrize(("first", "then"), [("decline", "accept"), ("accept", "decline")])
def test_the_opposite_answer_is_too_late(cast: Cast, first: str, then: str) -> None:
    pair = cast.pair("reveal_requested")
    state = _answer(cast, pair.b, pair.reveal_id, first)
    assert _answer(cast, pair.b, pair.reveal_id, first) == state
    refused(cast.rpc(pair.b, "answer_reveal", reveal_id=pair.reveal_id, action=then), 409, "match_not_open")
    assert _entry(cast, pair.b)["revealState"] == state


def test_nobody_answers_their_own_question(cast: Cast) -> None:
    pair = cast.pair("reveal_requested")
    for action in ("accept", "decline"):
        not_found(cast.rpc(pair.a, "answer_reveal", reveal_id=pair.reveal_id, action=action))
        not_found(cast.rpc(cast.stranger(), "answer_reveal", reveal_id=pair.reveal_id, action=action))
    assert _entry(cast, pair.b)["revealState"] == "requested"


@pytest.mark.parametrize("state", ["proposed", "accepted_a"])
def test_there_is_nothing_to_reveal_before_the_chat(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    for member in (pair.a, pair.b):
        refused(cast.rpc(member, "request_reveal", match_id=pair.match_id), 409, "match_not_open")


@pytest.mark.parametrize("state", ["declined", "expired", "closed"])
def test_there_is_nothing_to_reveal_after_the_end(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    not_found(cast.rpc(pair.a, "request_reveal", match_id=pair.match_id))
    if state != "declined":  # the other side of a decline still has an ordinary proposal
        not_found(cast.rpc(pair.b, "request_reveal", match_id=pair.match_id))


def test_names_go_when_the_chat_ends(cast: Cast) -> None:
    pair = cast.pair("revealed")
    ok(cast.rpc(pair.a, "close_match", match_id=pair.match_id))
    for member in (pair.a, pair.b):
        assert ok(cast.rpc(member, "get_status"))["current"]["partner"] is None
        not_found(cast.rpc(member, "request_reveal", match_id=pair.match_id))
    not_found(cast.rpc(pair.b, "answer_reveal", reveal_id=pair.reveal_id, action="accept"))


def test_strangers_and_absent_matches_answer_the_same(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    other = cast.pair("blind_chat_active")
    not_found(cast.rpc(cast.stranger(), "request_reveal", match_id=pair.match_id))
    not_found(cast.rpc(other.a, "request_reveal", match_id=pair.match_id))
    not_found(cast.rpc(pair.a, "request_reveal", match_id=pair.a.id))
    assert cast.value("select count(*) from public.reveals where match_id = %s", pair.match_id) == 0


def test_an_action_that_is_none_is_refused(cast: Cast) -> None:
    pair = cast.pair("reveal_requested")
    refused(cast.rpc(pair.b, "answer_reveal", reveal_id=pair.reveal_id, action=None), 422, "invalid_body")
    assert _entry(cast, pair.b)["revealState"] == "requested"
