"""Attacks on people rather than on rows: meeting them again, finding them, learning that they exist.

Each test is one attack. What must hold: it is refused, it tells nothing, and nothing has changed.
"""

import uuid

import pytest

from tests.cast import Cast, Member, Pair
from tests.database.answers import NOT_FOUND, denied, events, not_found, ok, refused, status_of, truth
from tests.database.runs import offer, store


def _propose(cast: Cast, a: Member, b: Member) -> int:
    return int(store(cast, [offer(cast, a, b, totalScore=99)])["stored"])


def test_the_same_pair_is_not_proposed_again_and_again(cast: Cast) -> None:
    a, b = cast.member(), cast.member()
    assert [_propose(cast, a, b) for _ in range(2)] == [1, 0]
    match_id = ok(cast.rpc(a, "get_status"))["matches"][0]["matchId"]
    ok(cast.rpc(a, "respond", match_id=match_id, action="decline"))
    assert _propose(cast, b, a) == 0
    cast.let_end(Pair(match_id, a, b), "1 year")
    cast.database.execute("select private.expire_matches()")
    assert _propose(cast, a, b) == 0


def test_a_blocked_pair_is_not_proposed_again_and_no_yes_reopens_it(cast: Cast) -> None:
    pair = cast.pair("accepted_a")
    ok(cast.rpc(pair.b, "block_partner", match_id=pair.match_id))
    before = truth(cast, pair)
    not_found(cast.rpc(pair.b, "respond", match_id=pair.match_id, action="accept"))
    assert ok(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="accept"))["blindChatId"] is None
    assert truth(cast, pair) == before
    # Even with the match itself long gone, the block stands.
    cast.database.execute("delete from public.matches where id = %s", [pair.match_id])
    assert (_propose(cast, pair.a, pair.b), _propose(cast, pair.b, pair.a)) == (0, 0)


def test_places_cannot_be_moved_about_to_find_someone(cast: Cast) -> None:
    """Trilateration: two moves a day through any door, and no move changes what a match tells."""
    member = cast.member(signals="{location}", home_place="Here", home_cell="1425.1155")
    pair = cast.pair(a=member, b=cast.member(signals="{location}", home_place="There", home_cell="1426.1155"))
    before = cast.rpc(member, "get_status").content
    moved = 0
    for step in range(8):
        cell = f"{1400 + step}.1000"
        if step % 2:
            ok(cast.rpc(member, "put_consents", version="v1", switches={}))
            place = cast.value("select home_place from public.users where id = %s", member.id)
            words = {"version": "v1", "switches": {"location": True}, "home_place": place}
            response = cast.rpc(member, "put_consents", **words, home_cell=cell)
        else:
            words = {
                **{"display_name": "x", "birth_date": "1990-05-17", "gender": "female", "lang_primary": "en"},
                **{"tz": "Europe/Berlin", "home_place": f"Place {step}"},
            }
            response = cast.rpc(member, "put_profile", **words, home_cell=cell)
        moved += response.status_code == 200
        assert response.status_code in (200, 429)
        assert cast.rpc(member, "get_status").content == before
    assert moved == 3  # the first setting, and two moves
    assert status_of(cast, pair.match_id) == "proposed"


def test_a_report_says_nothing_about_the_reported_person(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    response = cast.rpc(pair.a, "report_partner", match_id=pair.match_id, reason="rude", details="Insults.")
    assert response.content == b"{}"
    for path in (
        "/reports?select=*",
        "/reports?select=reported_id",
        "/reports?select=status",
        "/reports?select=reporter_id",
    ):
        denied(cast, pair.a, "GET", path)
    for prefer in ("return=representation", "return=headers-only"):
        denied(cast, pair.a, "POST", "/reports", json={"reason": "rude"}, headers={"Prefer": prefer})
    assert cast.rest(pair.b, "GET", "/reports?select=match_id").json() == []


@pytest.mark.parametrize(
    "function", ["block_partner", "report_partner", "close_match", "respond", "request_reveal"]
)
def test_no_function_tells_whether_a_person_exists(cast: Cast, function: str) -> None:
    member, other = cast.member(), cast.member()
    words = {"report_partner": {"reason": "rude"}, "respond": {"action": "accept"}}.get(function, {})
    answers = {
        cast.rpc(member, function, match_id=who, **words).content
        for who in (other.id, str(uuid.uuid4()), member.id)
    }
    assert len(answers) == 1
    assert cast.rpc(member, function, match_id=other.id, **words).json() == NOT_FOUND


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("blocks", "blocked_id"),
        ("reports", "reported_id"),
        ("matches", "user_b"),
        ("match_feedback", "match_id"),
        ("blind_chat_messages", "sender_user_id"),
        ("reveals", "requested_to"),
        ("connect_profiles", "user_id"),
    ],
)
def test_no_foreign_key_tells_whether_a_person_exists(cast: Cast, table: str, column: str) -> None:
    member, other = cast.member(), cast.pair().b
    people = (other.id, str(uuid.uuid4()), member.id)
    responses = [cast.rest(member, "POST", f"/{table}", json={column: person}) for person in people]
    assert len({(response.status_code, response.content) for response in responses}) == 1
    assert responses[0].json()["code"] == "42501"


def test_nobody_sees_who_answered_first(cast: Cast) -> None:
    """What b is told is the same bytes before and after a's yes, and nothing stored about it can be read."""
    pair = cast.pair()
    before = cast.rpc(pair.b, "get_status").content
    ok(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="accept"))
    assert cast.rpc(pair.b, "get_status").content == before
    assert [event[0] for event in events(cast, pair.match_id)] == ["match.status_updated"]
    for path in ("/domain_events?select=*", "/domain_events?select=id", "/matches?select=updated_at"):
        denied(cast, pair.b, "GET", path)


def test_a_deleted_account_s_token_opens_nothing(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    cast.database.execute("delete from auth.users where id = %s", [pair.a.id])
    for function, words in (
        ("get_status", {}),
        ("read_chat", {"blind_chat_id": pair.chat_id}),
        ("get_profile", {}),
    ):
        refused(cast.rpc(pair.a, function, **words), 401, "unauthenticated")
    refused(cast.rpc(pair.a, "put_profile", display_name="Back"), 401, "unauthenticated")
    assert cast.value("select count(*) from public.users where id = %s", pair.a.id) == 0
