"""The whole way of a bell: queue, candidates, engine, lists and proposals, in the real stack."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from scripts.stack.throwaway import Running
from shared.engine import engine_version
from tests.cast import Cast, Json, Member
from tests.database.answers import ok
from tests.database.islands import Island, NewIsland, begin_anew, bell
from tests.database.lists import entry
from tests.database.queue import (
    ENGINE,
    claim,
    claims,
    complete,
    event,
    joined,
    let_lease_end,
    load,
    parked,
    users,
    waiting,
)
from tests.database.runs import during, offer
from tests.database.work import waiting_for_locks
from tests.server.served import until


def test_newcomers_are_matched_on_the_next_bell_and_the_run_says_so(cast: Cast, island: NewIsland) -> None:
    here = island(8)
    did = bell(cast)
    assert (did["completed"], did["finished"], did["batches"]) == (8, True, 1)
    assert not any(waiting(cast, member) for member in here.members)
    proposed = here.proposed()
    assert did["proposed"] == len(proposed) == len({*proposed})
    assert {id_ for pair in proposed for id_ in pair} == {*here.ids}
    run = cast.value("select to_jsonb(j) from public.job_runs j where j.id = %s", did["runId"])
    assert (run["name"], run["status"], run["trigger"], run["engine_version"]) == (
        *("matcher", "succeeded", "hand"),
        engine_version(),
    )
    assert run["scope"].startswith("worker-")
    assert run["progress"] == 1
    told = {name: value for name, value in did.items() if name not in ("ok", "runId")}
    assert run["metadata"] == told
    credited = cast.value("select count(*) from public.matches where run_id = %s", did["runId"])
    assert credited == len(proposed)
    # Everybody fits everybody here by the filters; who scores 50 or more together is on both lists.
    lists = here.lists()
    assert {*lists} == {*here.ids}
    assert {pair for pair in here.listed()} == {pair[::-1] for pair in here.listed()}
    assert all(score >= 50 for row in lists.values() for _, score in row)
    assert {frozenset(pair) for pair in here.listed()} >= {*proposed}


def test_a_bell_with_nothing_to_do_leaves_no_row(cast: Cast, island: NewIsland) -> None:
    runs = "select count(*) from public.job_runs where name = 'matcher'"
    before = cast.value(runs)
    assert bell(cast)["batches"] == 0
    assert cast.value(runs) == before


def test_again_without_a_change_adds_nothing(cast: Cast, island: NewIsland) -> None:
    here = island(6)
    bell(cast)
    lists, proposed = here.lists(), here.proposed()
    cast.database.execute(
        "select private.enqueue(%s::uuid[], null, 0, 'hand')", [here.ids]
    )  # everybody once more, by hand
    assert bell(cast)["proposed"] == 0
    assert here.lists() == lists
    assert here.proposed() == proposed


def test_batches_in_any_size_give_the_same_lists(cast: Cast, island: NewIsland) -> None:
    """Nobody's list depends on who was claimed beside them: each alone, then all at once."""
    here = island(9)
    while True:
        claimed = claim(cast, 1)
        if not claimed["claimed"]:
            break
        bell_of_one(cast, here)
    alone = here.lists()
    assert sum(map(len, alone.values())) > 10
    cast.database.execute("select private.enqueue(%s::uuid[], null, 0, 'hand')", [here.ids])
    bell(cast)
    assert here.lists() == alone


def bell_of_one(cast: Cast, here: Island) -> None:
    """Whoever is claimed is given to the worker alone: the others' turn has not come."""
    cast.database.execute("update private.matchmaking_leases set leased_until = now()")
    cast.database.execute(
        "update public.matchmaking_queue q set available_at = now() + interval '1 hour' where not exists"
        " (select from private.matchmaking_leases l where l.queue_id = q.id)"
    )
    bell(cast)
    cast.database.execute("update public.matchmaking_queue set available_at = now()")


