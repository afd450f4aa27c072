"""A pair the safety team stops: each side sees what they would see had the other one left.

The scripts are those of the exits: what they are told must be what somebody is told whose partner did
nothing (a proposal), or whose chat fell idle or was closed.
"""

import pytest

from tests.cast import STATES, Cast, Member, Pair
from tests.database.answers import events, ok, status_of
from tests.database.attacks.test_exits import REACTIONS, _chat, _close, _proposal, _run_out, _stay
from tests.database.runs import load, offer, store
from tests.database.transcript import Narrator, first_difference

pytestmark = pytest.mark.one_world


def _stop(cast: Cast, _member: Member, pair: Pair) -> None:
    assert stop(cast, pair) is True


def stop(cast: Cast, pair: Pair) -> bool:
    return bool(cast.value("select private.stop_match(%s)", pair.match_id))


@pytest.mark.parametrize("reaction", REACTIONS)
@pytest.mark.parametrize("accepted", [False, True], ids=["unanswered", "after a yes"])
def test_a_stopped_proposal_looks_like_one_nobody_answers(cast: Cast, reaction: str, accepted: bool) -> None:
    silent = _proposal(cast, _stay, REACTIONS[reaction], accepted=False)
    stopped = _proposal(cast, _stop, REACTIONS[reaction], accepted=accepted)
    assert first_difference((stopped.told, silent.told)) is None


def test_so_it_does_for_who_had_said_yes(cast: Cast) -> None:
    """Side b says yes first and then waits, as long as for somebody who never answers."""

    def yes(cast: Cast, _member: Member, pair: Pair) -> None:
        cast.sql_call(pair.b, "respond", match_id=pair.match_id, action="accept")

    def yes_then_stop(cast: Cast, member: Member, pair: Pair) -> None:
        yes(cast, member, pair)
        _stop(cast, member, pair)

    told = [_proposal(cast, leave, _again, accepted=False).told for leave in (yes, yes_then_stop)]
    assert first_difference(told) is None


def _again(narrator: Narrator, pair: Pair) -> None:
    narrator.rpc("respond", match_id=pair.match_id, action="accept")


@pytest.mark.parametrize("state", ["blind_chat_active", "reveal_requested"])
def test_a_stopped_chat_has_just_ended(cast: Cast, state: str) -> None:
    idle = _chat(cast, _run_out, state)
    for leave in (_stop, _close):
        assert first_difference((_chat(cast, leave, state).told, idle.told)) is None, leave.__name__


@pytest.mark.parametrize("state", ["proposed", "accepted_a"])
def test_both_places_stay_taken_until_the_proposal_expires(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    taken = [cast.free_slots(member) for member in (pair.a, pair.b)]
    assert stop(cast, pair)
    assert [cast.free_slots(member) for member in (pair.a, pair.b)] == taken
    for member in (pair.a, pair.b):
        ok(cast.rpc(member, "respond", match_id=pair.match_id, action="accept"))
    assert cast.value("select count(*) from public.blind_chats where match_id = %s", pair.match_id) == 0
    assert [cast.free_slots(member) for member in (pair.a, pair.b)] == taken
    cast.let_end(pair)
    assert [cast.free_slots(member) - 1 for member in (pair.a, pair.b)] == taken


def test_a_stopped_chat_frees_both_places_at_once(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    taken = [cast.free_slots(member) for member in (pair.a, pair.b)]
    queued = "select count(*) from public.matchmaking_queue where user_id = any (%s) and reason = 'freed'"
    people = [pair.a.id, pair.b.id]
    cast.database.execute("delete from public.matchmaking_queue where user_id = any (%s)", [people])
    assert stop(cast, pair)
    assert [cast.free_slots(member) - 1 for member in (pair.a, pair.b)] == taken
    assert cast.value(queued, people) == 2


@pytest.mark.parametrize("state", STATES[:5])
def test_the_truth_says_stopped_and_names_nobody(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    before = len(events(cast, pair.match_id))
    assert stop(cast, pair)
    assert status_of(cast, pair.match_id) == "closed"
    assert events(cast, pair.match_id)[before:] == [("match.status_updated", None, "closed")]
    held = cast.database.execute(
        "select stopped_at is not null, left_a_at, left_b_at from public.matches where id = %s",
        [pair.match_id],
    ).fetchone()
    assert held == (True, None, None)
    assert stop(cast, pair) is False


@pytest.mark.parametrize("state", ["expired", "closed"])
def test_what_is_over_is_left_as_it_is(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    before = cast.value("select to_jsonb(m) from public.matches m where id = %s", pair.match_id)
    assert stop(cast, pair) is False
    assert cast.value("select to_jsonb(m) from public.matches m where id = %s", pair.match_id) == before
    assert cast.value("select private.stop_match(gen_random_uuid())") is False


def test_a_proposal_one_side_declined_can_still_be_stopped(cast: Cast) -> None:
    pair = cast.pair("declined")
    assert stop(cast, pair)
    assert status_of(cast, pair.match_id) == "declined"
    answer = ok(cast.rpc(pair.b, "respond", match_id=pair.match_id, action="accept"))
    assert answer == {"status": "accepted_b", "blindChatId": None}


@pytest.mark.parametrize("state", ["proposed", "blind_chat_active"])
def test_they_never_meet_again(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    assert stop(cast, pair)
    cast.let_end(pair)
    cast.database.execute("select private.expire_matches()")
    run = load(cast)
    assert store(cast, [offer(cast, pair.a, pair.b)], run)["stored"] == 0
    assert cast.value("select count(*) from public.matches where %s in (user_a, user_b)", pair.a.id) == 1
