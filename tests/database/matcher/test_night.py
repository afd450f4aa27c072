"""The night: one worker at a time does it, any of them may be killed, and lists change all at once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import psycopg
import pytest

from shared.engine import engine_version
from shared.engine.runs.facts import FACTS
from tests.cast import Cast, Json
from tests.database.answers import ok
from tests.database.islands import Island, begin_anew, bell, inhabited
from tests.database.nights import (
    EVERYBODY,
    STEPS,
    Fatal,
    call,
    done,
    eventually,
    forget_input,
    in_use,
    is_unchanged,
    let_night_go,
    open_night,
    run_of,
    take,
    whole_night,
    work,
    worked,
)
from tests.database.queue import ENGINE, event, joined, waiting

NewIsland = Callable[..., Island]

NO_LISTS: Json = {"people": [], "revisions": [], "of": []}
CALLS: dict[str, Json] = {
    "end_night_step": {"step": "rank", "progress": 0.9, "did": {"stored": 99}},
    "ready_night": EVERYBODY,
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


@pytest.fixture
def island(cast: Cast) -> Iterator[NewIsland]:
    begin_anew(cast)
    with inhabited(cast) as new:
        yield new


@pytest.fixture(autouse=True)
def _nothing_is_left_running(cast: Cast) -> Iterator[None]:
    yield
    begin_anew(cast)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists, proposals and funnels are stored in parts of five."""
    monkeypatch.setattr("functions.worker.nightly.night.OWNERS", 5)
    monkeypatch.setattr("functions.worker.nightly.night.PART", 5)


NIL = "00000000-0000-0000-0000-000000000000"


def at(function: str, answered: bool, time: int = 1) -> Fatal:
    """Killed at a call of a function: before it, or once it is answered."""
    seen: Counter[tuple[str, bool]] = Counter()

    def fatal(called: str, over: bool) -> bool:
        seen[called, over] += 1
        return (called, over) == (function, answered) and seen[called, over] == time

    return fatal


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


# The ordinary way.


def test_a_bell_renews_lists_and_proposals_of_everybody(cast: Cast, island: NewIsland) -> None:
    here = island(12)
    cast.database.execute("delete from public.matchmaking_queue")
    with cast.settings(shard_size=5):
        did = bell(cast, "nightly")
    assert did["finished"] is True
    run = run_of(cast, did["runId"])
    assert (run["status"], run["trigger"], run["progress"], run["error"]) == ("succeeded", "hand", 1, None)
    told = run["metadata"]
    assert told["members"] == did["members"] >= 12
    assert (
        told["stored"]
        == did["stored"]
        == cast.value("select count(*) from public.matches where run_id = %s", run["id"])
        > 0
    )
    assert told["listed"] == did["listed"] == cast.value("select count(*) from public.match_scores")
    assert told["funnels"] == told["members"]
    assert len(told["manifest"]["proposalsDigest"]) == 64
    assert in_use(cast) == run["sequence"]
    assert {*here.lists()} == {*here.ids}
    assert {id_ for pair in here.proposed() for id_ in pair} == {*here.ids}
    assert {pair for pair in here.listed()} == {pair[::-1] for pair in here.listed()}
    # Nobody changed meanwhile, so nobody waits.
    assert told["renewed"] == 0
    assert cast.value("select count(*) from public.matchmaking_queue") == 0
    # Nor is there anything left to do.
    assert cast.value("select count(*) from private.tasks where kind = 'nightly'") == 0


def test_steps_come_in_their_order_and_each_is_noted_when_it_is_over(cast: Cast, island: NewIsland) -> None:
    island(4)
    night = worked(cast, "charts")
    progress = []
    for count, step in enumerate(STEPS[1:], 2):
        over = work(cast, night, step if step != STEPS[-1] else None)
        run = run_of(cast, night["runId"])
        assert (done(run), over) == ([*STEPS[:count]], step == STEPS[-1])
        progress.append(run["progress"])
    assert progress == sorted({*progress})
    assert progress[-1] == 1
    assert all(step["seconds"] >= 0 for step in run["metadata"]["steps"])