def test_one_change_touches_one_list_and_its_entries_on_others(cast: Cast, island: NewIsland) -> None:
    here, elsewhere = island(10), island(4)
    bell(cast)
    changed = here.members[3]

    def rows() -> dict[tuple[str, str], tuple[str, str]]:
        """What is told of each pair, and when it was stored."""
        found = cast.database.execute(
            "select l.user_id::text, m.user_id::text, l.xmin::text, (e.score, e.facts)::text"
            " from private.lists l cross join lateral private.entries_of(l) e"
            " join private.pool_members m on m.number = e.candidate"
        ).fetchall()
        return {(owner, candidate): (at, told) for owner, candidate, at, told in found}

    before = rows()
    with cast.settings(matchmaking_fan_out=0):
        cast.database.execute(
            "update public.connect_profiles set min_age = 19 where user_id = %s", [changed.id]
        )
        did = bell(cast)
    assert (did["completed"], did["improved"]) == (1, 0)
    after = rows()
    assert {*after} == {*before}
    # A list is one row: that of the member, and those that the member is on, are written, and no other.
    written = {owner for owner, candidate in after if after[owner, candidate] != before[owner, candidate]}
    assert written == {*here.ids}
    assert {*elsewhere.lists()} == {*elsewhere.ids}
    assert {pair: told for pair, (_, told) in after.items() if changed.id not in pair} == {
        pair: told for pair, (_, told) in before.items() if changed.id not in pair
    }


def test_who_fits_no_more_is_on_no_list_any_more(cast: Cast, island: NewIsland) -> None:
    here = island(6)
    bell(cast)
    changed = here.members[0]
    assert any(changed.id in pair for pair in here.listed())
    # Everybody here is of one age: this window holds nobody.
    cast.database.execute(
        "update public.connect_profiles set min_age = 80, max_age = 90 where user_id = %s", [changed.id]
    )
    bell(cast)
    assert not [pair for pair in here.listed() if changed.id in pair]
    assert here.lists()


def test_a_poisoned_member_is_parked_alone_and_delays_nobody(cast: Cast, island: NewIsland) -> None:
    here = island(7)
    poisoned = here.members[2]
    here.poison(poisoned)
    did = bell(cast)
    # Nobody else waited a moment longer: they are done in the very same batch.
    assert (did["completed"], did["failed"], did["parked"], did["batches"]) == (6, 1, 0, 1)
    healthy = {*here.ids} - {poisoned.id}
    assert {id_ for pair in here.proposed() for id_ in pair} == healthy
    assert {id_ for pair in here.listed() for id_ in pair} == healthy
    attempts = int(cast.value("select matchmaking_attempts from public.settings"))
    for attempt in range(2, attempts + 1):
        assert bell(cast)["batches"] == 0  # it waits, longer each time
        let_lease_end(cast)
        [newcomer] = here.come()
        did = bell(cast)
        assert (did["completed"], did["failed"], did["parked"]) == (1, 1, int(attempt == attempts))
        assert any(newcomer.id in pair for pair in here.listed())
    assert waiting(cast, poisoned) is None
    row = parked(cast, poisoned)
    assert row is not None
    assert (row["attempts"], row["last_error"]) == (attempts, "PoolError: a column cannot be read")
    assert parked(cast, here.members[0]) is None
    assert cast.value("select status::text from public.matchmaking_jobs where event_id is null") == "error"
    # Mended: a change brings them back, and then they are matched.
    cast.database.execute("delete from public.birth_charts where user_id = %s", [poisoned.id])
    assert cast.value("select public.unpark_matchmaking()") == 1
    assert bell(cast)["completed"] == 1
    assert any(poisoned.id in pair for pair in here.listed())
    assert cast.value("select status::text from public.matchmaking_jobs where event_id is null") == "idle"


def test_two_pools_keep_caps_and_never_repeat_a_pair(cast: Cast, island: NewIsland) -> None:
    here = island(8)
    event_id, _ = event(cast)
    joined(cast, event_id, *here.members)
    did = bell(cast)
    assert did["completed"] == 16
    everywhere, there = here.proposed(), here.proposed(event_id)
    pairs = everywhere + there
    assert len(pairs) == len({*pairs})
    taken = Counter(id_ for pair in pairs for id_ in pair)
    assert max(taken.values()) <= cast.value("select live_match_cap from public.settings")
    # Full after the first pool: lists are kept in both all the same.
    assert {*here.lists()} == {*here.lists(event_id)} == {*here.ids}
    assert here.lists() == here.lists(event_id)


def test_an_event_proposes_whom_the_global_pool_has_left(cast: Cast, island: NewIsland) -> None:
    here = island(8)
    with cast.settings(live_match_cap=2):
        bell(cast)
    before = here.proposed()
    event_id, _ = event(cast)
    joined(cast, event_id, *here.members[:5])
    bell(cast)
    there = here.proposed(event_id)
    assert there
    assert not {*there} & {*before}
    assert {id_ for pair in there for id_ in pair} <= {*here.ids[:5]}
    assert all(pair <= {*here.ids[:5]} for pair in there)
    at_event = cast.value("select count(*) from public.match_scores where event_id = %s", event_id)
    assert at_event > 0


