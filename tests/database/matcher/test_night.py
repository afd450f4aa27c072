"""The night as it is when nothing goes wrong: what it makes, and that its lists change all at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from shared.engine import engine_version
from tests.cast import Cast
from tests.database.answers import ok
from tests.database.islands import NewIsland, bell
from tests.database.nights import (
    STEPS,
    at,
    call,
    done,
    eventually,
    forget_input,
    in_use,
    is_unchanged,
    open_night,
    run_of,
    take,
    whole_night,
    work,
    worked,
)
from tests.database.queue import event, joined

pytestmark = pytest.mark.usefixtures("nothing_is_left_running")

NIL = "00000000-0000-0000-0000-000000000000"


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
    assert done(row) == ["charts", "quiz", "interests", "enter", "compare", "funnel"]
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
    ("part", "steps"), [("charts", STEPS[:1]), ("lists", STEPS[3:-1]), ("funnel", STEPS[-1:])]
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
