"""One worker at a time does the night, and any of them may be killed, late, or stopped."""

import pytest

from tests.cast import Cast, Json
from tests.database.answers import ok
from tests.database.islands import NewIsland, begin_anew
from tests.database.lists import NO_LISTS
from tests.database.nights import (
    EVERYBODY,
    STEPS,
    at,
    call,
    done,
    forget_input,
    in_use,
    let_night_go,
    open_night,
    run_of,
    take,
    whole_night,
    work,
    worked,
)
from tests.database.queue import ENGINE

pytestmark = pytest.mark.usefixtures("nothing_is_left_running")

CALLS: dict[str, Json] = {
    "end_night_step": {"step": "rank", "progress": 0.9, "did": {"stored": 99}},
    "enter_night": EVERYBODY,
    "compare_night": {},
    "store_fits": {"few": []},
    "store_lists": {"event_id": None, "lists": NO_LISTS},
    "store_proposals": {"proposals": []},
    "clear_lists": {},
    "put_lists_in_place": {},
    "requeue_night": EVERYBODY,
    "store_funnels": {"pool_of": None, "funnels": []},
    "fail_night": {"error": "x"},
    "end_night": {},
}
"""All that a worker calls about the night it holds."""


def stored(cast: Cast) -> tuple[dict[str, int], list[Json]]:
    """What a late worker could have changed: how many rows there are, and all that runs say of themselves."""
    tables = (
        "private.lists",
        "public.matches",
        "private.prices",
        "private.funnels",
        "private.tasks",
        "public.matchmaking_queue",
        "private.pool_history",
        "private.pool_members",
    )
    counts = {table: int(cast.value(f"select count(*) from {table}")) for table in tables}
    runs = cast.database.execute("select to_jsonb(j) from public.job_runs j order by j.sequence").fetchall()
    return counts, [run for (run,) in runs]


FATAL = [
    *(
        ("plan_charts", 1),
        ("claim_births", 1),
        ("load_quiz", 1),
        ("weigh_interests", 1),
        ("index_interests", 1),
        ("enter_night", 1),
    ),
    *(("enter_night", 2), ("compare_night", 1), ("load_run", 1), ("load_run_page", 1), ("beat_job_run", 2)),
    *(("store_fits", 1), ("store_lists", 1), ("store_lists", 2), ("store_proposals", 1)),
    *(("store_proposals", 2), ("clear_lists", 1), ("put_lists_in_place", 1), ("drop_old_lists", 1)),
    *(("requeue_night", 2), ("store_funnels", 1), ("store_funnels", 2), ("end_night", 1)),
    *(("end_night_step", 1 + number) for number in range(len(STEPS))),
]
"""Each call of a night, and of those that come in parts the second too."""


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
def test_a_night_goes_on_where_a_killed_worker_left_it(cast: Cast, island: NewIsland, answered: bool) -> None:
    """Whatever call it dies at, lists, proposals and funnels are those of a night without it."""
    here = island(12)

    def forgotten() -> None:
        """As if there had been no night."""
        for table in ("public.matches", "private.prices", "private.funnels", "public.matchmaking_queue"):
            cast.database.execute(f"delete from {table}")
        forget_input(cast)

    def made(run: Json) -> Json:
        pairs = {tuple(sorted(pair)) for pair in here.proposed()}
        owners = cast.value("select array_agg(user_id::text order by user_id) from private.funnels")
        told = {name: run["metadata"][name] for name in ("members", "listed", "stored", "offered", "funnels")}
        return told | {"lists": here.lists(), "pairs": pairs, "owners": owners, "steps": done(run)}

    with cast.settings(shard_size=5):
        forgotten()
        usual = made(whole_night(cast))
        assert usual["stored"] == len(usual["pairs"]) > 5
        for function, time in FATAL:
            forgotten()
            run_id = open_night(cast)["runId"]
            lost = take(cast, "worker-1")
            assert not work(cast, lost, fatal=at(function, answered, time)), "it was not killed"
            over = function == "end_night" and answered
            before = done(run_of(cast, run_id))
            # Nobody takes the night while its lease lasts; whoever opens one meanwhile joins it.
            assert take(cast, "worker-2")["runId"] is None
            if not over:
                assert open_night(cast) == {"runId": run_id, "resumed": True}
            let_night_go(cast)
            night = take(cast, "worker-2")
            if over:
                assert night["runId"] is None
            else:
                assert night["claim"] == lost["claim"] | {"attempt": 2}
                assert night["done"] == before
                assert work(cast, night)
            run = run_of(cast, run_id)
            assert run["status"] == "succeeded"
            assert made(run) == usual, (function, answered, time)
            assert in_use(cast) == run["sequence"]


