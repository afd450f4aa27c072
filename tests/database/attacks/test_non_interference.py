"""Before a mutual reveal, nothing a member is told depends on who the partner is.

Two members who are alike run the same script with two partners who behave alike and are otherwise as
different as people can be. Bodies, headers and every row the member can read, through PostgREST and through
the functions, are the same up to handles, times, pseudonyms and sides. That covers leaks nobody thought of.
"""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Json, Member, Pair
from tests.database.answers import ok
from tests.database.transcript import Narrator, first_difference

pytestmark = pytest.mark.one_world

ADA: Json = {
    "display_name": "Ada",
    "birth_date": "1961-11-23",
    "birth_time": "04:30",
    "birth_time_accuracy": "exact",
    "birth_place": "Auckland, New Zealand",
    "birth_lat": -36.85,
    "birth_lon": 174.76,
    "birth_tz": "Pacific/Auckland",
    "gender": "female",
    "lang_primary": "mi",
    "lang_secondary": "en",
    "tz": "Pacific/Auckland",
    "home_place": "Wellington, New Zealand",
    "home_cell": "487.1200",
    "signals": "{birthData,values,location,feedback,aiText}",
    "joined": "3 years",
}
BO: Json = {
    "display_name": "B" * 80,
    "birth_date": "2004-02-29",
    "gender": "non_binary",
    "lang_primary": "de",
    "tz": "Europe/Berlin",
    "joined": "1 hour",
}


def _member(cast: Cast) -> Member:
    """Every one of these is like every other."""
    return cast.member(
        display_name="Same", gender="male", home_place="Berlin, Germany", signals="{values}", joined="9 days"
    )


def _pair(cast: Cast, member: Member, partner: Json, side: str, **scores: Any) -> Pair:
    """A proposal to `member` and a new partner: scores of its own, the labels of every pair here."""
    other = cast.member(**partner)
    pair = cast.pair(a=member, b=other) if side == "a" else cast.pair(a=other, b=member)
    columns = ", ".join(f"{name} = %s" for name in scores)
    cast.database.execute(
        f"update public.matches set {columns} where id = %s", [*scores.values(), pair.match_id]
    )
    return pair


def _as_ada(cast: Cast, member: Member) -> Pair:
    return _pair(
        cast, member, ADA, "a", total_score=99.5, values_score=98, readiness_score=3, engine_version="one"
    )


def _as_bo(cast: Cast, member: Member) -> Pair:
    return _pair(cast, member, BO, "b", total_score=50, astro_score=12.25, engine_version="another")


def _partner(pair: Pair, member: Member) -> Member:
    return pair.b if pair.a is member else pair.a


def _identity(cast: Cast, pair: Pair, member: Member) -> list[str]:
    """What tells the partner of `member`: ids and the words of their profile that are nobody else's here."""
    partner = _partner(pair, member)
    profile_id = cast.value("select id::text from public.connect_profiles where user_id = %s", partner.id)
    words = [str(ADA[name]) for name in ("birth_place", "home_place", "birth_date", "tz")]
    return [partner.id, profile_id, partner.name, *words]


def _look_around(narrator: Narrator, pair: Pair) -> None:
    """Everything that can be asked without changing anything, through both doors."""
    narrator.rpc("get_status")
    narrator.call("GET", "/connect/status")
    narrator.call("GET", "/connect/profile")
    narrator.call("GET", "/connect/consents")
    narrator.call("GET", "/connect/export")
    narrator.rpc("export_member")
    chat_id = pair.chat_id or str(uuid.uuid4())
    narrator.rpc("read_chat", blind_chat_id=chat_id)
    narrator.told.add(
        "GET /connect/chat",
        narrator.cast.call(narrator.member, "GET", f"/connect/chat?blindChatId={chat_id}"),
    )
    narrator.rpc("open_message", blind_chat_id=chat_id)
    narrator.rpc("respond", match_id=str(uuid.uuid4()), action="accept")
    narrator.rpc("answer_reveal", reveal_id=pair.match_id, action="accept")
    narrator.read_everything()


