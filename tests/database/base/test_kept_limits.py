"""Limits belong to the account: whoever erases themself and comes back finds them where they were."""

from typing import Any

import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import ok, refused
from tests.database.runs import offer, store

pytestmark = pytest.mark.one_world

PROFILE: Json = {
    **{"display_name": "Somebody", "birth_date": "1990-05-17", "gender": "female"},
    **{"lang_primary": "en", "tz": "Europe/Berlin"},
}


def _erase(cast: Cast, member: Member) -> None:
    code = ok(cast.rpc(member, "erase_member"))["code"]
    assert ok(cast.rpc(member, "erase_member", code=code)) == {"status": "erased"}


def _home(cast: Cast, member: Member, place: str) -> Any:
    return cast.rpc(member, "put_profile", **PROFILE, home_place=place)


def _kept(cast: Cast) -> int:
    return int(cast.value("select count(*) from private.kept_limits"))


@pytest.fixture(autouse=True)
def _nothing_is_kept_of_others(cast: Cast) -> None:
    cast.database.execute("delete from private.kept_limits")


@pytest.mark.parametrize(
    ("limit", "function", "words"),
    [
        ("reads_per_minute", "get_status", {}),
        ("writes_per_minute", "deactivate", {}),
        ("wrong_ids_per_10_minutes", "join_event", {"event_code": "no-such-event"}),
    ],
)
def test_a_count_of_calls_survives_an_erasure(cast: Cast, limit: str, function: str, words: Json) -> None:
    member = cast.member()
    with cast.settings(**{limit: 8}):
        answers = []
        for _ in range(3):
            answers += [cast.rpc(member, function, **words).status_code for _ in range(3)]
            _erase_whatever_is_left(cast, member)
        assert 429 not in answers[:7]
        assert answers[-1] == 429


def _erase_whatever_is_left(cast: Cast, member: Member) -> None:
    """Past the counters, as an operator would; the member's own calls are what is counted here."""
    cast.database.execute("insert into public.users (id) values (%s) on conflict do nothing", [member.id])
    cast.database.execute("delete from public.users where id = %s", [member.id])


def test_guessing_codes_is_no_more_possible_with_erasures_in_between(cast: Cast) -> None:
    """Two hundred and twenty guesses once went through so, without a refusal."""
    member = cast.stranger()
    found = []
    with cast.settings(wrong_ids_per_10_minutes=60):
        for guess in range(70):
            found.append(cast.rpc(member, "join_event", event_code=f"guess-{guess:03}").status_code)
            if guess % 20 == 0:
                _erase_whatever_is_left(cast, member)
    assert found.count(404) == 60
    assert set(found[60:]) == {429}


def test_moves_of_home_survive_an_erasure(cast: Cast) -> None:
    member = cast.stranger()
    places = iter(["Berlin", "Paris", "Rome", "Vienna", "Madrid", "Lisbon", "Oslo", "Prague"])
    moved = 0
    for _ in range(4):
        for _ in range(2):
            if _home(cast, member, next(places)).status_code == 200:
                moved += 1
        _erase_whatever_is_left(cast, member)
    # The first home is free, two moves are allowed; whoever comes back has had their first home.
    assert moved == 2
    refused(_home(cast, member, "Athens"), 429, "rate_limited")
    # What was refused has left nothing behind, and where they lived is nowhere.
    assert cast.value("select count(*) from public.users where id = %s", member.id) == 0
    cast.database.execute("update private.kept_limits set until = now() - interval '1 second'")
    ok(_home(cast, member, "Athens"))


def test_moves_of_one_instant_are_as_many_after_an_erasure(cast: Cast) -> None:
    """As a backend makes them that writes many rows in a transaction."""
    member = cast.member()
    cast.database.execute(
        "insert into private.place_changes (user_id, place_digest, first_setting)"
        " select %s, 'x', false from generate_series(1, 2)",
        [member.id],
    )
    _erase(cast, member)
    refused(_home(cast, member, "Athens"), 429, "rate_limited")


def test_a_refusal_says_when_it_is_over(cast: Cast) -> None:
    member = cast.stranger()
    for place in ("Berlin", "Paris", "Rome"):
        ok(_home(cast, member, place))
    _erase_whatever_is_left(cast, member)
    answer = _home(cast, member, "Vienna")
    refused(answer, 429, "rate_limited")
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400


def test_who_comes_back_is_a_newcomer_for_the_rest_of_their_time(cast: Cast) -> None:
    member = cast.member(joined="47 hours")
    assert cast.free_slots(member) == 4
    _erase(cast, member)
    _come_back(cast, member)
    assert cast.free_slots(member) == 4
    joined = "select now() - created_at > interval '46 hours' from public.users where id = %s"
    assert cast.value(joined, member.id) is True


def test_who_had_met_somebody_is_no_newcomer_again(cast: Cast) -> None:
    member = cast.member(joined="49 hours")
    assert store(cast, [offer(cast, member, cast.member())]) == {"stored": 1}
    _erase(cast, member)
    _come_back(cast, member)
    assert cast.free_slots(member) == 3


def _come_back(cast: Cast, member: Member) -> None:
    ok(cast.rpc(member, "put_profile", **PROFILE))
    ok(cast.rpc(member, "activate", mode="both", consent_version="v1"))


def test_coming_back_waits_after_a_second_erasure_and_erasing_never_does(cast: Cast) -> None:
    member = cast.member()
    _erase(cast, member)
    _come_back(cast, member)
    for _ in range(3):
        _erase(cast, member)
        ok(cast.rpc(member, "put_profile", **PROFILE))
        answer = cast.rpc(member, "activate", mode="both", consent_version="v1")
        refused(answer, 429, "rate_limited")
        assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400
    cast.database.execute("update private.kept_limits set until = until - interval '24 hours'")
    _come_back(cast, member)
    # A day later it is a first erasure again.
    _erase(cast, member)
    _come_back(cast, member)


def test_what_is_kept_names_nobody_and_goes(cast: Cast) -> None:
    member = cast.member(joined="1 hour")
    _home(cast, member, "Berlin")
    _erase(cast, member)
    rows = cast.database.execute("select to_jsonb(k)::text from private.kept_limits k").fetchall()
    assert len(rows) >= 3
    for (row,) in rows:
        assert member.id not in row
        assert "Berlin" not in row
    cast.database.execute("update private.kept_limits set until = now()")
    cast.database.execute("select private.purge()")
    assert _kept(cast) == 0


def test_an_account_that_goes_altogether_leaves_no_limits(cast: Cast) -> None:
    member = cast.member(joined="1 hour")
    ok(cast.rpc(member, "get_status"))
    cast.database.execute("delete from auth.users where id = %s", [member.id])
    assert _kept(cast) == 0
