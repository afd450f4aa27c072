"""Decline, pause, block and erasure look the same from the other side; a chat that ended has just ended.

The one who stays runs the same script whatever the other one did, and everything they are told, byte by byte
but for handles, times and pseudonyms, must be what they are told when the other one did nothing at all.
"""

import base64
import uuid
from collections.abc import Callable

import pytest

from tests.cast import HARMLESS, Cast, Member, Pair
from tests.database.answers import ok, status_of
from tests.database.transcript import Narrator, first_difference

pytestmark = pytest.mark.one_world

Exit = Callable[[Cast, Member, Pair], None]


def _decline(cast: Cast, member: Member, pair: Pair) -> None:
    assert ok(cast.rpc(member, "respond", match_id=pair.match_id, action="decline"))["status"] == "declined"


def _pause(cast: Cast, member: Member, pair: Pair) -> None:
    ok(cast.rpc(member, "deactivate"))


def _block(cast: Cast, member: Member, pair: Pair) -> None:
    ok(cast.rpc(member, "block_partner", match_id=pair.match_id))


def _erase(cast: Cast, member: Member, pair: Pair) -> None:
    cast.database.execute("delete from auth.users where id = %s", [member.id])


def _close(cast: Cast, member: Member, pair: Pair) -> None:
    ok(cast.rpc(member, "close_match", match_id=pair.match_id))


def _stay(cast: Cast, member: Member, pair: Pair) -> None:
    """Nobody does anything."""


def _run_out(cast: Cast, member: Member, pair: Pair) -> None:
    """The chat falls idle."""
    cast.let_end(pair)


PROPOSAL_EXITS = {"decline": _decline, "pause": _pause, "block": _block, "erase": _erase}
CHAT_EXITS = {"close": _close, "block": _block, "erase": _erase}


def _accepts(narrator: Narrator, pair: Pair) -> None:
    assert narrator.rpc("respond", match_id=pair.match_id, action="accept")["status"].startswith("accepted_")
    narrator.rpc("get_status")
    narrator.rpc("respond", match_id=pair.match_id, action="accept")
    narrator.rpc("respond", match_id=pair.match_id, action="decline")


def _declines(narrator: Narrator, pair: Pair) -> None:
    assert narrator.rpc("respond", match_id=pair.match_id, action="decline")["status"] == "declined"
    narrator.rpc("respond", match_id=pair.match_id, action="accept")


def _blocks(narrator: Narrator, pair: Pair) -> None:
    assert narrator.rpc("block_partner", match_id=pair.match_id) == {}


def _pauses(narrator: Narrator, pair: Pair) -> None:
    assert narrator.rpc("deactivate")["status"] == "paused"


REACTIONS = {"accepts": _accepts, "declines": _declines, "blocks": _blocks, "pauses": _pauses}


def _everything_else(narrator: Narrator, pair: Pair) -> None:
    narrator.rpc("get_status")
    narrator.rpc("request_reveal", match_id=pair.match_id)
    narrator.rpc("close_match", match_id=pair.match_id)
    narrator.rpc("give_feedback", match_id=pair.match_id, rating=3)
    narrator.rpc("report_partner", match_id=pair.match_id, reason="spam")
    chat_id = pair.chat_id or pair.match_id
    narrator.rpc("read_chat", blind_chat_id=chat_id)
    narrator.rpc("open_message", blind_chat_id=chat_id)
    text = base64.b64encode(bytes(40)).decode()
    words = {"message_id": str(uuid.uuid4()), "ciphertext": text, "key_id": "k1", **HARMLESS}
    narrator.rpc("send_message", blind_chat_id=chat_id, **words)
    narrator.rpc("export_member")
    narrator.read_everything()


def _one_who_stays(cast: Cast) -> Member:
    return cast.member(display_name="Same", joined="40 days")


def _proposal(
    cast: Cast, leave: Exit, react: Callable[[Narrator, Pair], None], *, accepted: bool
) -> Narrator:
    """The transcript of side b, whose partner a leaves a proposal, perhaps after saying yes to it."""
    stays = _one_who_stays(cast)
    pair = cast.pair("accepted_a" if accepted else "proposed", b=stays)
    narrator = Narrator(cast, stays)
    narrator.rpc("get_status")
    leave(cast, pair.a, pair)
    _everything_else(narrator, pair)
    react(narrator, pair)
    _everything_else(narrator, pair)
    narrator.rpc("block_partner", match_id=pair.match_id)
    cast.let_end(pair)
    for _ in range(2):  # once before the sweep, once after
        _everything_else(narrator, pair)
        narrator.rpc("respond", match_id=pair.match_id, action="accept")
        narrator.rpc("respond", match_id=pair.match_id, action="decline")
        narrator.rpc("block_partner", match_id=pair.match_id)
        cast.database.execute("select private.expire_matches()")
    return narrator