def test_pieces_hold_so_many_members_and_each_member_once(cast: Cast, island: NewIsland) -> None:
    here = island(11)
    open_night(cast)
    with cast.settings(shard_size=4):
        pieces = take(cast)["pieces"]
    everybody = int(
        cast.value("select count(*) from public.connect_profiles p where private.is_searching(p)")
    )
    assert len(pieces) == -(-everybody // 4)
    for id_ in (*here.ids, "0" * 8 + NIL[8:], "f" * 8 + NIL[8:].replace("0", "f")):
        assert len([1 for first, last in pieces if first <= id_ <= last]) == 1
    # Where they are cut names nobody.
    assert not {end for piece in pieces for end in piece} & {*here.ids}


def test_lists_of_the_night_are_those_of_the_day(cast: Cast, island: NewIsland) -> None:
    """What members got one after the other as they came, a run over everybody finds again."""
    here = island(14)
    bell(cast)
    by_day = here.lists()
    whole_night(cast)
    assert here.lists() == by_day


def test_the_size_of_pieces_changes_no_list(cast: Cast, island: NewIsland) -> None:
    here = island(12)
    found = []
    for size in (1000, 5, 1):
        forget_input(cast)
        with cast.settings(shard_size=size):
            whole_night(cast)
        found.append(here.lists())
    assert found[0] == found[1] == found[2]
    assert sum(map(len, found[0].values())) == 12 * 11


@pytest.mark.usefixtures("small")
def test_a_night_has_one_worker_at_a_time(cast: Cast, island: NewIsland) -> None:
    here = island(16)
    whole_night(cast)
    alone = here.lists()
    forget_input(cast)
    open_night(cast)
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda number: take(cast, f"worker-{number}"), range(4)))
    [night] = [one for one in taken if one["runId"]]
    assert take(cast)["runId"] is None
    assert work(cast, night)
    assert here.lists() == alone


def test_the_night_keeps_caps_and_repeats_no_pair(cast: Cast, island: NewIsland) -> None:
    here = island(14)
    bell(cast)
    before = here.proposed()
    here.come(4)
    whole_night(cast)
    pairs = here.proposed()
    assert len(pairs) == len({*pairs}) > len(before)
    taken = Counter(id_ for pair in pairs for id_ in pair)
    assert max(taken.values()) <= cast.value("select live_match_cap from public.settings")


def test_unchanged_members_are_not_gone_through_again(cast: Cast, island: NewIsland) -> None:
    here = island(6)
    whole_night(cast)
    # Its proposals have changed what members can still take: that is a change. From then on there is none.
    whole_night(cast)
    lists, generation = here.lists(), in_use(cast)
    row = whole_night(cast)
    assert row["metadata"]["unchanged"] is True
    # Funnels are counted all the same: they are drawn anew each night.
    assert done(row) == ["charts", "ready", "enter", "compare", "funnel"]
    assert (here.lists(), in_use(cast)) == (lists, generation)
    here.come()
    assert not is_unchanged(cast)


@pytest.mark.parametrize(
    "change",
    [
        "update public.connect_profiles set min_age = 20 where user_id = %(member)s",
        "update public.settings set match_min_score = match_min_score + 1",
        "delete from public.matches where %(member)s in (user_a, user_b)",
        "insert into public.blocks (match_id, blocker_id, blocked_id) select m.id, m.user_a, m.user_b"
        " from public.matches m where %(member)s in (m.user_a, m.user_b) limit 1",
        "insert into public.event_members (event_id, user_id) select e.id, %(member)s"
        " from public.events e where e.matchmaking_enabled and e.ends_at is null limit 1",
    ],
    ids=["profile", "settings", "capacity", "block", "event"],
)
def test_whatever_a_run_reads_is_a_change(cast: Cast, island: NewIsland, change: str) -> None:
    here = island(4)
    event(cast)
    whole_night(cast)
    whole_night(cast)
    assert is_unchanged(cast)
    with cast.settings(match_min_score=cast.value("select match_min_score from public.settings")):
        cast.database.execute(change, {"member": here.members[0].id})
        assert not is_unchanged(cast)


# Workers that die, and nights that are stopped.