def test_a_worker_that_comes_back_too_late_changes_nothing(cast: Cast, island: NewIsland) -> None:
    here = island(6)
    late = worked(cast, "compare", "worker-1")
    let_night_go(cast)
    fresh = take(cast, "worker-2")
    assert fresh["claim"] == late["claim"] | {"attempt": 2}
    for over in (False, True):
        before = stored(cast)
        for function, words in CALLS.items():
            assert call(cast, function, late, **words)["late"] is True, function
        assert stored(cast) == before
        if not over:
            assert work(cast, fresh)
            # It is over: now the other is late as well.
            late = fresh
    assert len(here.proposed()) > 0


def test_a_lease_that_has_run_out_counts_until_another_worker_comes(cast: Cast, island: NewIsland) -> None:
    """Nobody else is at it: a slow worker may go on."""
    island(4)
    night = worked(cast, "compare")
    let_night_go(cast)
    assert work(cast, night)


def test_every_call_is_a_sign_of_life(cast: Cast, island: NewIsland) -> None:
    island(4)
    night = worked(cast, "compare")
    stands = (
        "select t.leased_until > now(), j.heartbeat_at > now() - interval '1 minute' from private.tasks t"
        " join public.job_runs j on j.id::text = t.key where t.kind = 'nightly'"
    )
    for function, words in CALLS.items():
        if function in ("fail_night", "end_night", "end_night_step"):
            continue
        let_night_go(cast)
        cast.database.execute("update public.job_runs set heartbeat_at = now() - interval '1 hour'")
        assert call(cast, function, night, **words)["late"] is False
        assert cast.database.execute(stands).fetchone() == (True, True), function


def test_the_tick_rings_for_a_night_that_nobody_holds(cast: Cast, island: NewIsland) -> None:
    island(2)
    rung = "select array(select private.jobs_with_tasks())"
    assert cast.value(rung) == []
    open_night(cast)
    assert cast.value(rung) == ["nightly"]
    take(cast)
    assert cast.value(rung) == []
    let_night_go(cast)
    assert cast.value(rung) == ["nightly"]
    assert work(cast, take(cast))
    assert cast.value(rung) == []


def test_a_cancelled_night_stops_and_the_lists_in_use_stay(cast: Cast, island: NewIsland) -> None:
    here = island(8)
    whole_night(cast)
    lists, generation = here.lists(), in_use(cast)
    here.come(2)
    night = worked(cast, "compare")
    run = run_of(cast, night["runId"])
    written = "select count(*) from private.lists where generation = %s"
    assert not work(cast, night, fatal=at("store_proposals", False))
    assert cast.value(written, run["sequence"]) > 0
    assert cast.value("select public.cancel_job(%s)", run["id"]) is True
    # The worker that holds it stores nothing any more; nobody takes it.
    for function, words in CALLS.items():
        assert call(cast, function, night, **words)["late"] is True, function
    assert not work(cast, night)
    let_night_go(cast)
    assert take(cast)["runId"] is None
    row = run_of(cast, run["id"])
    assert (row["status"], in_use(cast)) == ("cancelled", generation)
    assert {owner: row for owner, row in here.lists().items() if owner in lists} == lists
    # What it had stored is nobody's: it goes with the next clearing.
    ok(cast.rpc(cast.stack.service_role_key, "drop_old_lists"))
    assert cast.value(written, run["sequence"]) == 0
    assert cast.value("select public.cancel_job(%s)", run["id"]) is False
    assert whole_night(cast)["attempt"] == 1


