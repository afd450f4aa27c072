"""What a load keeps: one row per change of a member, and nothing that somebody has taken back meanwhile."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.cast import Cast, Json, Member
from tests.database.answers import ok
from tests.database.runs import (
    VECTOR,
    begin,
    claim,
    during,
    have_met,
    history,
    in_pool,
    load,
    load_again,
    loaded,
    of,
    offer,
    prices,
    sequence,
    store,
    with_chart,
)

pytestmark = pytest.mark.one_world


def _rows(cast: Cast) -> int:
    return int(cast.value("select count(*) from private.pool_history"))


def test_a_second_load_keeps_nothing_new(cast: Cast) -> None:
    members = [cast.member(), cast.member(signals="{birthData}")]
    with_chart(cast, members[1], [1, 2, 3])
    first = load(cast)
    kept = _rows(cast)
    second = load(cast)
    assert _rows(cast) == kept
    assert [history(cast, member) for member in members] == [[(sequence(cast, first), None)]] * 2
    assert second["pool"] == first["pool"]
    assert second["inputHash"] == first["inputHash"]


def _preference(cast: Cast, member: Member) -> None:
    ok(cast.rpc(member, "activate", mode="romantic", consent_version="v1"))


def _person(cast: Cast, member: Member) -> None:
    cast.database.execute("update public.users set lang_secondary = 'fr' where id = %s", [member.id])


def _switch(cast: Cast, member: Member) -> None:
    ok(cast.rpc(member, "put_consents", version="v1", switches={"values": True}))


def _vector(cast: Cast, member: Member) -> None:
    cast.database.execute(
        "update public.connect_profiles set values_vector = %s where user_id = %s", [str(VECTOR), member.id]
    )


def _chart(cast: Cast, member: Member) -> None:
    with_chart(cast, member, [1, 2, 3])


def _room(cast: Cast, member: Member) -> None:
    cast.pair(a=member)


def _interests(cast: Cast, member: Member) -> None:
    ok(cast.rpc(member, "put_interests", interests=["chess"]))


def _row_in(table: str) -> Callable[[Cast, Member], None]:
    def change(cast: Cast, member: Member) -> None:
        cast.database.execute(f"insert into public.{table} (user_id) values (%s)", [member.id])

    change.__name__ = table
    return change


@pytest.mark.parametrize(
    "change",
    [
        *(_preference, _person, _switch, _vector, _chart, _room, _interests),
        *map(_row_in, ("matching_preferences", "work_profiles", "user_features")),
    ],
    ids=lambda change: change.__name__.strip("_"),
)
def test_a_change_closes_one_row_and_opens_one(cast: Cast, change: Callable[[Cast, Member], None]) -> None:
    member, other = cast.member(), cast.member()
    first = sequence(cast, load(cast))
    change(cast, member)
    second = sequence(cast, load(cast))
    assert history(cast, member) == [(first, second), (second, None)]
    assert history(cast, other) == [(first, None)]


def test_a_seat_that_becomes_free_is_a_change_of_that_side_alone(cast: Cast) -> None:
    pair = cast.pair()
    first = sequence(cast, load(cast))
    ok(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="decline"))
    second = load(cast)
    assert history(cast, pair.a) == [(first, sequence(cast, second)), (sequence(cast, second), None)]
    assert history(cast, pair.b) == [(first, None)]
    assert [in_pool(second, one)["capacity"] for one in (pair.a, pair.b)] == [3, 2]


def test_another_proposal_in_the_same_seat_is_a_change_too(cast: Cast) -> None:
    """As much room as before, but waiting begins anew."""
    pair = cast.pair()
    cast.database.execute(
        "update public.connect_profiles set created_at = '2020-01-01' where user_id = %s", [pair.a.id]
    )
    cast.database.execute(
        "update public.matches set created_at = '2021-01-01' where id = %s", [pair.match_id]
    )
    first = load(cast)
    ok(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="decline"))
    cast.pair(a=pair.a)
    second = load(cast)
    assert len(history(cast, pair.a)) == 2
    before, after = in_pool(first, pair.a), in_pool(second, pair.a)
    assert before["capacity"] == after["capacity"] == 2
    assert before["waitingSince"] < after["waitingSince"]


def test_another_chart_version_is_a_change_of_everybody(cast: Cast) -> None:
    member = cast.member()
    first, second = sequence(cast, load(cast)), sequence(cast, load(cast, "charts-2"))
    assert history(cast, member) == [(first, second), (second, None)]


def test_a_pause_closes_the_row_and_coming_back_opens_another(cast: Cast) -> None:
    member = cast.member()
    first = sequence(cast, load(cast))
    ok(cast.rpc(member, "deactivate"))
    second = sequence(cast, load(cast))
    assert history(cast, member) == [(first, second)]
    load(cast)
    assert history(cast, member) == [(first, second)]
    ok(cast.rpc(member, "activate", mode="both", consent_version="v1"))
    third = sequence(cast, load(cast))
    assert history(cast, member) == [(first, second), (third, None)]


def test_two_loads_at_once_keep_one_history(cast: Cast) -> None:
    """Loads side by side while members change: each run can be made again, and no row overlaps another."""
    members = [cast.member() for _ in range(6)]
    load(cast)  # each of them has a row before any change
    start = threading.Barrier(3, timeout=30)

    def loads(_seat: int) -> list[Json]:
        with psycopg.connect(cast.stack.database_url, autocommit=True) as connection:
            start.wait()
            return [loaded(cast, begin(connection)) for _ in range(10)]

    def changes() -> None:
        with psycopg.connect(cast.stack.database_url, autocommit=True) as connection:
            start.wait()
            for turn in range(40):
                connection.execute(
                    "update public.connect_profiles set max_age = %s where user_id = %s",
                    [40 + turn, members[turn % 6].id],
                )

    with ThreadPoolExecutor(3) as pool:
        acting = [pool.submit(loads, seat) for seat in (0, 1)]
        changing = pool.submit(changes)
        runs = [run for seat in acting for run in seat.result(60)]
        changing.result(60)
    runs.append(load(cast))
    for run in runs:
        again = load_again(cast, run)
        assert again["inputHash"] == run["inputHash"]
        assert again["pool"] == run["pool"]
    for member in members:
        rows = history(cast, member)
        assert len(rows) > 1
        assert [left for _, left in rows] == [*(entered for entered, _ in rows[1:]), None]
        assert [in_pool(runs[-1], member)["maxAge"]] == [
            cast.value("select max_age from public.connect_profiles where user_id = %s", member.id)
        ]


# Somebody acts while a run is being loaded or stored, and the other way round.


def test_a_withdrawal_during_a_load_leaves_nothing_behind(cast: Cast) -> None:
    member = cast.member(signals="{values}")
    _vector(cast, member)

    def withdraw() -> Json:
        return ok(cast.rpc(member, "put_consents", version="v1", switches={}))

    run_id, _, waited = during(cast, withdraw, begin)
    assert waited
    assert of(loaded(cast, run_id), member) is None
    assert history(cast, member) == []
    assert in_pool(load(cast), member)["valuesVector"] is None


def test_a_load_during_a_withdrawal_sees_it(cast: Cast) -> None:
    member = cast.member(signals="{values}")
    _vector(cast, member)
    claims = f'{{"sub": "{member.id}", "role": "authenticated", "aud": "authenticated"}}'
    _, run, waited = during(
        cast,
        lambda: load(cast),
        "select public.put_consents('v1', '{}') from set_config('request.jwt.claims', %s, true)",
        claims,
    )
    assert waited
    assert in_pool(run, member)["valuesVector"] is None


def test_an_erasure_during_a_load_leaves_nothing_behind(cast: Cast) -> None:
    member = cast.member()
    load(cast)
    _preference(cast, member)  # so that the load both closes a row of theirs and opens one
    erase = "delete from auth.users where id = %s"
    run_id, _, waited = during(cast, lambda: cast.database.execute(erase, [member.id]), begin)
    assert waited
    assert of(loaded(cast, run_id), member) is None
    assert history(cast, member) == []


@pytest.mark.parametrize("act", ["load", "store", "count"])
def test_an_erasure_costs_nobody_else_the_run(cast: Cast, act: str) -> None:
    member, other = cast.member(), cast.member()
    key, run = cast.stack.service_role_key, load(cast)
    _preference(cast, member)
    _preference(cast, other)
    both: Any = [{"id": one.id, "price": 1, "funnel": {}} for one in (member, other)]

    def work() -> Json:
        if act == "load":
            return load(cast)
        if act == "store":
            return store(cast, [], run, end=False, prices=both)
        words = {"claim": claim(cast, run["runId"]), "pool_of": run["runId"], "funnels": both}
        return ok(cast.rpc(key, "store_funnels", **words))

    _, answer, waited = during(cast, work, "delete from auth.users where id = %s", member.id)
    assert waited
    if act == "load":
        assert (of(answer, member), bool(of(answer, other))) == (None, True)
    elif act == "store":
        assert (prices(cast, member), prices(cast, other)) == ([], [1])
    else:
        assert answer == {"late": False, "stored": 1}


def test_a_load_waits_for_proposals_that_are_being_stored(cast: Cast) -> None:
    """Otherwise it would propose them once more, and a replay would see pairs that the load has not."""
    a, b = cast.member(), cast.member()
    begun = load(cast)
    made = offer(cast, a, b)
    stored, run, waited = during(
        cast,
        lambda: load(cast),
        "select public.store_proposals(%s, %s)",
        Jsonb(claim(cast, begun["runId"])),
        Jsonb([made]),
    )
    assert (stored, waited) == ({"late": False, "stored": 1, "storedByRun": 1}, True)
    assert have_met(run, a, b)
    assert load_again(cast, run)["inputHash"] == run["inputHash"]