@pytest.mark.parametrize("reaction", REACTIONS)
@pytest.mark.parametrize("accepted", [False, True], ids=["unanswered", "after a yes"])
def test_every_exit_from_a_proposal_looks_like_no_answer(cast: Cast, reaction: str, accepted: bool) -> None:
    silent = _proposal(cast, _stay, REACTIONS[reaction], accepted=False)
    exits = {name: leave for name, leave in PROPOSAL_EXITS.items() if not (accepted and name == "decline")}
    for name, leave in exits.items():
        left = _proposal(cast, leave, REACTIONS[reaction], accepted=accepted)
        assert first_difference((left.told, silent.told)) is None, name


def _chat(cast: Cast, leave: Exit, state: str) -> Narrator:
    """The transcript of side b, whose partner a ends an open chat."""
    stays = _one_who_stays(cast)
    pair = cast.pair(state, b=stays)
    narrator = Narrator(cast, stays)
    narrator.rpc("get_status")
    leave(cast, pair.a, pair)
    for _ in range(2):
        _everything_else(narrator, pair)
        narrator.rpc("respond", match_id=pair.match_id, action="accept")
        narrator.rpc("respond", match_id=pair.match_id, action="decline")
        if pair.reveal_id:
            narrator.rpc("answer_reveal", reveal_id=pair.reveal_id, action="accept")
            narrator.rpc("answer_reveal", reveal_id=pair.reveal_id, action="decline")
        narrator.rpc("block_partner", match_id=pair.match_id)
        cast.let_end(pair)
        cast.database.execute("select private.expire_matches()")
    narrator.read_everything()
    return narrator


@pytest.mark.parametrize("state", ["blind_chat_active", "reveal_requested"])
def test_every_end_of_a_chat_looks_like_an_idle_one(cast: Cast, state: str) -> None:
    idle = _chat(cast, _run_out, state)
    for name, leave in CHAT_EXITS.items():
        assert first_difference((_chat(cast, leave, state).told, idle.told)) is None, name


def test_a_blocked_member_who_is_erased_leaves_the_blocker_s_list_as_it_was(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    _block(cast, pair.b, pair)
    before = cast.rest(pair.b, "GET", "/blocks?select=match_id").json()
    assert before == [{"match_id": pair.match_id}]
    _erase(cast, pair.a, pair)
    assert cast.rest(pair.b, "GET", "/blocks?select=match_id").json() == before


def test_pausing_leaves_open_chats_open(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    _pause(cast, pair.a, pair)
    for member in (pair.a, pair.b):
        assert ok(cast.rpc(member, "get_status"))["current"]["stage"] == "blind_chat"
    assert ok(cast.rpc(pair.a, "get_status"))["active"] is False
    assert status_of(cast, pair.match_id) == "blind_chat_active"


@pytest.mark.parametrize("name", PROPOSAL_EXITS)
def test_an_exit_frees_the_leaver_s_slot_and_keeps_the_other_s_until_it_expires(
    cast: Cast, name: str
) -> None:
    pair = cast.pair("proposed" if name == "decline" else "accepted_a")
    taken = cast.free_slots(pair.a)
    PROPOSAL_EXITS[name](cast, pair.a, pair)
    if name != "erase":
        assert cast.free_slots(pair.a) == taken + 1
        assert ok(cast.rpc(pair.a, "get_status"))["matches"] == []
    assert cast.free_slots(pair.b) == taken
    ok(cast.rpc(pair.b, "respond", match_id=pair.match_id, action="accept"))
    assert cast.free_slots(pair.b) == taken
    cast.let_end(pair)
    assert cast.free_slots(pair.b) == taken + 1


@pytest.mark.parametrize("name", CHAT_EXITS)
def test_an_ended_chat_frees_both_slots(cast: Cast, name: str) -> None:
    pair = cast.pair("blind_chat_active")
    taken = cast.free_slots(pair.b)
    CHAT_EXITS[name](cast, pair.a, pair)
    assert cast.free_slots(pair.b) == taken + 1


def test_the_leaver_does_not_come_back_by_saying_yes_again(cast: Cast) -> None:
    """Withdrawn for good: after the pause, the earlier yes is repeated and counts for nothing."""
    pair = cast.pair("accepted_a")
    _pause(cast, pair.a, pair)
    ok(cast.rpc(pair.a, "activate", mode="both", consent_version="v1"))
    answer = ok(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="accept"))
    assert answer == {"status": "accepted_a", "blindChatId": None}
    assert ok(cast.rpc(pair.b, "respond", match_id=pair.match_id, action="accept"))["blindChatId"] is None
    assert status_of(cast, pair.match_id) == "closed"
    assert ok(cast.rpc(pair.a, "get_status"))["matches"] == []
