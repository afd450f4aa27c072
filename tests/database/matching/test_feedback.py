"""Feedback: one opinion per member and match, from the open chat to 90 days after the end."""

import uuid
from typing import Any

import pytest

from tests.cast import Cast, Json, Pair
from tests.database.answers import events, not_found, ok, refused

COLUMNS = "match_id,rating,fit_score,safety_score,communication_score"
FULL: Json = {
    "rating": 4,
    "fit_score": 78,
    "safety_score": 90.5,
    "communication_score": 0,
    "reasons": ["shared_values", "timing"],
    "notes": "Felt respectful and aligned.",
}


def _opinions(cast: Cast, pair: Pair) -> Any:
    """Side a's own, as their row and, for what is text, their export tell it."""
    asked = f"/match_feedback?select={COLUMNS}&match_id=eq.{pair.match_id}"
    rows = cast.rest(pair.a, "GET", asked).json()
    told = {one["matchId"]: one for one in ok(cast.rpc(pair.a, "export_member"))["feedback"]}
    return [row | {name: told[row["match_id"]][name] for name in ("reasons", "notes")} for row in rows]


def test_an_opinion_is_kept_whole_and_read_by_its_author_alone(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    assert ok(cast.rpc(pair.a, "give_feedback", match_id=pair.match_id, **FULL)) == {}
    assert _opinions(cast, pair) == [{"match_id": pair.match_id} | FULL]
    assert cast.rest(pair.b, "GET", f"/match_feedback?select={COLUMNS}").json() == []
    assert events(cast, pair.match_id)[-1] == ("feedback.given", pair.a.id, None)


def test_a_second_opinion_replaces_the_first(cast: Cast) -> None:
    pair = cast.pair("revealed")
    ok(cast.rpc(pair.a, "give_feedback", match_id=pair.match_id, **FULL))
    ok(cast.rpc(pair.a, "give_feedback", match_id=pair.match_id, rating=1))
    [opinion] = _opinions(cast, pair)
    assert opinion == {
        **dict.fromkeys([*COLUMNS.split(","), "notes"]),
        "match_id": pair.match_id,
        "rating": 1,
        "reasons": [],
    }


def test_both_have_an_opinion_of_their_own(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    for member, rating in ((pair.a, 5), (pair.b, 2)):
        ok(cast.rpc(member, "give_feedback", match_id=pair.match_id, rating=rating))
    assert [opinion["rating"] for opinion in _opinions(cast, pair)] == [5]


@pytest.mark.parametrize("state", ["proposed", "accepted_a", "declined", "expired"])
def test_there_is_no_opinion_of_a_match_whose_chat_never_opened(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    for member in (pair.a, pair.b):
        refused(cast.rpc(member, "give_feedback", match_id=pair.match_id, rating=3), 409, "match_not_open")


def test_feedback_works_for_90_days_after_the_end(cast: Cast) -> None:
    pair = cast.pair("closed")
    for member in (pair.a, pair.b):
        ok(cast.rpc(member, "give_feedback", match_id=pair.match_id, rating=3))
    cast.database.execute(
        "update public.matches set chat_ends_at = now() - interval '89 days',"
        " left_a_at = now() - interval '89 days'"
        " where id = %s",
        [pair.match_id],
    )
    ok(cast.rpc(pair.a, "give_feedback", match_id=pair.match_id, rating=4))
    ok(cast.rpc(pair.b, "give_feedback", match_id=pair.match_id, rating=4))
    cast.let_end(pair, "90 days")
    for member in (pair.a, pair.b):
        not_found(cast.rpc(member, "give_feedback", match_id=pair.match_id, rating=5))
    assert [opinion["rating"] for opinion in _opinions(cast, pair)] == [4]


def test_absent_and_foreign_matches_answer_the_same(cast: Cast) -> None:
    pair, other = cast.pair("blind_chat_active"), cast.pair("blind_chat_active")
    for caller in (other.a, cast.stranger()):
        for match_id in (pair.match_id, str(uuid.uuid4()), pair.chat_id):
            not_found(cast.rpc(caller, "give_feedback", match_id=match_id, rating=3))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 70000}, ""),
        ({"rating": None}, ""),
        ({"fit_score": -1}, "fitScore"),
        ({"fit_score": 100.01}, "fitScore"),
        ({"safety_score": 101}, "safetyScore"),
        ({"safety_score": 1e9}, ""),
        ({"communication_score": -0.5}, "communicationScore"),
        ({"fit_score": "NaN"}, ""),
        ({"reasons": ["Not A Tag"]}, "reasons"),
        ({"reasons": [f"tag_{letter}" for letter in "abcdefghijk"]}, "reasons"),
        ({"reasons": [None]}, "reasons"),
        ({"notes": ""}, "notes"),
        ({"notes": "x" * 1001}, "notes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_values_out_of_range_are_refused_and_change_nothing(cast: Cast, changes: Json, named: str) -> None:
    pair = cast.pair("blind_chat_active")
    ok(cast.rpc(pair.a, "give_feedback", match_id=pair.match_id, **FULL))
    before = _opinions(cast, pair)
    detail = refused(
        cast.rpc(pair.a, "give_feedback", match_id=pair.match_id, **(FULL | changes)), 422, "invalid_body"
    )
    assert detail.startswith(named)
    assert _opinions(cast, pair) == before
