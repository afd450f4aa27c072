"""Charts: asked for where consent and birth data allow, stored while both still stand, the owner's alone."""

import hashlib
import json
from typing import Any

import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import denied, ok
from tests.database.runs import CHARTS, births_due, during, in_pool, load, revision, with_chart

BORN: Json = {
    "birth_date": "1988-03-27",
    "birth_time": "04:30",
    "birth_time_accuracy": "exact",
    "birth_place": "Lisbon, Portugal",
    "birth_lat": 38.7,
    "birth_lon": -9.1,
    "birth_tz": "Europe/Lisbon",
}
COLUMNS = ["id", "date", "time", "accuracy", "lat", "lon", "tz", "hash"]


def _born(cast: Cast, allowed: str = "{birthData}", **changes: Any) -> Member:
    return cast.member(signals=allowed, **BORN | changes)


def _due(cast: Cast, most: int = 20000, version: str = CHARTS) -> dict[str, Json]:
    """Births without a chart, by member."""
    columns = births_due(cast, version, most)
    assert list(columns) == [*COLUMNS, "next"]
    assert columns["id"] == sorted(columns["id"])
    rows = zip(*(columns[name] for name in COLUMNS), strict=True)
    return {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in rows}


def _chart(birth: Json, **changes: Any) -> Json:
    made = {"id": birth["id"], "hash": birth["hash"], "radix": {"sun": 6.5}, "design": {"type": "generator"}}
    return made | {"packed": [6_500_000, -1, 0]} | changes


def _store(cast: Cast, *charts: Json, version: str = CHARTS) -> Json:
    key = cast.stack.service_role_key
    return ok(cast.rpc(key, "store_birth_charts", chart_version=version, charts=list(charts)))


def _kept(cast: Cast, member: Member) -> Any:
    return cast.database.execute(
        "select radix_json, design_json, packed, input_hash, engine_version from public.birth_charts"
        " where user_id = %s",
        [member.id],
    ).fetchone()


def test_a_birth_is_told_as_the_member_told_it(cast: Cast) -> None:
    member = _born(cast)
    found = _due(cast)[member.id]
    assert len(found.pop("hash")) == 64
    assert found == {
        "id": member.id,
        "date": "1988-03-27",
        "time": "04:30:00",
        "accuracy": "exact",
        "lat": 38.7,
        "lon": -9.1,
        "tz": "Europe/Lisbon",
    }


@pytest.mark.parametrize(
    ("told", "accuracy"),
    [
        ({"birth_time_accuracy": "approximate"}, "approximate"),
        ({"birth_time": None, "birth_time_accuracy": "unknown"}, "unknown"),
        ({"birth_time": None, "birth_time_accuracy": None}, "unknown"),
    ],
)
def test_how_sure_the_time_is_is_told_too(cast: Cast, told: Json, accuracy: str) -> None:
    member = _born(cast, **told)
    assert _due(cast)[member.id]["accuracy"] == accuracy


NO_PLACE: Json = dict.fromkeys(("birth_place", "birth_lat", "birth_lon", "birth_tz"))


def test_only_who_allows_it_and_told_enough_is_asked_for(cast: Cast) -> None:
    due = _born(cast)
    paused = _born(cast)
    ok(cast.rpc(paused, "deactivate"))
    withdrawn = _born(cast)
    ok(cast.rpc(withdrawn, "put_consents", version="v1", switches={"values": True}))
    others = [
        *(_born(cast, signals) for signals in ("{}", "{values,location,feedback,aiText}")),
        _born(cast, **NO_PLACE),
        _born(cast, birth_date=None),
        cast.member(active=False, signals="{birthData}", **BORN),
        withdrawn,
        cast.stranger(),
    ]
    found = _due(cast)
    assert {due.id, paused.id} <= set(found)
    assert all(len(birth["hash"]) == 64 for birth in found.values())
    assert not {member.id for member in others} & set(found)


@pytest.mark.parametrize(("clock", "asked"), [("23:59:59.5", True), ("24:00", False)])
def test_an_hour_that_no_clock_shows_is_not_asked_for(cast: Cast, clock: str, asked: bool) -> None:
    """One such birth in a batch would cost everybody else their charts."""
    member = _born(cast, birth_time=clock)
    assert (member.id in _due(cast)) == asked


def test_a_batch_has_a_limit_and_the_next_goes_on(cast: Cast) -> None:
    """So many members are looked at, due or not; page by page everybody is."""
    members = [_born(cast) for _ in range(3)]
    everyone = _due(cast)
    for most in (2, 20_000):
        found, beyond, pages = [], None, 0
        while pages == 0 or beyond is not None:
            page = births_due(cast, CHARTS, most, beyond)
            assert len(page["id"]) <= most
            found += page["id"]
            beyond, pages = page["next"], pages + 1
        assert found == list(everyone)
        assert (pages > 1) == (most == 2)
    assert _store(cast, *map(_chart, everyone.values())) == {"stored": len(everyone), "skipped": 0}
    assert not {member.id for member in members} & set(_due(cast))


