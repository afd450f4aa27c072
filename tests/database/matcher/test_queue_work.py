"""Claiming, completing and failing: in turn, under a lease, fenced by the attempt, and never for ever."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.cast import Cast, Member
from tests.database.lists import be_numbered, entry, number_of
from tests.database.queue import (
    ENGINE,
    claim,
    claims,
    complete,
    empty,
    event,
    fail,
    joined,
    let_lease_end,
    load,
    parked,
    users,
    waiting,
)
from tests.database.runs import offer


@pytest.fixture(autouse=True)
def _nobody_waits(cast: Cast) -> None:
    empty(cast)


def _queued(cast: Cast, count: int, priority: int = 2, reason: str = "changed") -> list[Member]:
    """New members in the global queue, one after the other, and nobody else."""
    members = [cast.member() for _ in range(count)]
    empty(cast)
    for place, member in enumerate(members):
        cast.database.execute(
            "insert into public.matchmaking_queue (user_id, priority, reason, enqueued_at)"
            " values (%s, %s, %s, now() - interval '1 hour' + %s * interval '1 second')",
            [member.id, priority, reason, place],
        )
    return members


def _since(cast: Cast, member: Member, ago: str, priority: int) -> None:
    cast.database.execute(
        "update public.matchmaking_queue set enqueued_at = now() - %s::interval, priority = %s"
        " where user_id = %s",
        [ago, priority, member.id],
    )


def test_in_turn_and_each_once(cast: Cast) -> None:
    members = _queued(cast, 5)
    first, second = claim(cast, 3), claim(cast, 3, "worker-2")
    assert sorted(users(first)) == sorted(m.id for m in members[:3])
    assert sorted(users(second)) == sorted(m.id for m in members[3:])
    assert users(claim(cast, 3)) == []


def test_larger_priorities_first_but_nobody_waits_for_ever(cast: Cast) -> None:
    normal, urgent, patient = _queued(cast, 3)
    _since(cast, normal, "10 seconds", 0)
    _since(cast, urgent, "5 seconds", 3)
    _since(cast, patient, "4 minutes", 0)
    # Three levels are a head start of three minutes: four minutes of waiting outrun them.
    assert [users(claim(cast, 1)) for _ in range(3)] == [[patient.id], [urgent.id], [normal.id]]


def test_newcomers_are_served_beside_any_backlog(cast: Cast) -> None:
    """Every fourth batch is theirs: a newcomer is matched on the next tick, whoever else waits."""
    _queued(cast, 40)
    newcomer = cast.member()
    row = waiting(cast, newcomer)
    assert row is not None
    assert row["reason"] == "joined"
    taken = [users(claim(cast, 4)) for _ in range(4)]
    assert [newcomer.id] in taken


def test_where_nobody_is_new_every_batch_is_full(cast: Cast) -> None:
    _queued(cast, 40)
    assert [len(users(claim(cast, 10))) for _ in range(5)] == [10, 10, 10, 10, 0]


def test_a_batch_is_of_one_pool(cast: Cast) -> None:
    event_id, _ = event(cast)
    members = _queued(cast, 2)
    joined(cast, event_id, *members)
    pools = [claim(cast), claim(cast)]
    assert {one["eventId"] for one in pools} == {None, event_id}
    assert all(sorted(users(one)) == sorted(m.id for m in members) for one in pools)


def test_paused_pools_wait_and_others_do_not(cast: Cast) -> None:
    event_id, _ = event(cast)
    [member] = _queued(cast, 1)
    joined(cast, event_id, member)
    cast.database.execute("update public.matchmaking_jobs set status = 'paused' where event_id is null")
    try:
        assert claim(cast)["eventId"] == event_id
        assert users(claim(cast)) == []
    finally:
        cast.database.execute("update public.matchmaking_jobs set status = 'running'")
    assert users(claim(cast)) == [member.id]


def test_an_event_that_is_over_by_the_clock_is_not_worked_and_swept(cast: Cast) -> None:
    event_id, _ = event(cast)
    [member] = _queued(cast, 1)
    joined(cast, event_id, member)
    cast.database.execute("alter table public.events disable trigger event_switched")
    cast.database.execute("update public.events set ends_at = now() where id = %s", [event_id])
    cast.database.execute("alter table public.events enable trigger event_switched")
    assert claim(cast)["eventId"] is None
    assert users(claim(cast)) == []
    cast.database.execute("select private.purge()")
    assert waiting(cast, member, event_id) is None


def test_two_workers_at_once_share_without_overlap(cast: Cast) -> None:
    members = _queued(cast, 60)
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda number: users(claim(cast, 10, f"worker-{number}")), range(6)))
    everybody = [user for users_ in taken for user in users_]
    assert len(everybody) == len(set(everybody))
    assert set(everybody) <= {m.id for m in members}
    rest = users(claim(cast, 1000))
    assert sorted(everybody + rest) == sorted(m.id for m in members)


def test_a_worker_that_lost_its_lease_stores_nothing(cast: Cast) -> None:
    a, b = _queued(cast, 2)
    first = claims(claim(cast, worker="worker-1"))
    let_lease_end(cast)
    second = [*claims(claim(cast, worker="worker-2")), *claims(claim(cast, worker="worker-2"))]
    assert [one["attempt"] for one in second] == [2, 2]
    be_numbered(cast, a.id, b.id)
    row = entry(cast, a, b)
    late = complete(cast, first, lists=row, proposals=[offer(cast, a, b)])
    assert (late["late"], late["completed"], late["listed"], late["stored"]) == (2, 0, 0, 0)
    assert fail(cast, first) == {"again": 0, "parked": 0}
    assert load(cast, first)["asking"] == []
    assert waiting(cast, a)
    done = complete(cast, second, lists=row, proposals=[offer(cast, a, b)])
    assert (done["late"], done["completed"], done["listed"], done["stored"]) == (0, 2, 1, 1)
    assert waiting(cast, a) is None
    # Once more, by the one that was done: nothing twice.
    assert complete(cast, second, lists=row, proposals=[offer(cast, a, b)])["stored"] == 0


def test_a_number_of_before_names_nobody(cast: Cast) -> None:
    """A worker loaded a member who was gone and back again, under another number, when it stored."""
    a, b = _queued(cast, 2)
    be_numbered(cast, a.id, b.id)
    row = entry(cast, a, b)
    before = number_of(cast, b)
    cast.database.execute("delete from private.pool_members where user_id = %s", [b.id])
    cast.database.execute("select private.refresh_pool_members(array[%s::uuid], 'charts-1')", [b.id])
    assert number_of(cast, b) not in (0, before)
    assert complete(cast, claims(claim(cast)), lists=row)["listed"] == 0
    assert cast.value("select count(*) from private.lists l where %s = any (l.candidates)", before) == 0


def test_a_lease_that_is_over_counts_no_more_even_if_nobody_took_it(cast: Cast) -> None:
    _queued(cast, 1)
    named = claims(claim(cast))
    cast.database.execute("update private.matchmaking_leases set leased_until = now() - interval '1 second'")
    assert complete(cast, named)["late"] == 1


def test_who_changes_while_being_matched_is_matched_again(cast: Cast) -> None:
    [member] = _queued(cast, 1)
    named = claims(claim(cast))
    cast.database.execute("update public.connect_profiles set min_age = 40 where user_id = %s", [member.id])
    answer = complete(cast, named)
    assert (answer["completed"], answer["again"]) == (0, 1)
    assert waiting(cast, member)
    assert users(claim(cast)) == [member.id]


def test_a_change_that_is_not_committed_yet_is_not_lost(cast: Cast) -> None:
    """The worker looks before the change can be seen: it must not take the member off the queue for good."""
    [member] = _queued(cast, 1)
    with psycopg.connect(cast.stack.database_url) as other:
        other.execute("update public.connect_profiles set min_age = 41 where user_id = %s", [member.id])
        # The member's row is locked: no worker takes it before the change is there to be read.
        assert users(claim(cast)) == []
        other.commit()
    assert users(claim(cast)) == [member.id]


def test_a_failure_waits_then_goes_alone_then_parks_with_its_reason(cast: Cast) -> None:
    poisoned, healthy = _queued(cast, 2)
    attempts = int(cast.value("select matchmaking_attempts from public.settings"))
    first = claim(cast)
    assert len(users(first)) == 2
    named = {one["user"]: one for one in first["claimed"]}
    bad = [{"id": named[poisoned.id]["id"], "attempt": 1}]
    good = [{"id": named[healthy.id]["id"], "attempt": 1}]
    assert complete(cast, good)["completed"] == 1
    assert fail(cast, bad) == {"again": 1, "parked": 0}
    assert users(claim(cast)) == []
    for attempt in range(2, attempts + 1):
        let_lease_end(cast)
        extra = _queued_beside(cast)
        again = claim(cast)
        assert users(again) == [poisoned.id]
        assert again["claimed"][0]["attempt"] == attempt
        beside = claim(cast)
        assert users(beside) == [extra.id]
        assert complete(cast, claims(beside))["completed"] == 1
        fail(cast, claims(again), "PoolError: readiness[0]")
    assert waiting(cast, poisoned) is None
    row = parked(cast, poisoned)
    assert row is not None
    assert (row["attempts"], row["last_error"]) == (attempts, "PoolError: readiness[0]")
    assert cast.value("select status::text from public.matchmaking_jobs where event_id is null") == "error"
    assert cast.value("select public.unpark_matchmaking()") == 1
    assert waiting(cast, poisoned)


def _queued_beside(cast: Cast) -> Member:
    """One more in the queue, who came later than everybody."""
    member = cast.member()
    cast.database.execute(
        "update public.matchmaking_queue set reason = 'changed', available_at = now() where user_id = %s",
        [member.id],
    )
    return member


def test_who_kills_every_worker_is_parked_too(cast: Cast) -> None:
    [member] = _queued(cast, 1)
    attempts = int(cast.value("select matchmaking_attempts from public.settings"))
    for _ in range(attempts):
        assert users(claim(cast)) == [member.id]
        let_lease_end(cast)
    assert users(claim(cast)) == []
    row = parked(cast, member)
    assert row is not None
    assert row["last_error"] == "abandoned by its worker"


def test_who_pauses_leaves_an_event_or_erases_in_mid_run(cast: Cast) -> None:
    event_id, code = event(cast)
    paused, left, erased, stays = _queued(cast, 4)
    joined(cast, event_id, left, stays)
    work = [claim(cast), claim(cast)]
    at_event = next(one for one in work if one["eventId"] == event_id)
    everywhere = next(one for one in work if one["eventId"] is None)
    loaded = load(cast, claims(everywhere))
    assert len(loaded["asking"]) == 4
    offers = [offer(cast, stays, other) for other in (paused, erased)]
    cast.rpc(paused, "deactivate")
    cast.rpc(left, "leave_event", event_code=code)
    cast.database.execute("delete from auth.users where id = %s", [erased.id])
    answer = complete(cast, claims(everywhere), proposals=offers)
    assert (answer["stored"], answer["late"], answer["completed"]) == (0, 2, 2)
    answer = complete(cast, claims(at_event))
    assert (answer["late"], answer["completed"]) == (1, 1)
    assert cast.value("select count(*) from public.matchmaking_queue") == 0


def test_an_event_deleted_while_its_pool_is_worked(cast: Cast) -> None:
    event_id, _ = event(cast)
    members = [cast.member() for _ in range(3)]
    empty(cast)
    joined(cast, event_id, *members)
    claimed = claim(cast)
    assert claimed["eventId"] == event_id
    assert len(load(cast, claims(claimed))["asking"]) == 3
    cast.database.execute("delete from public.events where id = %s", [event_id])
    assert complete(cast, claims(claimed))["late"] == 3
    assert load(cast, claims(claimed))["asking"] == []


@pytest.mark.parametrize("size", [0, 1001, 10000, -1, None])
def test_a_batch_size_nobody_means(cast: Cast, size: int | None) -> None:
    _queued(cast, 1)
    asked = {"worker": "w", "engine_version": ENGINE, "chart_version": "c", "batch_size": size}
    assert cast.rpc(cast.stack.service_role_key, "claim_matchmaking", **asked).status_code == 422
    assert cast.value("select count(*) from private.matchmaking_leases") == 0


def test_claims_of_two_pools_at_once_are_refused(cast: Cast) -> None:
    event_id, _ = event(cast)
    [member] = _queued(cast, 1)
    joined(cast, event_id, member)
    both = [*claims(claim(cast)), *claims(claim(cast))]
    key = cast.stack.service_role_key
    assert cast.rpc(key, "load_candidates", claims=both, chart_version="c").status_code == 422


def test_a_worker_of_an_older_engine_does_nothing(cast: Cast) -> None:
    [member] = _queued(cast, 1)
    assert claim(cast, engine_version="older")["superseded"] is False
    let_lease_end(cast)
    try:
        assert claim(cast) == {"superseded": True, "claimed": []}
    finally:
        assert cast.value("select public.adopt_engine_version(%s)", ENGINE) is True
    assert claim(cast, engine_version="older") == {"superseded": True, "claimed": []}
    assert users(claim(cast)) == [member.id]
    assert cast.value("select public.adopt_engine_version('never seen')") is False