# Whom no list may hold.


def test_who_leaves_is_on_no_list_at_once_nor_after_the_next_bell(cast: Cast, island: NewIsland) -> None:
    here = island(8)
    bell(cast)
    paused, withdrawn, erased, stays = here.members[:4]
    [match_id] = cast.database.execute(
        "select id::text from public.matches where %s in (user_a, user_b) order by created_at limit 1",
        [stays.id],
    ).fetchone() or [None]
    blocked = cast.value(
        "select case when user_a = %s then user_b else user_a end::text from public.matches where id = %s",
        stays.id,
        match_id,
    )
    lists = here.listed()
    assert (stays.id, blocked) in lists
    ok(cast.rpc(paused, "deactivate"))
    ok(cast.rpc(withdrawn, "put_consents", version="v1", switches={}))
    cast.database.execute("delete from auth.users where id = %s", [erased.id])
    ok(cast.rpc(stays, "block_partner", match_id=match_id))

    def gone() -> None:
        assert not [pair for pair in here.listed() if {paused.id, erased.id} & {*pair}]
        assert not {(stays.id, blocked), (blocked, stays.id)} & here.listed()

    gone()
    assert not [pair for pair in here.listed() if withdrawn.id in pair]
    bell(cast)
    gone()
    # Who withdrew what they told is matched still, by what is left: nothing of it is on any list.
    told = cast.database.execute(
        "select sub_scores from public.match_scores where %s in (user_id, candidate_user_id)", [withdrawn.id]
    ).fetchall()
    assert told
    assert all(parts == {} for (parts,) in told)
    for member in here.members:
        assert len([pair for pair in here.listed() if pair[0] == member.id]) <= 50


def taken(cast: Cast, member: Member, *, event: str | None = None) -> list[Json]:
    """A worker's claim of this member, who is at the head of the queue, loaded."""
    while True:
        claimed = claim(cast, 1)
        if (claimed["eventId"], users(claimed)) == (event, [member.id]):
            named = claims(claimed)
            load(cast, named)
            return named


@pytest.mark.parametrize(
    "leaving",
    [
        "update public.connect_profiles set is_active = false, paused_at = now() where user_id = %s",
        "delete from auth.users where id = %s",
        "select private.forget_signal(%s, 'values')",
    ],
    ids=["pause", "erasure", "withdrawal"],
)
def test_who_leaves_while_lists_are_stored_is_on_none(cast: Cast, island: NewIsland, leaving: str) -> None:
    """Their transaction has begun and not ended when the worker stores: neither sees the other's rows."""
    here = island(2)
    asking, leaver = here.members
    named, rows = taken(cast, asking), entry(cast, asking, leaver)
    _, done, waited = during(cast, lambda: complete(cast, named, lists=rows), leaving, leaver.id)
    assert waited
    assert done["completed"] == 1
    assert here.listed() == set()


def test_who_blocks_while_lists_are_stored_meets_nobody_again(cast: Cast, island: NewIsland) -> None:
    here = island(2)
    asking, leaver = here.members
    pair = cast.pair("proposed", leaver, asking)
    named, rows = taken(cast, asking), entry(cast, asking, leaver)
    claims_of = json.dumps({"sub": leaver.id, "role": "authenticated", "aud": "authenticated"})
    during(
        cast,
        lambda: complete(cast, named, lists=rows),
        "select public.block_partner(%s) from (select set_config('request.jwt.claims', %s, true)) as _",
        pair.match_id,
        claims_of,
    )
    assert here.listed() == set()


def test_and_the_other_way_round_they_find_what_was_stored(cast: Cast, island: NewIsland) -> None:
    """The worker's transaction has stored and not ended when the member pauses: the pause waits for it."""
    here = island(2)
    asking, leaver = here.members
    named, rows = taken(cast, asking), entry(cast, asking, leaver)
    during(
        cast,
        lambda: ok(cast.rpc(leaver, "deactivate")),
        "select public.complete_matchmaking(%s, %s, null, %s)",
        json.dumps(named),
        ENGINE,
        json.dumps(rows),
    )
    assert here.listed() == set()