def _plan(cast: Cast, most: int = 20_000, version: str = CHARTS) -> Json:
    return ok(cast.rpc(cast.stack.service_role_key, "plan_charts", chart_version=version, most=most))


def _claim(cast: Cast, most: int = 10_000, version: str = CHARTS) -> Json:
    words: Json = {"chart_version": version, "worker": "a worker", "most": most}
    return ok(cast.rpc(cast.stack.service_role_key, "claim_births", **words))


def _tasks(cast: Cast, member: Member) -> list[Json]:
    rows = cast.database.execute(
        "select to_jsonb(t) from private.tasks t where t.user_id = %s and t.kind = 'charts'", [member.id]
    )
    return [row for (row,) in rows]


def test_each_chart_that_is_due_is_a_task(cast: Cast) -> None:
    due, other = _born(cast), _born(cast, "{values}")
    assert _plan(cast)["put"] >= 1
    [task] = _tasks(cast, due)
    assert (task["key"], task["signal"], task["payload"]) == (due.id, "birthData", {"version": CHARTS})
    assert _tasks(cast, other) == []
    claimed = _claim(cast)
    assert due.id in {claim["user"] for claim in claimed["claimed"]} & set(claimed["births"]["id"])
    assert due.id not in {claim["user"] for claim in _claim(cast)["claimed"]}
    for most in (0, -5):
        assert _plan(cast, most)["next"] is not None


def test_a_task_brings_no_birth_that_is_not_due_any_more(cast: Cast) -> None:
    member = _born(cast)
    _plan(cast)
    _store(cast, _chart(_due(cast)[member.id]))
    claimed = _claim(cast)
    assert member.id in {claim["user"] for claim in claimed["claimed"]}
    assert member.id not in claimed["births"]["id"]


def test_a_chart_is_stored_and_not_asked_for_again(cast: Cast) -> None:
    member = _born(cast)
    birth = _due(cast)[member.id]
    before = revision(cast, member)
    assert _store(cast, _chart(birth)) == {"stored": 1, "skipped": 0}
    assert _kept(cast, member) == (
        {"sun": 6.5},
        {"type": "generator"},
        [6_500_000, -1, 0],
        birth["hash"],
        CHARTS,
    )
    assert revision(cast, member) > before
    assert member.id not in _due(cast)
    assert in_pool(load(cast), member)["chart"] == [6_500_000, -1, 0]


def test_another_version_is_due_again_and_replaces_the_chart(cast: Cast) -> None:
    member = _born(cast)
    _store(cast, _chart(_due(cast)[member.id]))
    birth = _due(cast, version="charts-2")[member.id]
    assert _store(cast, _chart(birth, packed=[5]), version="charts-2")["stored"] == 1
    assert _kept(cast, member)[2:] == ([5], birth["hash"], "charts-2")
    assert member.id not in _due(cast, version="charts-2")


def _new_birth(cast: Cast, member: Member) -> None:
    cast.database.execute("update public.users set birth_time = '04:31' where id = %s", [member.id])


def _new_birth_and_back(cast: Cast, member: Member) -> None:
    _new_birth(cast, member)
    cast.database.execute("update public.users set birth_time = '04:30' where id = %s", [member.id])


def _withdrew(cast: Cast, member: Member) -> None:
    ok(cast.rpc(member, "put_consents", version="v1", switches={"values": True}))


def _erased(cast: Cast, member: Member) -> None:
    cast.database.execute("delete from auth.users where id = %s", [member.id])


@pytest.mark.parametrize(
    ("meanwhile", "stored"),
    [(_new_birth, 0), (_withdrew, 0), (_erased, 0), (_new_birth_and_back, 1)],
    ids=lambda value: getattr(value, "__name__", str(value)).strip("_"),
)
def test_what_happened_while_it_was_computed_is_respected(cast: Cast, meanwhile: Any, stored: int) -> None:
    member, other = _born(cast), _born(cast)
    found = _due(cast)
    charts = [_chart(found[one.id]) for one in (member, other)]
    meanwhile(cast, member)
    assert _store(cast, *charts) == {"stored": 1 + stored, "skipped": 1 - stored}
    assert (_kept(cast, member) is not None, _kept(cast, other) is not None) == (bool(stored), True)


def test_a_withdrawal_at_the_same_instant_is_waited_for(cast: Cast) -> None:
    member = _born(cast)
    chart = _chart(_due(cast)[member.id])
    claims = json.dumps({"sub": member.id, "role": "authenticated", "aud": "authenticated"})
    _, answer, waited = during(
        cast,
        lambda: _store(cast, chart),
        "select public.put_consents('v1', '{}') from set_config('request.jwt.claims', %s, true)",
        claims,
    )
    assert (answer, waited) == ({"stored": 0, "skipped": 1}, True)
    assert _kept(cast, member) is None