FATAL = [
    *(("plan_charts", 1), ("claim_births", 1), ("ready_night", 1), ("ready_night", 2), ("enter_night", 1)),
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


# Changing over.


@pytest.mark.usefixtures("small")
def test_readers_see_one_generation_or_the_other_never_both(cast: Cast, island: NewIsland) -> None:
    """One reads all the time, one holds a snapshot from before: neither sees two engines, nor half of one."""
    here = island(12)
    whole_night(cast)
    cast.database.execute("update private.score_generation set engine_version = 'older-1'")
    cast.database.execute("update private.lists set computed_at = '2000-01-01'")
    forget_input(cast)
    night = worked(cast, "rank")
    seen: set[tuple[tuple[str, ...], bool, bool]] = set()
    counts: set[int] = set()
    stop = threading.Event()
    look = (
        "select array_agg(distinct engine_version), bool_and(computed_at < '2001-01-01'),"
        " bool_or(computed_at < '2001-01-01'), count(*) from public.match_scores"
        " where user_id = any (%s::uuid[])"
    )

    def read_on() -> None:
        with psycopg.connect(cast.stack.database_url, autocommit=True) as reader:
            while not stop.is_set():
                row = reader.execute(look, [here.ids]).fetchone()
                assert row is not None
                seen.add((tuple(row[0]), row[1], row[2]))
                counts.add(row[3])

    old, new = (("older-1",), True, True), ((engine_version(),), False, False)
    with psycopg.connect(cast.stack.database_url) as before, ThreadPoolExecutor(1) as pool:
        before.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        first = before.execute(look, [here.ids]).fetchone()
        reading = pool.submit(read_on)
        eventually(lambda: seen == {old})
        assert work(cast, night)
        eventually(lambda: new in seen)
        stop.set()
        reading.result(10)
        # The snapshot holds all of the old generation although it is gone; the other saw a clean cut.
        assert first is not None
        assert first[0] == ["older-1"]
        assert before.execute(look, [here.ids]).fetchone() == first
    assert seen == {old, new}
    assert len(counts) == 1


def test_until_it_is_put_in_place_nothing_of_it_is_seen(cast: Cast, island: NewIsland) -> None:
    here = island(6)
    whole_night(cast)
    lists, generation = here.lists(), in_use(cast)
    [newcomer] = here.come()
    cast.database.execute("delete from public.matchmaking_queue")
    night = worked(cast, "rank")
    assert not work(cast, night, fatal=at("put_lists_in_place", False))
    assert (here.lists(), in_use(cast)) == (lists, generation)
    assert not work(cast, night, fatal=at("put_lists_in_place", True))
    assert newcomer.id in here.lists()
    assert in_use(cast) == run_of(cast, night["runId"])["sequence"]


def test_old_lists_are_dropped_and_nothing_else(cast: Cast, island: NewIsland) -> None:
    here = island(8)
    whole_night(cast)
    here.come()
    night = worked(cast, "rank")  # a night that is going on keeps what it has written
    key = cast.stack.service_role_key
    generations = "select array_agg(distinct generation order by generation) from private.lists"
    now_there = [in_use(cast), run_of(cast, night["runId"])["sequence"]]
    assert cast.value(generations) == now_there
    assert ok(cast.rpc(key, "drop_old_lists"))["dropped"] == 0
    assert cast.value(generations) == now_there
    call(cast, "put_lists_in_place", night)
    old = int(cast.value("select count(*) from private.lists where generation = %s", now_there[0]))
    assert ok(cast.rpc(key, "drop_old_lists", most=old - 1))["dropped"] == old - 1
    assert ok(cast.rpc(key, "drop_old_lists", most=old))["dropped"] == 1
    assert cast.value(generations) == now_there[1:]


# Who changes meanwhile.


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "moment",
    [("compare_night", True), ("load_run_page", True), ("store_lists", True), ("put_lists_in_place", False)],
    ids=str,
)
def test_who_changes_during_a_night_is_matched_after_it(
    cast: Cast, island: NewIsland, moment: tuple[str, bool]
) -> None:
    here = island(8)
    whole_night(cast)
    changed, stays = here.members[:2]
    forget_input(cast)
    night = worked(cast, "enter")
    assert not work(cast, night, fatal=at(*moment))
    [newcomer] = here.come()
    cast.database.execute("update public.connect_profiles set min_age = 22 where user_id = %s", [changed.id])
    # A worker has been meanwhile: their lists went into the generation that is on its way out.
    bell(cast)
    assert waiting(cast, changed) is None
    assert work(cast, night)
    for member in (changed, newcomer):
        row = waiting(cast, member)
        assert row is not None
        assert (row["reason"], row["priority"]) == ("renewed", 1)
        assert not [pair for pair in here.listed() if member.id in pair]
    assert waiting(cast, stays) is None
    bell(cast)
    assert {*here.lists()} == {*here.ids}
    assert all(len(row) == 8 for row in here.lists().values())


