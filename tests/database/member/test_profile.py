"""One's own data: replaced whole, checked by the table, and a home that moves twice a day at most."""

import datetime
from typing import Any

import httpx
import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import ok, refused

WHOLE: Json = {
    "display_name": "Ada",
    "birth_date": "1990-05-17",
    "birth_time": "04:30:00",
    "birth_time_accuracy": "exact",
    "birth_place": "Berlin, Germany",
    "birth_lat": 52.52,
    "birth_lon": 13.4,
    "birth_tz": "Europe/Berlin",
    "gender": "non_binary",
    "lang_primary": "de",
    "lang_secondary": "en",
    "tz": "Europe/Berlin",
    "home_place": "Berlin, Germany",
    "home_cell": "1425.1155",
}
PLACES = [
    ("Berlin, Germany", "1425.1155"),
    ("Hamburg, Germany", "1435.1115"),
    ("Munich, Germany", "1381.1275"),
    ("Cologne, Germany", "1409.1187"),
]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _row(cast: Cast, member: Member) -> Any:
    return cast.database.execute("select * from public.users where id = %s", [member.id]).fetchone()


def _move(cast: Cast, member: Member, place: int, **changes: Any) -> httpx.Response:
    name, cell = PLACES[place]
    return cast.rpc(member, "put_profile", **(WHOLE | {"home_place": name, "home_cell": cell} | changes))


def test_a_name_that_no_message_could_say_is_refused(cast: Cast) -> None:
    member = cast.stranger()
    refused(
        cast.call(member, "PUT", "/connect/profile", {"displayName": "Kill yourself"}), 422, "invalid_body"
    )
    assert _row(cast, member) is None
    with cast.settings(message_risk_refused=100):
        answer = cast.call(member, "PUT", "/connect/profile", {"displayName": "Kill yourself"})
    assert answer.status_code == 200, answer.text


def test_a_profile_comes_back_as_it_was_put_and_belongs_to_its_owner(cast: Cast) -> None:
    member = cast.member(active=False, signals="{location}")
    answer = ok(cast.rpc(member, "put_profile", **WHOLE))["profile"]
    assert answer == ok(cast.rpc(member, "get_profile"))["profile"]
    assert {name: answer[name] for name in map(_camel, WHOLE)} == {
        _camel(name): value for name, value in WHOLE.items()
    }
    assert set(answer) == {*map(_camel, WHOLE), "id", "createdAt"}
    assert answer["id"] == member.id


def test_somebody_new_has_a_profile_of_nulls(cast: Cast) -> None:
    stranger = cast.stranger()
    profile = ok(cast.rpc(stranger, "get_profile"))["profile"]
    assert profile.pop("id") == stranger.id
    assert set(profile.values()) == {None}


def test_what_is_not_named_is_gone(cast: Cast) -> None:
    member = cast.member(active=False)
    ok(cast.rpc(member, "put_profile", **WHOLE))
    profile = ok(cast.rpc(member, "put_profile", display_name="Ada"))["profile"]
    kept = {name for name, value in profile.items() if value is not None}
    assert kept == {"id", "createdAt", "displayName"}


def test_an_activated_profile_keeps_what_matching_needs(cast: Cast) -> None:
    member = cast.member()
    before = _row(cast, member)
    for name in ("display_name", "birth_date", "gender", "lang_primary", "tz"):
        refused(cast.rpc(member, "put_profile", **(WHOLE | {name: None})), 409, "profile_incomplete")
    assert _row(cast, member) == before


