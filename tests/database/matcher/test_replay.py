"""load_run(): a run's pool as the run saw it, whatever has happened since; without those who took it back."""

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tests.cast import Cast, Json, Member
from tests.database.answers import ok
from tests.database.runs import (
    CHARTS,
    VECTOR,
    apart,
    claim,
    have_met,
    history,
    ids,
    in_pool,
    load,
    load_again,
    of,
    offer,
    prices,
    sequence,
    store,
    store_price,
    with_chart,
)


def _same(cast: Cast, run: Json) -> Json:
    """The run's pool can be loaded again to the letter; the whole answer."""
    again = load_again(cast, run)
    assert again["pool"] == run["pool"]
    assert (again["inputHash"], again["now"], again["runId"]) == (run["inputHash"], run["now"], run["runId"])
    return again


def _told(cast: Cast) -> Member:
    """A member with something in every column."""
    member = cast.member(signals="{values,location,birthData}", home_place="Berlin", home_cell="1425.1155")
    cast.database.execute(
        "update public.connect_profiles set values_vector = %s, emotional_readiness_score = 62.5"
        " where user_id = %s",
        [str(VECTOR), member.id],
    )
    for table, columns in (
        ("matching_preferences", "traits, algorithm_weights) values (%s, '{smokes}', '{\"astro\": 0.5}'"),
        ("work_profiles", "employer, industry) values (%s, 'Acme', 'design'"),
        ("user_features", "activity_score) values (%s, 12.34"),
    ):
        cast.database.execute(f"insert into public.{table} (user_id, {columns})", [member.id])
    ok(cast.rpc(member, "put_interests", interests=["chess"]))
    with_chart(cast, member, [1, 2, 3])
    return member


def test_a_run_tells_how_it_was_made_and_what_it_left(cast: Cast) -> None:
    a, b = cast.member(), cast.member()
    run = load(cast)
    assert load_again(cast, run)["status"] == "running"
    store(cast, [offer(cast, a, b, totalScore=77.5)], run)
    again = _same(cast, run)
    assert set(again) == {
        *("runId", "now", "settings", "engineVersion", "status", "statement", "inputHash", "pool", "stored"),
    }
    assert (again["status"], again["engineVersion"]) == ("succeeded", "test-1")
    statement = again["statement"]
    assert [step["step"] for step in statement["steps"]] == ["rank"]
    told = {name: statement[name] for name in ("chartVersion", "offered", "stored")}
    assert told == {"chartVersion": CHARTS, "offered": 1, "stored": 1}
    [kept] = again["stored"]
    assert ({kept["a"], kept["b"]}, kept["totalScore"]) == ({a.id, b.id}, 77.5)


def test_whatever_members_do_afterwards_the_run_saw_what_it_saw(cast: Cast) -> None:
    member, paused = _told(cast), _told(cast)
    answered, met, single = cast.pair(), cast.pair("declined"), cast.member()
    run = load(cast)
    ok(cast.rpc(member, "activate", mode="professional", consent_version="v1", min_age=40))
    cast.database.execute("update public.users set birth_date = '1970-01-01' where id = %s", [member.id])
    for change in (
        "update public.matching_preferences set traits = '{has_pets}' where user_id = %s",
        "delete from public.work_profiles where user_id = %s",
        "update public.user_features set activity_score = 99 where user_id = %s",
    ):
        cast.database.execute(change, [member.id])
    ok(cast.rpc(member, "put_interests", interests=["opera"]))
    with_chart(cast, member, [9, 9, 9])
    ok(cast.rpc(paused, "deactivate"))
    ok(cast.rpc(answered.a, "respond", match_id=answered.match_id, action="decline"))
    ok(cast.rpc(met.b, "block_partner", match_id=met.match_id))
    cast.pair(a=member, b=single)
    cast.database.execute(
        "insert into public.blocks (blocker_id, blocked_id) values (%s, %s)", [single.id, answered.a.id]
    )
    with cast.settings(live_match_cap=1):
        later = load(cast)
        _same(cast, run)
        _same(cast, later)
    _same(cast, run)

    # The later run really saw another pool.
    assert in_pool(later, member) != in_pool(run, member)
    assert in_pool(run, member)["chart"] == [1, 2, 3]
    assert in_pool(later, member)["chart"] == [9, 9, 9]
    assert (bool(of(run, paused)), of(later, paused)) == (True, None)
    assert in_pool(run, answered.a)["capacity"] != in_pool(later, answered.a)["capacity"]


def test_who_may_not_meet_is_as_of_the_run(cast: Cast) -> None:
    met, free, blocked = cast.pair("declined"), cast.member(), cast.member()
    run = load(cast)
    cast.pair(a=free, b=met.a)
    cast.database.execute(
        "insert into public.blocks (blocker_id, blocked_id) values (%s, %s)", [blocked.id, free.id]
    )
    later = load(cast)
    for found in (run, _same(cast, run)):
        assert have_met(found, met.a, met.b)
        assert not have_met(found, free, met.a)
        assert not apart(found, blocked, free)
    assert have_met(later, free, met.a)
    assert apart(later, blocked, free)
    _same(cast, later)