def test_a_night_that_fails_time_after_time_has_failed_with_its_reason(cast: Cast, island: NewIsland) -> None:
    here = island(6)
    whole_night(cast)
    lists = here.lists()
    here.come()
    run_id = worked(cast, "compare")["runId"]
    attempts = int(cast.value("select task_attempts from public.settings"))
    for attempt in range(1, attempts + 1):
        # Only after a pause, or once its worker is given up for lost.
        assert take(cast)["runId"] is None
        let_night_go(cast)
        night = take(cast)
        assert night["claim"]["attempt"] == attempt + 1
        parked = attempt + 1 == attempts
        assert call(cast, "fail_night", night, error="PoolError: odd") == {"late": False, "parked": parked}
        if parked:
            break
    let_night_go(cast)
    assert take(cast)["runId"] is None
    row = run_of(cast, run_id)
    assert (row["status"], row["error"]) == ("failed", f"failed {attempts} times: PoolError: odd")
    assert {owner: row for owner, row in here.lists().items() if owner in lists} == lists
    # The next one is another attempt of the same job.
    again = open_night(cast)
    assert run_of(cast, again["runId"])["attempt"] == 2


def test_a_night_that_kills_every_worker_has_failed_too(cast: Cast, island: NewIsland) -> None:
    island(4)
    run_id = open_night(cast)["runId"]
    for _ in range(int(cast.value("select task_attempts from public.settings"))):
        assert take(cast)["runId"] == run_id
        let_night_go(cast)
    assert take(cast)["runId"] is None
    row = run_of(cast, run_id)
    assert (row["status"], row["error"]) == ("failed", "abandoned by its worker")
    assert open_night(cast)["runId"] != run_id


def test_a_poisoned_member_costs_nobody_else_the_night(cast: Cast, island: NewIsland) -> None:
    here = island(7)
    poisoned = here.members[0]
    here.poison(poisoned)
    row = whole_night(cast)
    others = {*here.ids} - {poisoned.id}
    assert {*here.lists()} == others
    assert {id_ for pair in here.proposed() for id_ in pair} == others
    assert row["metadata"]["stored"] > 0
    # The log names the member, and says what kind of failure it was.
    logged = cast.database.execute(
        "select user_a::text, user_b, pair, error_msg from public.batch_logs where status = 'error'"
    ).fetchall()
    assert logged == [(poisoned.id, None, None, "PoolError: a column cannot be read")]
    # Of whom is erased no failure is left.
    cast.database.execute("delete from auth.users where id = %s", [poisoned.id])
    assert cast.value("select count(*) from public.batch_logs where status = 'error'") == 0


def test_another_engine_takes_the_night_over(cast: Cast, island: NewIsland) -> None:
    """A new deployment comes halfway: the run of the old engine ends, and the two never mix."""
    here = island(6)
    whole_night(cast)
    here.come()
    old = worked(cast, "compare")
    assert not work(cast, old, fatal=at("store_proposals", False))
    try:
        new = open_night(cast, "another-1")["runId"]
        row = run_of(cast, old["runId"])
        assert (row["status"], row["error"]) == ("failed", "superseded by another engine")
        # Workers of the old one find nothing to do, and open nothing.
        assert not work(cast, old)
        assert take(cast)["runId"] is None
        assert open_night(cast) == {"runId": None, "superseded": True}
        assert take(cast, engine="another-1")["runId"] == new
        assert cast.value("select array_agg(distinct engine_version) from public.match_scores") == [ENGINE]
    finally:
        begin_anew(cast)