def _years_ago(years: int, days: int = 0) -> str:
    today = datetime.datetime.now(datetime.UTC).date()
    return (today.replace(year=today.year - years) + datetime.timedelta(days)).isoformat()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"birth_date": _years_ago(18, 1)}, "birthDate"),
        ({"birth_date": _years_ago(10)}, "birthDate"),
        ({"birth_date": "2999-01-01"}, "birthDate"),
        ({"birth_date": "1899-12-31"}, "birthDate"),
        ({"display_name": ""}, "displayName"),
        ({"display_name": "x" * 81}, "displayName"),
        ({"display_name": "a\u0007b"}, "displayName"),
        ({"birth_time": None}, "birthTime"),
        ({"birth_time_accuracy": "unknown"}, "birthTime"),
        ({"birth_lat": None}, "birthPlace"),
        ({"birth_lat": 90.1}, ""),
        ({"birth_lon": -180.1}, ""),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"birth_tz": "abc5"}, "birthTz"),
        ({"gender": "robot"}, "gender: one of female, male, non_binary, not_said."),
        ({"gender": ""}, "gender: one of female, male, non_binary, not_said."),
        ({"lang_primary": "german"}, "langPrimary"),
        ({"lang_secondary": "de"}, "langSecondary"),
        ({"home_place": "x" * 121}, "homePlace"),
        ({"home_cell": "1800.0"}, "homeCell"),
        ({"home_cell": "900.3600"}, "homeCell"),
        ({"home_cell": "52.52,13.40"}, "homeCell"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_values_that_make_no_sense_change_nothing(cast: Cast, changes: Json, named: str) -> None:
    member = cast.member(active=False, signals="{location}")
    before = _row(cast, member)
    detail = refused(cast.rpc(member, "put_profile", **(WHOLE | changes)), 422, "invalid_body")
    assert detail.startswith(named)
    assert _row(cast, member) == before


def test_eighteen_today_is_old_enough(cast: Cast) -> None:
    member = cast.member(active=False)
    ok(cast.rpc(member, "put_profile", **(WHOLE | {"birth_date": _years_ago(18)})))


@pytest.mark.parametrize(
    ("zone", "from_hour"),
    [
        ("America/Los_Angeles", 8),
        ("US/Pacific", 8),
        ("Etc/GMT+12", 12),
        ("Europe/Berlin", 0),
        ("Pacific/Kiritimati", 0),
        (None, 0),
    ],
)
def test_eighteen_is_who_is_eighteen_in_greenwich_and_at_home(
    cast: Cast, zone: str | None, from_hour: int
) -> None:
    """Born on 21 November 2008: hours of 21 November 2026 in UTC."""
    rows = cast.database.execute(
        "select h, private.is_adult('2008-11-21', %s,"
        " '2026-11-21T00:00Z'::timestamptz + make_interval(hours => h))"
        " from generate_series(-14, 23) h",
        [zone],
    ).fetchall()
    assert dict(rows) == {hour: hour >= from_hour for hour in range(-14, 24)}


def test_a_leap_days_child_is_eighteen_on_the_first_of_march(cast: Cast) -> None:
    asked = "select private.is_adult('2008-02-29', 'America/New_York', %s)"
    assert [cast.value(asked, f"2026-{at}:00Z") for at in ("02-28T23:00", "03-01T04:59", "03-01T05:00")] == [
        False,
        False,
        True,
    ]


def test_whoever_writes_the_row_waits_for_the_birthday_at_home(cast: Cast) -> None:
    """Somewhere it is still yesterday for half of each day in Greenwich, and tomorrow for the other half."""
    member, key = cast.member(active=False), cast.stack.service_role_key
    now = datetime.datetime.now(datetime.UTC)
    zone, days = ("Etc/GMT+12", 0) if now.hour < 12 else ("Pacific/Kiritimati", 1)
    told = {"birth_date": _years_ago(18, days), "tz": zone}
    if (now + datetime.timedelta(minutes=2)).hour // 12 != now.hour // 12:
        pytest.skip("the day is about to change")
    detail = refused(cast.rpc(member, "put_profile", **(WHOLE | told)), 422, "invalid_body")
    assert detail.startswith("birthDate")
    answer = cast.rest(key, "PATCH", f"/users?id=eq.{member.id}", json=told)
    assert (answer.status_code, answer.json()["code"]) == (400, "23514")


def test_no_age_gets_past_the_table_itself(cast: Cast) -> None:
    member = cast.member()
    answer = cast.rest(
        cast.stack.service_role_key, "PATCH", f"/users?id=eq.{member.id}", json={"birth_date": _years_ago(17)}
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "23514"


def test_no_cell_is_kept_while_location_is_off(cast: Cast) -> None:
    member = cast.member(active=False)
    profile = ok(cast.rpc(member, "put_profile", **WHOLE))["profile"]
    assert (profile["homePlace"], profile["homeCell"]) == ("Berlin, Germany", None)


def test_a_third_move_in_a_day_refuses_the_whole_put(cast: Cast) -> None:
    member = cast.member(active=False, signals="{location}")
    for place in (0, 1, 2):  # the first setting is free
        ok(_move(cast, member, place))
    before = _row(cast, member)
    for display_name in ("Ada", "Another"):
        answer = _move(cast, member, 3, display_name=display_name)
        assert "homePlace" in refused(answer, 429, "rate_limited")
        assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400
    assert _row(cast, member) == before
    ok(_move(cast, member, 2, display_name="Another"))  # everything else may change
    refused(_move(cast, member, 0), 429, "rate_limited")  # going back is a move too


def test_unchanged_places_are_no_moves(cast: Cast) -> None:
    member = cast.member(active=False, signals="{location}")
    for _ in range(5):
        ok(_move(cast, member, 0))
    for place in (1, 1, 2, 2):
        ok(_move(cast, member, place))


def test_leaving_the_place_out_and_coming_back_does_not_reset_the_count(cast: Cast) -> None:
    member = cast.member(active=False, signals="{location}")
    for place in (0, 1, 2):
        ok(_move(cast, member, place))
        ok(cast.rpc(member, "put_profile", **(WHOLE | {"home_place": None, "home_cell": None})))
    refused(_move(cast, member, 3), 429, "rate_limited")


def test_a_day_later_one_may_move_again(cast: Cast) -> None:
    member = cast.member(active=False, signals="{location}")
    for place in (0, 1, 2):
        ok(_move(cast, member, place))
    cast.database.execute(
        "update private.place_changes set changed_at = changed_at - interval '23 hours' where user_id = %s",
        [member.id],
    )
    answer = _move(cast, member, 3)
    refused(answer, 429, "rate_limited")
    assert 3000 < int(answer.headers["Retry-After"]) <= 3600
    cast.database.execute(
        "update private.place_changes set changed_at = changed_at - interval '1 hour' where user_id = %s",
        [member.id],
    )
    ok(_move(cast, member, 3))


def test_toggling_the_location_switch_is_no_move(cast: Cast) -> None:
    member = cast.member(active=False, signals="{location}")
    for place in (0, 1, 2):
        ok(_move(cast, member, place))
    for _ in range(4):
        ok(cast.rpc(member, "put_consents", version="v1", switches={}))
        ok(_allow(cast, member, *PLACES[2]))
    assert ok(cast.rpc(member, "get_profile"))["profile"]["homeCell"] == PLACES[2][1]


def test_a_cell_set_directly_counts_as_a_move(cast: Cast) -> None:
    """Whoever calls put_consents around the functions, with cells of their own, finds the same limit."""
    member = cast.member(active=False, signals="{location}")
    ok(_move(cast, member, 0))
    for place in (1, 2, 3):
        ok(cast.rpc(member, "put_consents", version="v1", switches={}))
        answer = _allow(cast, member, PLACES[0][0], PLACES[place][1])
    refused(answer, 429, "rate_limited")
    assert int(answer.headers["Retry-After"]) > 0
    assert ok(cast.rpc(member, "get_profile"))["profile"]["homeCell"] is None
    refused(_allow(cast, member, PLACES[0][0], "9999.1"), 422, "invalid_body")


def test_a_cell_of_another_place_is_not_taken(cast: Cast) -> None:
    """The place may have changed since its cell was looked up."""
    member = cast.member(active=False)
    ok(_move(cast, member, 0))
    ok(_allow(cast, member, *PLACES[1]))
    assert ok(cast.rpc(member, "get_profile"))["profile"]["homeCell"] is None
    ok(_allow(cast, member, *PLACES[0]))
    assert ok(cast.rpc(member, "get_profile"))["profile"]["homeCell"] == PLACES[0][1]


def _allow(cast: Cast, member: Member, place: str, cell: str) -> httpx.Response:
    """Location allowed, with the cell of a place."""
    words = {"version": "v1", "switches": {"location": True}}
    return cast.rpc(member, "put_consents", **words, home_place=place, home_cell=cell)
