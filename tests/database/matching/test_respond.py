"""respond(): two blind answers, and the second yes opens the chat."""

import uuid

import pytest

from tests.cast import Cast, Member, Pair
from tests.database.answers import events, not_found, ok, refused, status_of


def _respond(cast: Cast, member: Member, pair: Pair, action: str) -> dict[str, object]:
    return ok(cast.rpc(member, "respond", match_id=pair.match_id, action=action))


def _entry(cast: Cast, member: Member) -> dict[str, object]:
    [entry] = ok(cast.rpc(member, "get_status"))["matches"]
    assert isinstance(entry, dict)
    return entry


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_first_yes_waits_and_shows_nothing_to_the_other(cast: Cast, first: str) -> None:
    pair = cast.pair()
    one, other = (pair.a, pair.b) if first == "a" else (pair.b, pair.a)
    untouched = cast.rpc(other, "get_status").content

    assert _respond(cast, one, pair, "accept") == {"status": f"accepted_{first}", "blindChatId": None}

    assert status_of(cast, pair.match_id) == f"accepted_{first}"
    assert _entry(cast, one)["stage"] == "waiting"
    assert cast.rpc(other, "get_status").content == untouched
    assert events(cast, pair.match_id) == [("match.status_updated", one.id, f"accepted_{first}")]


@pytest.mark.parametrize("second", ["a", "b"])
def test_the_second_yes_opens_the_chat_with_two_pseudonyms_at_once(cast: Cast, second: str) -> None:
    pair = cast.pair()
    one, other = (pair.b, pair.a) if second == "a" else (pair.a, pair.b)
    _respond(cast, one, pair, "accept")
    answer = _respond(cast, other, pair, "accept")

    assert answer["status"] == "accepted_both"
    row = cast.database.execute(
        "select m.status::text, c.id::text, c.pseudonym_a, c.pseudonym_b, c.reveal_state::text,"
        " octet_length(c.salt),"
        " m.decided_a_at is not null and m.decided_b_at is not null, m.ends_at > now() + interval '29 days',"
        " m.expires_at < now() + interval '4 days'"
        " from public.matches m join public.blind_chats c on c.match_id = m.id where m.id = %s",
        [pair.match_id],
    ).fetchone()
    assert row is not None
    status, chat_id, name_a, name_b, *rest = row
    assert (status, chat_id, rest) == (
        "blind_chat_active",
        answer["blindChatId"],
        ["none", 32, True, True, True],
    )
    assert name_a != name_b
    # accepted_both is told once, here and in the outbox; it is no state.
    assert events(cast, pair.match_id)[-1] == ("match.status_updated", other.id, "accepted_both")
    mine, theirs = (name_a, name_b) if second == "a" else (name_b, name_a)
    for member, own, partner in ((other, mine, theirs), (one, theirs, mine)):
        entry = _entry(cast, member)
        assert (entry["stage"], entry["blindChatId"]) == ("blind_chat", chat_id)
        assert (entry["pseudonym"], entry["partnerPseudonym"]) == (own, partner)
        assert (entry["revealState"], entry["revealId"], entry["partner"]) == ("none", None, None)


def test_a_chat_that_cannot_open_undoes_the_second_yes(cast: Cast) -> None:
    """Status, chat and pseudonyms are one transaction: none of them without the others."""
    pair = cast.pair("accepted_a")
    # A room is in the way: the match can have only one.
    cast.database.execute(
        "insert into public.blind_chats (match_id, pseudonym_a, pseudonym_b, salt)"
        " values (%s, 'One', 'Two', decode(repeat('00', 32), 'hex'))",
        [pair.match_id],
    )
    assert cast.rpc(pair.b, "respond", match_id=pair.match_id, action="accept").status_code == 409
    assert cast.database.execute(
        "select status::text, decision_b, chat_opened_at from public.matches where id = %s", [pair.match_id]
    ).fetchone() == ("accepted_a", None, None)
    assert len(events(cast, pair.match_id)) == 1