def test_who_changes_while_members_enter_is_seen_as_they_are_then(cast: Cast, island: NewIsland) -> None:
    """A worker that is killed on the way has kept some of them; another one keeps them as they are by now."""
    here = island(9)
    whole_night(cast)
    changed, paused, erased = here.members[:3]
    forget_input(cast)
    with cast.settings(shard_size=4):
        night = worked(cast, "ready")
        assert not work(cast, night, fatal=at("end_night_step", False))
    [newcomer] = here.come()
    cast.database.execute("update public.connect_profiles set min_age = 22 where user_id = %s", [changed.id])
    ok(cast.rpc(paused, "deactivate"))
    cast.database.execute("delete from auth.users where id = %s", [erased.id])
    let_night_go(cast)
    assert work(cast, take(cast, "worker-2"))
    run = run_of(cast, night["runId"])
    kept = cast.database.execute(
        "select h.user_id::text, h.revision = p.revision from private.pool_history h"
        " left join public.connect_profiles p on p.user_id = h.user_id where h.user_id = any (%s::uuid[])"
        " and h.entered_run <= %s and (h.left_run is null or h.left_run > %s)",
        [here.ids, run["sequence"], run["sequence"]],
    ).fetchall()
    stay = {*here.ids} - {paused.id, erased.id}
    assert sorted(kept) == [(id_, True) for id_ in sorted(stay)]
    assert {*here.lists()} == stay
    assert newcomer.id in here.lists()


MOMENTS = [
    *(("compare_night", True), ("load_run_page", True), ("store_lists", True)),
    *(("store_proposals", True), ("end_night_step", True), ("clear_lists", False), ("clear_lists", True)),
    *(("put_lists_in_place", True), ("drop_old_lists", True), ("requeue_night", True)),
    *(("store_funnels", False), ("store_funnels", True), ("end_night", False)),
]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_who_leaves_during_a_night_is_on_none_of_its_lists(
    cast: Cast, island: NewIsland, moment: tuple[str, bool]
) -> None:
    """Not for readers, and not in what is stored: neither by number nor by what is told of a pair."""
    here = island(9)
    whole_night(cast)
    paused, withdrawn, erased, absent, blocker = here.members[:5]
    event_id, _ = event(cast)
    joined(cast, event_id, *here.members[3:])
    match_id, blocked = cast.database.execute(
        "select id::text, case when user_a = %(me)s then user_b else user_a end::text from public.matches"
        " where %(me)s in (user_a, user_b) and user_a <> all (%(out)s::uuid[])"
        " and user_b <> all (%(out)s::uuid[]) limit 1",
        {"me": blocker.id, "out": [member.id for member in (paused, withdrawn, erased, absent)]},
    ).fetchone() or ("", "")
    assert match_id, "another seed"
    gone = [paused.id, withdrawn.id, erased.id]
    number = (
        "select array_agg(number order by user_id) from private.pool_members where user_id = any (%s::uuid[])"
    )
    numbers = cast.value(number, gone)
    forget_input(cast)
    night = worked(cast, "enter")
    assert not work(cast, night, fatal=at(*moment))
    ok(cast.rpc(paused, "deactivate"))
    ok(cast.rpc(withdrawn, "put_consents", version="v1", switches={}))
    cast.database.execute("delete from auth.users where id = %s", [erased.id])
    cast.database.execute("delete from public.event_members where user_id = %s", [absent.id])
    ok(cast.rpc(blocker, "block_partner", match_id=match_id))
    assert work(cast, night)
    listed = here.listed()
    assert listed
    assert not [pair for pair in listed if {*gone} & {*pair}]
    assert not {(blocker.id, blocked), (blocked, blocker.id)} & listed
    # Whoever is not in the queue any more may still be in what is stored.
    assert cast.value("select count(*) from private.lists where user_id = any (%s::uuid[])", gone) == 0
    assert cast.value("select count(*) from private.lists where candidates && %s::integer[]", numbers) == 0
    assert (
        cast.value(
            "select count(*) from private.lists l"
            " join private.pool_members m on m.number = any (l.candidates)"
            " where l.user_id = any (%s::uuid[]) and m.user_id = any (%s::uuid[])",
            *[[blocker.id, blocked]] * 2,
        )
        == 0
    )
    crooked = "select count(*) from private.lists where length(facts) <> %s * cardinality(candidates)"
    assert cast.value(crooked, FACTS) == 0
    assert absent.id in here.lists()
    at_event = here.lists(event_id)
    assert at_event
    assert absent.id not in at_event
    assert not [1 for row in at_event.values() for candidate, _ in row if candidate == absent.id]
    # Each list is in the order in which it was, its scores beside their candidates.
    whole_lists_hold(cast, here)


