"""Time zones in the database: one name for each, whoever writes the row."""

import pytest

from scripts.tools.names.zone_names import POLICY
from shared.places.zones import known_names, zone_of
from tests.cast import Cast, Member
from tests.database.answers import ok, refused
from tests.database.member.test_profile import WHOLE

NO_ZONES = [
    "",
    "Mars/Olympus",
    "europe/berlin",
    "Factory",
    "Etc/Unknown",
    "abc5",
    "+02:00",
    "EST",
    "Europe/Berlin ",
]


def test_sql_and_python_know_the_same_names(cast: Cast) -> None:
    names = [*known_names(), *NO_ZONES]
    rows = cast.database.execute(
        "select n, private.zone_of(n) from unnest(%s::text[]) as n", [names]
    ).fetchall()
    assert dict(rows) == {name: zone_of(name) for name in names}


def test_every_known_name_is_taken_and_stored_under_the_one_of_its_zone(cast: Cast) -> None:
    """The table's own shape would refuse a name that the function lets through."""
    member = cast.member(active=False)
    with cast.database.transaction(force_rollback=True):
        for name, zone in known_names().items():
            stored = cast.database.execute(
                "update public.users set tz = %(name)s where id = %(member)s returning tz",
                {"name": name, "member": member.id},
            ).fetchone()
            assert stored == (zone,)


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("CET", "CET"),
        ("EST5EDT", "EST5EDT"),
        ("Europe/Oslo", "Europe/Oslo"),
    ],
)
def test_a_member_is_told_the_name_that_is_stored(cast: Cast, told: str, stored: str) -> None:
    member = cast.member(active=False)
    answer = ok(cast.rpc(member, "put_profile", **(WHOLE | {"tz": told, "birth_tz": told})))
    assert (answer["profile"]["tz"], answer["profile"]["birthTz"]) == (stored, stored)


@pytest.mark.parametrize("column", ["tz", "birth_tz"])
def test_the_service_writes_the_same_names_and_no_others(cast: Cast, column: str) -> None:
    member = cast.member(birth_place="Kyiv, UA", birth_lat=50.45, birth_lon=30.52, birth_tz="Europe/Kyiv")
    path, key = f"/users?id=eq.{member.id}", cast.stack.service_role_key
    assert cast.rest(key, "PATCH", path, json={column: "Europe/Kiev"}).status_code == 204
    row = f"select {column} from public.users where id = %s"
    assert cast.value(row, member.id) == "Europe/Kyiv"
    answer = cast.rest(key, "PATCH", path, json={column: "Mars/Olympus"})
    assert (answer.status_code, answer.json()["code"]) == (400, "23514")
    assert cast.value(row, member.id) == "Europe/Kyiv"


def test_a_name_that_is_no_zone_is_refused_by_field(cast: Cast) -> None:
    member = cast.member(active=False)
    for changes, field in (({"tz": "Factory"}, "tz"), ({"birth_tz": "Factory"}, "birthTz")):
        assert refused(cast.rpc(member, "put_profile", **(WHOLE | changes)), 422, "invalid_body").startswith(
            field
        )


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("Asia/Calcutta", "Asia/Kolkata", True),
        ("US/Pacific", "America/Los_Angeles", True),
        ("UTC", "Etc/UTC", True),
        ("CET", "CET", True),
        ("CET", "Europe/Brussels", False),
        ("Europe/Oslo", "Europe/Berlin", False),
    ],
)
def test_two_browsers_of_one_city_are_near_each_other(cast: Cast, one: str, other: str, near: bool) -> None:
    asking, asked = cast.member(tz=one), cast.member(tz=other)
    cast.database.execute(
        "update public.connect_profiles set distance_km = 25 where user_id = %s", [asking.id]
    )
    assert (asked.id in _candidates(cast, asking)) == near
    assert (asking.id in _candidates(cast, asked)) == near


def test_a_renaming_that_a_release_brings_reaches_the_rows_that_are_there(cast: Cast) -> None:
    member = cast.member()
    with cast.database.transaction(force_rollback=True):
        cast.database.execute("alter table public.users disable trigger user_named")
        cast.database.execute("update public.users set tz = 'Europe/Kiev' where id = %s", [member.id])
        cast.database.execute("alter table public.users enable trigger user_named")
        cast.database.execute(POLICY.read_text())
        assert cast.value("select tz from public.users where id = %s", member.id) == "Europe/Kyiv"


def _candidates(cast: Cast, member: Member) -> set[str]:
    cast.database.execute("select private.refresh_pool_members(null, 'charts-1')")
    found = cast.value("select candidates from private.candidates_of(array[%s::uuid], null, 5000)", member.id)
    return set(map(str, found or []))