def test_a_pair_stored_by_a_transaction_that_began_earlier_was_not_seen(cast: Cast) -> None:
    """now() is when a transaction began; a load may have come and gone before it got to its matches."""
    a, b = cast.member(), cast.member()
    before = load(cast)
    made = Jsonb([offer(cast, a, b)])
    with psycopg.connect(cast.stack.database_url) as slow:
        slow.execute("select now()")
        run = load(cast)
        slow.execute("select public.store_proposals(%s, %s)", [Jsonb(claim(cast, before["runId"])), made])
    assert not have_met(_same(cast, run), a, b)
    assert have_met(load(cast), a, b)


def test_prices_are_as_of_the_run(cast: Cast) -> None:
    member = cast.member()
    runs = []
    for price in (1.5, 2.5, 3.5):
        runs.append(load(cast))
        store_price(cast, runs[-1], member, price)
    runs.append(load(cast))
    again = [_same(cast, run) for run in runs]
    assert [in_pool(run, member)["price"] for run in again] == [None, 1.5, 2.5, 3.5]


def test_prices_of_an_earlier_run_that_stored_later_were_not_seen(cast: Cast) -> None:
    """Two matchers at once: the second has loaded when the first comes with its prices."""
    member = cast.member()
    first, second = load(cast), load(cast)
    store_price(cast, first, member, 1.5)
    third = load(cast)
    assert [in_pool(_same(cast, run), member)["price"] for run in (first, second, third)] == [None, None, 1.5]


def _without(pool: Json, gone: Member) -> Json:
    """The pool less one member, and everybody's place counted anew."""
    at = ids({"pool": pool}).index(gone.id)
    rows = pool["members"]["rows"]
    kept = {
        name: [[place - (place > at) for place in pair] for pair in pool[name] if at not in pair]
        for name in ("excluded", "met")
    }
    return kept | {"members": {**pool["members"], "rows": rows[:at] + rows[at + 1 :]}}


def test_who_is_erased_is_missing_and_nobody_else(cast: Cast) -> None:
    pair, met = cast.pair(), cast.pair("declined")
    member = _told(cast)
    run = load(cast)
    store(cast, [offer(cast, member, met.a)], run)
    cast.database.execute("delete from auth.users where id = %s", [member.id])
    again = load_again(cast, run)
    assert again["pool"] == _without(run["pool"], member)
    assert again["inputHash"] != run["inputHash"]
    assert have_met(again, pair.a, pair.b)
    # The match stays, and names nobody who has gone.
    assert [{kept["a"], kept["b"]} for kept in again["stored"]] == [{None, met.a.id}]


def test_who_has_withdrawn_a_signal_is_missing_and_nobody_else(cast: Cast) -> None:
    member = _told(cast)
    cast.pair("declined")
    run = load(cast)
    ok(cast.rpc(member, "put_consents", version="v1", switches={"values": True, "location": True}))
    assert load_again(cast, run)["pool"] == _without(run["pool"], member)
    # From the next run on they are there again, without what they have taken back.
    later = load(cast)
    assert in_pool(later, member)["chart"] is None
    assert in_pool(later, member)["valuesVector"] == VECTOR
    _same(cast, later)


def test_only_a_run_of_the_matcher_can_be_loaded_again(cast: Cast) -> None:
    key = cast.stack.service_role_key
    opened = ok(cast.rpc(key, "open_job_run", job="charts", trigger="hand", engine_version="v"))
    for run_id in (opened["runId"], "00000000-0000-4000-8000-000000000000"):
        answer = cast.rpc(key, "load_run", run_id=run_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# What is kept goes after a week.


def _aged(cast: Cast, run: Json, days: int) -> None:
    """This run and all before it began so long ago."""
    cast.database.execute(
        "update public.job_runs set started_at = started_at - make_interval(days => %s)"
        " where sequence <= %s and started_at > now() - interval '6 days'",
        [days, sequence(cast, run)],
    )


def test_a_run_of_this_week_survives_the_purge(cast: Cast) -> None:
    member, gone, stays = cast.member(), cast.member(), cast.member()
    runs: list[Any] = []
    for price in (1.5, 2.5, 3.5, 4.5):
        runs.append(load(cast))
        store_price(cast, runs[-1], member, price)
        ok(cast.rpc(member, "activate", mode="both", consent_version="v1"))
        if price == 1.5:
            store_price(cast, runs[-1], stays, 9)
            ok(cast.rpc(gone, "deactivate"))
    _aged(cast, runs[1], 8)
    pool = load_again(cast, runs[2])["pool"]
    cast.database.execute("select private.purge()")

    third, fourth = (sequence(cast, run) for run in runs[2:])
    assert history(cast, member) == [(third, fourth), (fourth, None)]
    assert history(cast, gone) == []
    assert history(cast, stays) == [(sequence(cast, runs[0]), None)]
    assert (prices(cast, member), prices(cast, stays)) == ([2.5, 3.5, 4.5], [9])
    assert load_again(cast, runs[2])["pool"] == pool
    assert in_pool(load_again(cast, runs[3]), member)["price"] == 3.5
    assert in_pool(load(cast), stays)["price"] == 9