@pytest.mark.parametrize(
    "change",
    [
        "birth_date = '1988-03-28'",
        "birth_time = '04:31'",
        "birth_time_accuracy = 'approximate'",
        "birth_time = null, birth_time_accuracy = 'unknown'",
        "birth_lat = 38.8",
        "birth_lon = -9.2",
        "birth_tz = 'Europe/Madrid'",
        "birth_place = null, birth_lat = null, birth_lon = null, birth_tz = null",
    ],
)
def test_a_chart_does_not_outlive_its_birth_data(cast: Cast, change: str) -> None:
    member, other = _born(cast), _born(cast)
    with_chart(cast, member, [1])
    with_chart(cast, other, [1])
    before = revision(cast, member)
    cast.database.execute(f"update public.users set {change} where id = %s", [member.id])
    assert _kept(cast, member) is None
    assert revision(cast, member) > before
    assert _kept(cast, other)
    hash_of = "select private.birth_hash(u) from public.users u where u.id = %s"
    assert cast.value(hash_of, member.id) != cast.value(hash_of, other.id)
    assert (member.id in _due(cast)) == ("birth_lat = null" not in change)


@pytest.mark.parametrize("change", ["display_name = 'Other'", "birth_place = 'Lisboa'", "tz = 'Europe/Rome'"])
def test_anything_else_about_a_member_leaves_their_chart(cast: Cast, change: str) -> None:
    member = _born(cast)
    with_chart(cast, member, [1])
    cast.database.execute(f"update public.users set {change} where id = %s", [member.id])
    assert _kept(cast, member)


def test_replacing_the_profile_through_the_api_takes_the_chart(cast: Cast) -> None:
    member = _born(cast)
    with_chart(cast, member, [1])
    profile = {**BORN, "display_name": member.name, "gender": "female", "lang_primary": "en"}
    ok(cast.rpc(member, "put_profile", **profile, tz="Europe/Berlin"))
    assert _kept(cast, member)
    ok(cast.rpc(member, "put_profile", **profile | {"birth_lat": 38.75}, tz="Europe/Berlin"))
    assert _kept(cast, member) is None


def test_withdrawal_and_erasure_take_the_chart(cast: Cast) -> None:
    withdrawn, erased, other = (_born(cast, "{birthData,values}") for _ in range(3))
    for member in (withdrawn, erased, other):
        with_chart(cast, member, [1])
    ok(cast.rpc(withdrawn, "put_consents", version="v1", switches={"values": True}))
    ok(cast.rpc(other, "put_consents", version="v1", switches={"birthData": True}))
    _erased(cast, erased)
    assert [bool(_kept(cast, member)) for member in (withdrawn, erased, other)] == [False, False, True]


def test_the_owner_alone_reads_it_and_never_what_the_engine_reads(cast: Cast) -> None:
    pair = cast.pair("revealed", a=_born(cast), b=_born(cast))
    for member in (pair.a, pair.b):
        _store(cast, _chart(_due(cast)[member.id], radix={"owner": member.id}))
    told = "/birth_charts?select=radix_json,design_json,computed_at"
    for member in (pair.a, pair.b):
        [chart] = cast.rest(member, "GET", told).json()
        assert chart["radix_json"] == {"owner": member.id}
        for column in ("packed", "input_hash", "user_id", "engine_version", "*"):
            denied(cast, member, "GET", f"/birth_charts?select={column}")
    assert cast.rest(cast.member(), "GET", told).json() == []
    denied(cast, None, "GET", told)


def test_the_hash_is_of_the_birth_data_and_nothing_else(cast: Cast) -> None:
    """Equal births have equal hashes, so it tells nothing of who it is."""
    one, other = _born(cast), _born(cast, display_name="Other", gender="male")
    hash_of = "select private.birth_hash(u) from public.users u where u.id = %s"
    assert cast.value(hash_of, one.id) == cast.value(hash_of, other.id)
    said = '["1988-03-27", "04:30:00", "exact", 38.7, -9.1, "Europe/Lisbon"]'
    assert cast.value(hash_of, one.id) == hashlib.sha256(said.encode()).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [
        {"packed": []},
        {"packed": None},
        {"packed": [1, None]},
        {"packed": [[1, 2], [3, 4]]},
        {"packed": [1.5]},
        {"packed": [2**31]},
        {"packed": list(range(1001))},
        {"radix": []},
        {"radix": None},
        {"design": "generator"},
    ],
    ids=lambda changes: str(changes)[:30],
)
def test_a_chart_in_nonsense_is_refused_and_the_old_one_stays(cast: Cast, changes: Json) -> None:
    member = _born(cast)
    chart = _chart(_due(cast)[member.id])
    _store(cast, chart)
    kept = _kept(cast, member)
    key = cast.stack.service_role_key
    answer = cast.rpc(key, "store_birth_charts", chart_version=CHARTS, charts=[chart | changes])
    assert answer.status_code == 400
    assert _kept(cast, member) == kept


@pytest.mark.parametrize("version", ["", "with space", None, "v" * 65])
def test_a_version_in_nonsense_is_refused(cast: Cast, version: str | None) -> None:
    member = _born(cast)
    chart = _chart(_due(cast)[member.id])
    key = cast.stack.service_role_key
    assert cast.rpc(key, "store_birth_charts", chart_version=version, charts=[chart]).status_code == 400
    assert _kept(cast, member) is None