def test_who_has_left_an_event_is_on_no_list_and_proposed_to_nobody_there(
    cast: Cast, island: NewIsland
) -> None:
    """They left between the loading and the storing: what was computed names them still."""
    here = island(2)
    asking, leaver = here.members
    event_id, code = event(cast)
    joined(cast, event_id, asking, leaver)
    named, rows = taken(cast, asking, event=event_id), entry(cast, asking, leaver)
    ok(cast.rpc(leaver, "leave_event", event_code=code))
    done = complete(cast, named, lists=rows, proposals=[offer(cast, asking, leaver)])
    assert (done["completed"], done["listed"], done["stored"]) == (1, 0, 0)
    assert here.listed() == set()


def test_who_leaves_an_event_while_its_lists_are_stored(cast: Cast, island: NewIsland) -> None:
    here = island(2)
    asking, leaver = here.members
    event_id, _ = event(cast)
    joined(cast, event_id, asking, leaver)
    named, rows = taken(cast, asking, event=event_id), entry(cast, asking, leaver)
    leaving = "delete from public.event_members where user_id = %s"
    during(cast, lambda: complete(cast, named, lists=rows), leaving, leaver.id)
    assert here.listed() == set()


def test_two_who_are_on_each_other_s_lists_may_leave_at_the_same_instant(
    stack: Running, cast: Cast, island: NewIsland
) -> None:
    """One entry is held until both have begun: neither has by then what the other one needs."""
    here = island(2)
    bell(cast)
    one, other = here.members
    # A match that both are in would let one wait for the other before all else.
    cast.database.execute("delete from public.matches where %s in (user_a, user_b)", [one.id])
    with psycopg.connect(stack.database_url) as third, ThreadPoolExecutor(2) as pool:
        third.execute(
            "select from private.lists where user_id = %s for update",
            [other.id],
        )
        leaving = []
        for member in (other, one):
            leaving.append(pool.submit(cast.rpc, member, "deactivate"))
            until(lambda: waiting_for_locks(third) == len(leaving))
        third.commit()
        assert [left.result(30).status_code for left in leaving] == [200, 200]
    assert here.listed() == set()


# Bounds.


@pytest.mark.parametrize("fan_out", [0, 2])
def test_a_newcomer_queues_no_more_than_the_fan_out(cast: Cast, island: NewIsland, fan_out: int) -> None:
    """Nobody here has met anybody, and everybody has places; then somebody comes."""
    here = island(8)
    begin_anew(cast)
    [newcomer] = here.come()
    here.be_counted()
    named = taken(cast, newcomer)
    rows = entry(cast, newcomer, *here.members[:8])
    with cast.settings(matchmaking_fan_out=fan_out):
        assert complete(cast, named, lists=rows)["improved"] == fan_out
    reasons = cast.database.execute("select distinct reason::text from public.matchmaking_queue").fetchall()
    assert reasons == ([("improved",)] if fan_out else [])
    # And whoever was queued for their sake queues nobody.
    assert bell(cast)["completed"] == fan_out


def test_who_has_no_place_left_queues_nobody(cast: Cast, island: NewIsland) -> None:
    here = island(12)
    bell(cast)
    here.come()
    did = bell(cast)
    assert (did["completed"], did["improved"]) == (1, 0)


def test_no_list_is_longer_than_fifty_however_many_come(cast: Cast, island: NewIsland) -> None:
    here = island(0)
    vector = [1.0, *[0.0] * 15]
    here.come(58, vector)
    bell(cast)
    assert {*here.lists()} == {*here.ids}
    assert max(len(row) for row in here.lists().values()) == 50
    here.come(5, vector)
    bell(cast)
    assert {*here.lists()} == {*here.ids}
    assert max(len(row) for row in here.lists().values()) == 50


def test_offers_of_one_s_own_are_stored_once_whoever_asks(cast: Cast, island: NewIsland) -> None:
    """Both sides of a pair in two batches of two workers: one match."""
    here = island(2)
    one, other = here.members
    here.be_counted()
    first, second = claims(claim(cast, 1, "worker-1")), claims(claim(cast, 1, "worker-2"))
    made = offer(cast, one, other)
    stored = [complete(cast, named, proposals=[made])["stored"] for named in (first, second)]
    assert sorted(stored) == [0, 1]
    assert len(here.proposed()) == 1