def _whole_life(cast: Cast, member: Member, pair: Pair) -> Narrator:
    """From the proposal to the end, with a partner who says yes, writes, declines a reveal and closes."""
    narrator, partner = Narrator(cast, member), _partner(pair, member)

    def partner_does(method: str, path: str, body: Json) -> None:
        assert cast.call(partner, method, path, body).status_code == 200

    _look_around(narrator, pair)
    partner_does("POST", "/connect/respond", {"matchId": pair.match_id, "action": "accept"})
    _look_around(narrator, pair)
    opened = narrator.call("POST", "/connect/respond", {"matchId": pair.match_id, "action": "accept"})
    pair = Pair(pair.match_id, pair.a, pair.b, chat_id=opened["blindChatId"])
    _look_around(narrator, pair)
    for text in ("Hey.", "I felt your calm energy today."):
        partner_does("POST", "/connect/chat", {"blindChatId": pair.chat_id, "message": text})
        narrator.call(
            "POST", "/connect/chat", {"blindChatId": pair.chat_id, "message": f"You said {len(text)}"}
        )
    _look_around(narrator, pair)
    asked = narrator.call("POST", "/connect/reveal", {"matchId": pair.match_id, "action": "request"})
    assert asked["revealState"] == "requested"
    reveal_id = str(cast.value("select id from public.reveals where match_id = %s", pair.match_id))
    partner_does("POST", "/connect/reveal", {"revealId": reveal_id, "action": "decline"})
    _look_around(narrator, pair)
    narrator.call("POST", "/connect/feedback", {"matchId": pair.match_id, "rating": 4, "notes": "Kind."})
    page = cast.call(member, "GET", f"/connect/chat?blindChatId={pair.chat_id}").json()
    chosen = [message["id"] for message in page["messages"]]
    for message_ids in ([], chosen, [str(uuid.uuid4())]):
        words = {"matchId": pair.match_id, "reason": "rude", "messageIds": message_ids}
        narrator.call("POST", "/connect/report", words)
    _look_around(narrator, pair)
    partner_does("POST", "/connect/close", {"matchId": pair.match_id})
    _look_around(narrator, pair)
    for path in ("/connect/close", "/connect/block"):
        narrator.call("POST", path, {"matchId": pair.match_id})
    narrator.call("POST", "/connect/respond", {"matchId": pair.match_id, "action": "accept"})
    cast.let_end(pair)
    cast.database.execute("select private.expire_matches()")
    _look_around(narrator, pair)
    return narrator


def test_a_whole_match_reads_the_same_whoever_the_partner_is(cast: Cast) -> None:
    one, other = _member(cast), _member(cast)
    ada, bo = _as_ada(cast, one), _as_bo(cast, other)
    with cast.settings(exports_per_day=1000):
        with_ada, with_bo = _whole_life(cast, one, ada), _whole_life(cast, other, bo)
    assert len(with_ada.told.lines) > 100
    for told, pair in ((with_ada.told, ada), (with_bo.told, bo)):
        assert told.tells(*_identity(cast, pair, one if pair is ada else other)) == []
    assert first_difference((with_ada.told, with_bo.told)) is None


def test_the_comparison_itself_notices_a_difference(cast: Cast) -> None:
    """A partner who behaves differently shows: here, one whose reveal is mutual."""
    one, other = _member(cast), _member(cast)
    pair, same = _as_ada(cast, one), _as_bo(cast, other)
    told = []
    for member, match in ((one, pair), (other, same)):
        narrator = Narrator(cast, member)
        for function, words in (("respond", {"action": "accept"}), ("request_reveal", {})):
            for side in (match.a, match.b):
                ok(cast.rpc(side, function, match_id=match.match_id, **words))
        narrator.rpc("get_status")
        told.append(narrator.told)
    difference = first_difference(told)
    assert difference is not None
    assert "Ada" in difference[0] or "BBB" in difference[0]


