"""The nightly run in pieces: any number of workers, any of them killed, and lists that change all at once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from shared.engine import engine_version
from tests.cast import Cast, Json
from tests.database.answers import ok
from tests.database.islands import Island, begin_anew, bell, inhabited
from tests.database.nights import (
    call,
    eventually,
    forget_input,
    held,
    in_use,
    is_unchanged,
    kept_pool,
    let_shards_go,
    open_night,
    run_of,
    take,
    whole_night,
    work,
    work_off,
)
from tests.database.queue import ENGINE, event, joined, waiting

NewIsland = Callable[..., Island]


@pytest.fixture
def island(cast: Cast) -> Iterator[NewIsland]:
    begin_anew(cast)
    with inhabited(cast) as new:
        yield new


@pytest.fixture(autouse=True)
def _nothing_is_left_running(cast: Cast) -> Iterator[None]:
    yield
    begin_anew(cast)


NIL = "00000000-0000-0000-0000-000000000000"


def is_put(piece: Json) -> bool:
    return bool(piece["work"] == "put_in_place")


def shards(cast: Cast, run_id: str) -> list[Json]:
    rows = cast.database.execute(
        "select to_jsonb(s) from private.job_shards s where s.run_id = %s order by s.number", [run_id]
    ).fetchall()
    return [row for (row,) in rows]


# The ordinary way.


def test_a_bell_renews_lists_and_proposals_of_everybody(cast: Cast, island: NewIsland) -> None:
    here = island(12)
    cast.database.execute("delete from public.matchmaking_queue")
    with cast.settings(shard_size=5):
        did = bell(cast, "match_scores")
    assert did["worked"]["finished"] is True
    assert did["worked"]["shards"] == did["shards"] >= 5
    run = run_of(cast, did["runId"])
    assert (run["status"], run["trigger"], run["progress"], run["error"]) == ("succeeded", "hand", 1, None)
    told = run["metadata"]
    assert told["members"] >= 12
    assert (
        told["stored"] == cast.value("select count(*) from public.matches where run_id = %s", run["id"]) > 0
    )
    assert told["listed"] == cast.value("select count(*) from public.match_scores")
    assert len(told["manifest"]["proposalsDigest"]) == 64
    assert in_use(cast) == run["sequence"]
    assert {*here.lists()} == {*here.ids}
    assert {id_ for pair in here.proposed() for id_ in pair} == {*here.ids}
    assert {pair for pair in here.listed()} == {pair[::-1] for pair in here.listed()}
    # Nobody changed meanwhile, so nobody waits.
    assert told["renewed"] == 0
    assert cast.value("select count(*) from public.matchmaking_queue") == 0


def test_pieces_hold_so_many_members_and_each_member_once(cast: Cast, island: NewIsland) -> None:
    here = island(11)
    with cast.settings(shard_size=4):
        run_id = open_night(cast)["runId"]
    pieces = shards(cast, run_id)
    everybody = int(
        cast.value("select count(*) from public.connect_profiles p where private.is_searching(p)")
    )
    cut = -(-everybody // 4)
    assert [piece["work"] for piece in pieces if piece["event_id"] is None] == [
        *["ready"] * cut,
        *["enter"] * cut,
        "compare",
        *["scores"] * cut,
        *("proposals", "put_in_place"),
        *["requeue"] * cut,
    ]
    for kind in ("ready", "enter", "scores", "requeue"):
        held_by = [piece for piece in pieces if piece["work"] == kind and piece["event_id"] is None]
        for id_ in (*here.ids, "0" * 8 + NIL[8:], "f" * 8 + NIL[8:].replace("0", "f")):
            assert len([1 for p in held_by if p["first_user"] <= id_ <= p["last_user"]]) == 1
    # Where they are cut names nobody.
    ends = {piece[end] for piece in pieces for end in ("first_user", "last_user")}
    assert not ends & {*here.ids}
    progress = []
    while (piece := take(cast))["runId"]:
        work(cast, piece)
        progress.append(run_of(cast, run_id)["progress"])
    assert progress == sorted({*progress})
    assert progress[-1] == 1


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


def test_two_workers_at_once_find_what_one_finds(cast: Cast, island: NewIsland) -> None:
    here = island(16)
    with cast.settings(shard_size=3):
        whole_night(cast)
        alone = here.lists()
        forget_input(cast)
        run_id = open_night(cast)["runId"]
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda name: work_off(cast, name), ("worker-1", "worker-2")))
        # A piece that waits for the other worker's is nobody's yet: whoever comes next takes it.
        done.append(work_off(cast))
    assert run_of(cast, run_id)["status"] == "succeeded"
    numbers = Counter(piece["number"] for taken in done for piece in taken)
    assert set(numbers.values()) == {1}
    assert done[0]
    assert done[1]
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
    again = kept_pool(cast)
    assert take(cast)["runId"] is None
    row = run_of(cast, again["runId"])
    assert (row["status"], row["metadata"]["unchanged"]) == ("succeeded", True)
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


# Workers that die, and runs that are stopped.


def test_a_run_goes_on_where_a_killed_worker_left_it(cast: Cast, island: NewIsland) -> None:
    here = island(10)
    with cast.settings(shard_size=4):
        run_id = kept_pool(cast)["runId"]
    work(cast, take(cast, "worker-1"))
    lost = take(cast, "worker-1")  # and then it is killed
    done = [piece["number"] for piece in shards(cast, run_id) if piece["done_at"]]
    # Whoever opens a run meanwhile joins it; nobody takes the piece while its lease lasts.
    assert open_night(cast) == {"runId": run_id, "resumed": True}
    others = work_off(cast, "worker-2")
    assert lost["number"] not in [piece["number"] for piece in others]
    assert {piece["work"] for piece in others} <= {"scores"}
    assert run_of(cast, run_id)["status"] == "running"
    let_shards_go(cast)
    rest = work_off(cast, "worker-2")
    assert rest[0] == lost | {"attempt": 2}
    assert not {piece["number"] for piece in rest} & {*done}
    assert run_of(cast, run_id)["status"] == "succeeded"
    assert {*here.lists()} == {*here.ids}


def test_a_worker_that_comes_back_too_late_changes_nothing(cast: Cast, island: NewIsland) -> None:
    here = island(6)
    kept_pool(cast)
    late = take(cast, "worker-1")
    let_shards_go(cast)
    fresh = take(cast, "worker-2")
    assert held(fresh) == held(late) | {"attempt": 2}
    assert call(cast, "load_shard", late)["late"] is True
    assert call(cast, "store_scores", late, lists=[]) == {"late": True, "listed": 0}
    assert call(cast, "fail_shard", late, error="x") == {"late": True}
    work(cast, fresh)
    assert call(cast, "store_scores", fresh, lists=[]) == {"late": True, "listed": 0}
    [*_, proposals] = work_off(cast, until=lambda piece: piece["work"] == "proposals")
    let_shards_go(cast)
    work_off(cast, until=is_put)
    stored = len(here.proposed())
    assert call(cast, "store_proposals", proposals, proposals=[])["late"] is True
    assert len(here.proposed()) == stored > 0


def test_a_phase_begins_when_all_before_it_is_done(cast: Cast, island: NewIsland) -> None:
    island(8)
    with cast.settings(shard_size=4):
        open_night(cast)
    pieces: list[Json] = []
    while (piece := take(cast, f"worker-{len(pieces)}"))["runId"]:
        pieces.append(piece)
    assert len(pieces) >= 2
    assert {piece["work"] for piece in pieces} == {"ready"}
    for piece in pieces[1:]:
        work(cast, piece)
    assert take(cast)["runId"] is None
    work(cast, pieces[0])
    order = ["ready"] * len(pieces) + [piece["work"] for piece in work_off(cast)]
    assert order == [piece["work"] for piece in shards(cast, pieces[0]["runId"])]


def test_a_cancelled_run_stops_and_the_lists_in_use_stay(cast: Cast, island: NewIsland) -> None:
    here = island(8)
    whole_night(cast)
    lists, generation = here.lists(), in_use(cast)
    here.come(2)
    with cast.settings(shard_size=3):
        run_id = kept_pool(cast)["runId"]
    stored = "select count(*) from private.match_scores where generation = %s"
    sequence = run_of(cast, run_id)["sequence"]
    while not cast.value(stored, sequence):  # a piece may be nobody's
        work(cast, take(cast))
    piece = take(cast)
    assert cast.value("select public.cancel_job(%s)", run_id) is True
    # The worker that holds a piece stores nothing any more; nobody takes another.
    assert call(cast, "load_shard", piece)["late"] is True
    assert call(cast, "store_scores", piece, lists=[])["late"] is True
    assert take(cast)["runId"] is None
    row = run_of(cast, run_id)
    assert (row["status"], in_use(cast)) == ("cancelled", generation)
    assert {owner: row for owner, row in here.lists().items() if owner in lists} == lists
    # What it had stored is nobody's: it goes with the next clearing.
    assert cast.value(stored, sequence) > 0
    cast.rpc(cast.stack.service_role_key, "drop_old_scores")
    assert cast.value(stored, sequence) == 0
    assert cast.value("select public.cancel_job(%s)", run_id) is False
    assert whole_night(cast)["attempt"] == 1


def test_a_piece_that_fails_time_after_time_fails_the_run_with_its_reason(
    cast: Cast, island: NewIsland
) -> None:
    here = island(6)
    whole_night(cast)
    lists = here.lists()
    here.come()
    run_id = kept_pool(cast)["runId"]
    attempts = int(cast.value("select matchmaking_attempts from public.settings"))
    for attempt in range(1, attempts + 1):
        piece = take(cast)
        assert piece["attempt"] == attempt
        assert call(cast, "fail_shard", piece, error="PoolError: chart: odd") == {"late": False}
    assert take(cast)["runId"] is None
    row = run_of(cast, run_id)
    assert row["status"] == "failed"
    assert row["error"] == f"shard {piece['number']} (scores) failed {attempts} times: PoolError: chart: odd"
    assert {owner: row for owner, row in here.lists().items() if owner in lists} == lists
    # The next one is another attempt of the same job.
    again = open_night(cast)
    assert run_of(cast, again["runId"])["attempt"] == 2


def test_a_piece_that_kills_every_worker_fails_the_run_too(cast: Cast, island: NewIsland) -> None:
    island(4)
    run_id = open_night(cast)["runId"]
    for _ in range(int(cast.value("select matchmaking_attempts from public.settings"))):
        assert take(cast)["runId"] == run_id
        let_shards_go(cast)
    assert take(cast)["runId"] is None
    assert run_of(cast, run_id)["error"].endswith("abandoned by its worker")


def test_a_poisoned_member_costs_nobody_else_the_night(cast: Cast, island: NewIsland) -> None:
    here = island(7)
    poisoned = here.members[0]
    here.poison(poisoned)
    with cast.settings(shard_size=2):
        row = whole_night(cast)
    others = {*here.ids} - {poisoned.id}
    assert {*here.lists()} == others
    assert {id_ for pair in here.proposed() for id_ in pair} == others
    assert row["metadata"]["stored"] > 0


def test_another_engine_takes_the_night_over(cast: Cast, island: NewIsland) -> None:
    """A new deployment comes halfway: the run of the old engine ends, and the two never mix."""
    here = island(6)
    whole_night(cast)
    here.come()
    old = kept_pool(cast)["runId"]
    work(cast, take(cast))
    try:
        new = open_night(cast, "another-1")["runId"]
        row = run_of(cast, old)
        assert (row["status"], row["error"]) == ("failed", "superseded by another engine")
        # Workers of the old one find nothing to do, and open nothing.
        assert take(cast)["runId"] is None
        assert open_night(cast) == {"runId": None, "superseded": True}
        assert take(cast, engine="another-1")["runId"] == new
        assert cast.value("select array_agg(distinct engine_version) from public.match_scores") == [ENGINE]
    finally:
        begin_anew(cast)


# Changing over.


def test_readers_see_one_generation_or_the_other_never_both(cast: Cast, island: NewIsland) -> None:
    """One reads all the time, one holds a snapshot from before: neither sees two engines, nor half of one."""
    here = island(12)
    whole_night(cast)
    cast.database.execute("update private.match_scores set engine_version = 'older-1'")
    forget_input(cast)
    with cast.settings(shard_size=2):
        open_night(cast)
        [*_, put] = work_off(cast, until=is_put)
    seen: set[tuple[str, ...]] = set()
    counts: set[int] = set()
    stop = threading.Event()

    def read_on() -> None:
        with psycopg.connect(cast.stack.database_url, autocommit=True) as reader:
            while not stop.is_set():
                row = reader.execute(
                    "select array_agg(distinct engine_version), count(*) from public.match_scores"
                    " where user_id = any (%s::uuid[])",
                    [here.ids],
                ).fetchone()
                assert row is not None
                seen.add(tuple(row[0]))
                counts.add(row[1])

    with psycopg.connect(cast.stack.database_url) as before, ThreadPoolExecutor(1) as pool:
        before.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        look = "select array_agg(distinct engine_version), count(*) from public.match_scores"
        first = before.execute(look).fetchone()
        reading = pool.submit(read_on)
        eventually(lambda: seen == {("older-1",)})
        assert work(cast, put)
        eventually(lambda: (engine_version(),) in seen)
        stop.set()
        reading.result(60)
        # The snapshot holds all of the old generation although it is gone; the other saw a clean cut.
        assert first is not None
        assert first[0] == ["older-1"]
        assert before.execute(look).fetchone() == first
    assert seen == {("older-1",), (engine_version(),)}
    assert len(counts) == 1
    with psycopg.connect(cast.stack.database_url) as after:
        row = after.execute(look).fetchone()
        assert row is not None
        assert row[0] == [engine_version()]


def test_until_it_is_put_in_place_nothing_of_it_is_seen(cast: Cast, island: NewIsland) -> None:
    here = island(6)
    whole_night(cast)
    lists, generation = here.lists(), in_use(cast)
    [newcomer] = here.come()
    cast.database.execute("delete from public.matchmaking_queue")
    run_id = open_night(cast)["runId"]
    [*_, put] = work_off(cast, until=is_put)
    assert (here.lists(), in_use(cast)) == (lists, generation)
    work(cast, put)
    assert newcomer.id in here.lists()
    assert in_use(cast) == run_of(cast, run_id)["sequence"]


def test_old_lists_are_dropped_and_nothing_else(cast: Cast, island: NewIsland) -> None:
    here = island(8)
    whole_night(cast)
    here.come()
    run_id = kept_pool(cast)["runId"]
    work(cast, take(cast))  # a night that is going on keeps what it has written
    key = cast.stack.service_role_key
    generations = "select array_agg(distinct generation order by generation) from private.match_scores"
    now_there = [in_use(cast), run_of(cast, run_id)["sequence"]]
    assert cast.value(generations) == now_there
    assert ok(cast.rpc(key, "drop_old_scores"))["dropped"] == 0
    assert cast.value(generations) == now_there
    [*_, put] = work_off(cast, until=is_put)
    call(cast, "put_scores_in_place", put)
    old = int(cast.value("select count(*) from private.match_scores where generation = %s", now_there[0]))
    assert ok(cast.rpc(key, "drop_old_scores", most=old - 1))["dropped"] == old - 1
    assert ok(cast.rpc(key, "drop_old_scores", most=old))["dropped"] == 1
    assert cast.value(generations) == now_there[1:]


# Who changes meanwhile.


def test_who_changes_during_a_run_is_matched_after_it(cast: Cast, island: NewIsland) -> None:
    here = island(8)
    whole_night(cast)
    changed, stays = here.members[:2]
    with cast.settings(shard_size=3):
        forget_input(cast)
        kept_pool(cast)
    work(cast, take(cast))
    [newcomer] = here.come()
    cast.database.execute("update public.connect_profiles set min_age = 22 where user_id = %s", [changed.id])
    # A worker has been meanwhile: their lists went into the generation that is on its way out.
    bell_of_the_queue(cast)
    assert waiting(cast, changed) is None
    work_off(cast)
    for member in (changed, newcomer):
        row = waiting(cast, member)
        assert row is not None
        assert (row["reason"], row["priority"]) == ("renewed", 1)
        assert not [pair for pair in here.listed() if member.id in pair]
    assert waiting(cast, stays) is None
    bell(cast)
    assert {*here.lists()} == {*here.ids}
    assert all(len(row) == 8 for row in here.lists().values())


def bell_of_the_queue(cast: Cast) -> None:
    """A worker that takes members and no pieces: those are held by somebody else."""
    cast.database.execute(
        "update private.job_shards set leased_until = now() + interval '1 hour' where done_at is null"
    )
    bell(cast)
    cast.database.execute("update private.job_shards set leased_until = null where done_at is null")


@pytest.mark.parametrize("written", [False, True], ids=["before the lists are written", "after"])
def test_who_leaves_during_a_run_is_on_none_of_its_lists(
    cast: Cast, island: NewIsland, written: bool
) -> None:
    here = island(8)
    whole_night(cast)
    paused, withdrawn, erased, blocker = here.members[:4]
    match_id, blocked = cast.database.execute(
        "select id::text, case when user_a = %(me)s then user_b else user_a end::text from public.matches"
        " where %(me)s in (user_a, user_b) limit 1",
        {"me": blocker.id},
    ).fetchone() or ("", "")
    forget_input(cast)
    kept_pool(cast)
    if written:
        [*_, put] = work_off(cast, until=is_put)
    else:
        loaded = take(cast)
        call(cast, "load_shard", loaded)
    ok(cast.rpc(paused, "deactivate"))
    ok(cast.rpc(withdrawn, "put_consents", version="v1", switches={}))
    cast.database.execute("delete from auth.users where id = %s", [erased.id])
    ok(cast.rpc(blocker, "block_partner", match_id=match_id))
    if written:
        work(cast, put)
    else:
        work(cast, loaded)
        work_off(cast)
    listed = here.listed()
    assert listed
    assert not [pair for pair in listed if {paused.id, withdrawn.id, erased.id} & {*pair}]
    assert not {(blocker.id, blocked), (blocked, blocker.id)} & listed
    assert cast.value("select count(*) from private.match_scores where user_id = %s", withdrawn.id) == 0


def test_who_leaves_in_the_moment_their_list_is_written(cast: Cast, island: NewIsland) -> None:
    """Neither transaction sees the other's rows: what stays behind is gone before anybody reads it."""
    here = island(6)
    event_id, _ = event(cast)
    joined(cast, event_id, *here.members)
    leaver, absent, blocker, blocked = here.members[:4]
    pair = cast.pair("proposed", blocker, blocked)
    kept_pool(cast)
    leaving = psycopg.connect(cast.stack.database_url)
    try:
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
        first, *_ = work_off(cast, until=lambda piece: piece["work"] == "proposals")
        assert first["work"] == "scores"
        leaving.commit()
    finally:
        leaving.close()
    let_shards_go(cast)
    work_off(cast)
    listed = here.listed()
    assert listed
    assert not [pair for pair in listed if leaver.id in pair]
    assert not {(blocker.id, blocked.id), (blocked.id, blocker.id)} & listed
    assert absent.id in here.lists()
    assert absent.id not in {*here.lists(event_id)}
    assert not [1 for row in here.lists(event_id).values() for candidate, _ in row if candidate == absent.id]


# Events and the log.


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
        "select user_a::text, user_b::text, pair, status::text, started_at <= finished_at"
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
    # It can be turned off; the next purge keeps the last night that noted any.
    forget_input(cast)
    with cast.settings(batch_log_pairs=False):
        silent = whole_night(cast)
    assert cast.value("select count(*) from public.batch_logs where run_id = %s", silent["id"]) == 0
    here.come()
    noted = whole_night(cast)
    cast.database.execute("select private.purge()")
    assert cast.value("select array_agg(distinct run_id::text) from public.batch_logs") == [noted["id"]]


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