def whole_lists_hold(cast: Cast, here: Island) -> None:
    """A pair has the same score and facts on both sides' lists."""
    assert (
        cast.value(
            "select count(*) from public.match_scores a join public.match_scores b"
            " on b.user_id = a.candidate_user_id and b.candidate_user_id = a.user_id"
            " and b.event_id is not distinct from a.event_id"
            " where a.user_id = any (%s::uuid[]) and (a.score, a.mode, a.sub_scores, a.reasons)"
            " is distinct from (b.score, b.mode, b.sub_scores, b.reasons)",
            here.ids,
        )
        == 0
    )


def test_who_leaves_in_the_moment_their_list_is_written(cast: Cast, island: NewIsland) -> None:
    """The worker waits, or neither transaction sees the other's rows: nobody reads what stays behind."""
    here = island(6)
    event_id, _ = event(cast)
    joined(cast, event_id, *here.members)
    leaver, absent, blocker, blocked = here.members[:4]
    pair = cast.pair("proposed", blocker, blocked)
    night = worked(cast, "compare")
    with psycopg.connect(cast.stack.database_url) as leaving, ThreadPoolExecutor(1) as pool:
        leaving.execute(
            "update public.connect_profiles set is_active = false, paused_at = now() where user_id = %s",
            [leaver.id],
        )
        leaving.execute("delete from public.event_members where user_id = %s", [absent.id])
        leaving.execute(
            "insert into public.blocks (match_id, blocker_id, blocked_id, created_at)"
            " values (%s, %s, %s, clock_timestamp())",
            [pair.match_id, blocker.id, blocked.id],
        )
        writing = pool.submit(work, cast, night, "rank")
        wait([writing], timeout=1.0)
        leaving.commit()
        assert writing.result(40) is False
    assert work(cast, night)
    listed = here.listed()
    assert listed
    assert not [pair for pair in listed if leaver.id in pair]
    assert not {(blocker.id, blocked.id), (blocked.id, blocker.id)} & listed
    assert absent.id in here.lists()
    assert absent.id not in {*here.lists(event_id)}
    assert not [1 for row in here.lists(event_id).values() for candidate, _ in row if candidate == absent.id]


def test_a_number_is_never_another_member_s(cast: Cast, island: NewIsland) -> None:
    """Whoever comes back has a new one, so that no list that still held the old one could name them."""
    here = island(3)
    whole_night(cast)
    number = "select number from private.pool_members where user_id = %s"
    member = here.members[0]
    before = cast.value(number, member.id)
    ok(cast.rpc(member, "deactivate"))
    assert cast.value(number, member.id) is None
    ok(cast.rpc(member, "activate", mode="both", consent_version="v1"))
    bell(cast)
    assert cast.value(number, member.id) > before


# Events, the log, and parts.