def _exit_decline(cast: Cast, partner: Member, match_id: str) -> None:
    body = {"matchId": match_id, "action": "decline"}
    assert cast.call(partner, "POST", "/connect/respond", body).status_code == 200


def _exit_pause(cast: Cast, partner: Member, match_id: str) -> None:
    assert cast.call(partner, "POST", "/connect/deactivate", {}).status_code == 200


def _exit_block(cast: Cast, partner: Member, match_id: str) -> None:
    assert cast.call(partner, "POST", "/connect/block", {"matchId": match_id}).status_code == 200


def _exit_deleted(cast: Cast, partner: Member, match_id: str) -> None:
    cast.database.execute("delete from auth.users where id = %s", [partner.id])


def _exit_stop(cast: Cast, partner: Member, match_id: str) -> None:
    """It is not the partner who leaves, but the safety team that ends it."""
    assert cast.value("select private.stop_match(%s)", match_id) is True


def _no_exit(cast: Cast, partner: Member, match_id: str) -> None:
    """The partner never answers."""


def _unanswered(
    cast: Cast, make: Callable[[Cast, Member], Pair], leave: Callable[[Cast, Member, str], None]
) -> Narrator:
    """A proposal whose partner leaves or stays silent, until it has expired."""
    member = _member(cast)
    pair = make(cast, member)
    narrator = Narrator(cast, member)
    _look_around(narrator, pair)
    leave(cast, _partner(pair, member), pair.match_id)
    _look_around(narrator, pair)
    for action in ("accept", "accept", "decline"):
        narrator.call("POST", "/connect/respond", {"matchId": pair.match_id, "action": action})
    for path, more in (
        ("/connect/reveal", {"action": "request"}),
        ("/connect/close", {}),
        ("/connect/feedback", {"rating": 3}),
    ):
        narrator.call("POST", path, {"matchId": pair.match_id} | more)
    narrator.call("POST", "/connect/report", {"matchId": pair.match_id, "reason": "rude"})
    _look_around(narrator, pair)
    cast.let_end(pair)
    _look_around(narrator, pair)
    cast.database.execute("select private.expire_matches()")
    narrator.call("POST", "/connect/respond", {"matchId": pair.match_id, "action": "accept"})
    narrator.call("POST", "/connect/block", {"matchId": pair.match_id})
    _look_around(narrator, pair)
    return narrator


@pytest.mark.parametrize(
    "leave",
    [_exit_decline, _exit_pause, _exit_block, _exit_deleted, _exit_stop],
    ids=lambda leave: leave.__name__[6:],
)
def test_a_partner_who_left_reads_like_one_who_never_answers(
    cast: Cast, leave: Callable[[Cast, Member, str], None]
) -> None:
    with cast.settings(exports_per_day=1000):
        silent = _unanswered(cast, _as_bo, _no_exit)
        left = _unanswered(cast, _as_ada, leave)
    assert first_difference((left.told, silent.told)) is None


def test_two_partners_of_one_person_cannot_tell_that_they_share_them(cast: Cast) -> None:
    """No handle, salt or key of one match turns up in another match of the same person."""
    person = cast.member(**ADA)
    heard = []
    for _ in range(2):
        pair = cast.pair("reveal_requested", a=person)
        narrator = Narrator(cast, pair.b)
        _look_around(narrator, pair)
        narrator.call("POST", "/connect/report", {"matchId": pair.match_id, "reason": "rude"})
        narrator.call("POST", "/connect/feedback", {"matchId": pair.match_id, "rating": 3})
        narrator.call("POST", "/connect/block", {"matchId": pair.match_id})
        _look_around(narrator, pair)
        heard.append(narrator.told.handles())
    assert all(len(handles) >= 4 for handles in heard)
    assert not heard[0] & heard[1]