def test_the_same_answer_again_answers_the_same(cast: Cast) -> None:
    pair = cast.pair()
    first = _respond(cast, pair.a, pair, "accept")
    assert _respond(cast, pair.a, pair, "accept") == first
    assert len(events(cast, pair.match_id)) == 1

    chat_id = _respond(cast, pair.b, pair, "accept")["blindChatId"]
    for member in (pair.a, pair.b):
        again = _respond(cast, member, pair, "accept")
        assert again == {"status": "blind_chat_active", "blindChatId": chat_id}
    assert len(events(cast, pair.match_id)) == 2

    refused_pair = cast.pair()
    for _ in range(2):
        answer = _respond(cast, refused_pair.b, refused_pair, "decline")
        assert answer == {"status": "declined", "blindChatId": None}
    assert len(events(cast, refused_pair.match_id)) == 1


@pytest.mark.parametrize(("first", "then"), [("accept", "decline"), ("decline", "accept")])
def test_the_opposite_answer_is_too_late(cast: Cast, first: str, then: str) -> None:
    pair = cast.pair()
    _respond(cast, pair.a, pair, first)
    before = status_of(cast, pair.match_id)
    refused(cast.rpc(pair.a, "respond", match_id=pair.match_id, action=then), 409, "match_not_open")
    assert status_of(cast, pair.match_id) == before


def test_a_no_after_the_chat_opened_is_too_late(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    refused(cast.rpc(pair.b, "respond", match_id=pair.match_id, action="decline"), 409, "match_not_open")
    assert status_of(cast, pair.match_id) == "blind_chat_active"


def test_a_decline_is_final_for_the_one_who_says_it(cast: Cast) -> None:
    pair = cast.pair()
    _respond(cast, pair.b, pair, "decline")
    assert status_of(cast, pair.match_id) == "declined"
    assert ok(cast.rpc(pair.b, "get_status"))["matches"] == []
    assert events(cast, pair.match_id) == [("match.status_updated", pair.b.id, "declined")]


def test_absent_foreign_and_over_ids_answer_the_same(cast: Cast) -> None:
    foreign, over = cast.pair(), cast.pair()
    cast.let_end(over)
    stranger = cast.stranger()
    answers = {
        (response.status_code, response.content)
        for caller, match_id in (
            (over.a, str(uuid.uuid4())),
            (over.a, foreign.match_id),
            (over.a, over.match_id),
            (stranger, foreign.match_id),
        )
        for action in ("accept", "decline")
        for response in [cast.rpc(caller, "respond", match_id=match_id, action=action)]
    }
    assert len(answers) == 1
    not_found(cast.rpc(stranger, "respond", match_id=foreign.match_id, action="accept"))
    assert status_of(cast, foreign.match_id) == "proposed"


@pytest.mark.parametrize("state", ["closed", "blind_chat_active"])
def test_an_ended_chat_still_repeats_ones_own_yes(cast: Cast, state: str) -> None:
    """Over is not_found for everything but the repetition of one's own answer."""
    pair = cast.pair(state)
    cast.let_end(pair)
    for member in (pair.a, pair.b):
        assert _respond(cast, member, pair, "accept") == {"status": "blind_chat_active", "blindChatId": None}
        not_found(cast.rpc(member, "respond", match_id=pair.match_id, action="decline"))


def test_an_action_that_is_none_is_refused(cast: Cast) -> None:
    pair = cast.pair()
    refused(cast.rpc(pair.a, "respond", match_id=pair.match_id, action=None), 422, "invalid_body")
    assert cast.rpc(pair.a, "respond", match_id=pair.match_id, action="maybe").status_code == 400
    assert events(cast, pair.match_id) == []


@pytest.mark.parametrize(("action", "event"), [("accept", "match.accepted"), ("decline", "match.left")])
def test_an_answer_after_the_partner_left_is_recorded_too(cast: Cast, action: str, event: str) -> None:
    pair = cast.pair("declined")
    ok(cast.rpc(pair.b, "respond", match_id=pair.match_id, action=action))
    assert events(cast, pair.match_id)[-1] == (event, pair.b.id, None)
    assert status_of(cast, pair.match_id) == "declined"