def test_lists_of_an_event_are_of_its_members_alone(cast: Cast, island: NewIsland) -> None:
    # More than a list holds: the best at the event must not make room for others who are not there.
    here = island(60)
    event_id, _ = event(cast)
    closed, _ = event(cast, enabled=False)
    over, _ = event(cast, ends="-1 hour")
    there = here.members[:9]
    for id_ in (event_id, closed, over):
        joined(cast, id_, *there)
    with cast.settings(shard_size=7):
        row = whole_night(cast)
    at_event = here.lists(event_id)
    ids = {member.id for member in there}
    assert {*at_event} == ids
    assert {candidate for row in at_event.values() for candidate, _ in row} == ids
    assert here.lists(closed) == here.lists(over) == {}
    assert {len(row) for row in at_event.values()} == {8}
    everywhere = here.lists()
    for owner, listed in at_event.items():
        assert [entry for entry in everywhere[owner] if entry[0] in ids] == [
            entry for entry in listed if entry in everywhere[owner]
        ]
    # Proposals of the night are global; whoever has a place left is matched at the event by the next tick.
    assert here.proposed(event_id) == []
    queued = cast.database.execute(
        "select user_id::text from public.matchmaking_queue where event_id = %s and reason = 'renewed'",
        [event_id],
    ).fetchall()
    assert {user for (user,) in queued} <= ids
    assert row["metadata"]["renewed"] >= len(queued)


def test_the_log_of_a_night_holds_each_pair_once(cast: Cast, island: NewIsland) -> None:
    here = island(7)
    event_id, _ = event(cast)
    joined(cast, event_id, *here.members[:3])
    with cast.settings(shard_size=2):
        run = whole_night(cast)
    rows = cast.database.execute(
        "select user_a::text, user_b::text, pair, status, started_at <= finished_at"
        " from public.batch_logs where run_id = %s",
        [run["id"]],
    ).fetchall()
    mine = [row for row in rows if row[0] in here.ids]
    assert len(mine) == 7 * 6 // 2
    assert {frozenset(row[:2]) for row in mine} == {frozenset(pair) for pair in here.listed()}
    assert all(
        a < b and pair == f"{a}_{b}" and (state, ordered) == ("ok", True)
        for a, b, pair, state, ordered in mine
    )
    # A worker of the queue has them evaluated anew; the log follows the lists in use.
    [newcomer] = here.come()
    bell(cast)
    mine = cast.database.execute(
        "select run_id::text, status from public.batch_logs where %s in (user_a, user_b)", [newcomer.id]
    ).fetchall()
    assert mine == [(run["id"], "ok")] * 7
    following = whole_night(cast)
    assert cast.value("select array_agg(distinct run_id::text) from public.batch_logs") == [following["id"]]


def test_no_list_of_a_night_is_longer_than_fifty(cast: Cast, island: NewIsland) -> None:
    here = island(56)
    whole_night(cast)
    assert {len(row) for row in here.lists().values()} == {50}


def test_two_who_open_at_once_open_one(cast: Cast, island: NewIsland) -> None:
    island(5)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: open_night(cast), range(4)))
    assert len({answer["runId"] for answer in answers}) == 1
    assert sorted("resumed" in answer for answer in answers) == [False, True, True, True]


@pytest.mark.parametrize(
    ("part", "steps"), [("charts", STEPS[:1]), ("lists", STEPS[1:-1]), ("funnel", STEPS[-1:])]
)
def test_a_part_of_a_night_can_be_done_alone(
    cast: Cast, island: NewIsland, part: str, steps: tuple[str, ...]
) -> None:
    here = island(4)
    whole_night(cast)
    here.come()
    cast.database.execute("delete from private.funnels")
    did = bell(cast, "nightly", part)
    run = run_of(cast, did["runId"])
    assert (run["status"], done(run), run["metadata"]["only"]) == ("succeeded", [*steps], part)
    funnels = cast.value("select count(*) from private.funnels where user_id = any (%s::uuid[])", here.ids)
    # Of the newcomer no night has seen anything.
    assert funnels == (4 if part == "funnel" else 0)
    assert len(here.lists()) == (5 if part == "lists" else 4)


def test_before_the_first_night_nobody_s_funnel_is_counted(cast: Cast, island: NewIsland) -> None:
    island(2)
    cast.database.execute("delete from public.job_runs")
    did = bell(cast, "nightly", "funnel")
    run = run_of(cast, did["runId"])
    assert (run["status"], "funnels" in run["metadata"]) == ("succeeded", False)
