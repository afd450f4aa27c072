"""Whoever changes or leaves while a night is going: matched after it, and on none of its lists."""

from concurrent.futures import ThreadPoolExecutor, wait

import psycopg
import pytest

from shared.engine.runs.facts import FACTS
from tests.cast import Cast
from tests.database.answers import ok
from tests.database.islands import Island, NewIsland, bell
from tests.database.nights import (
    at,
    forget_input,
    let_night_go,
    run_of,
    take,
    whole_night,
    work,
    worked,
)
from tests.database.queue import event, joined, waiting

pytestmark = pytest.mark.usefixtures("nothing_is_left_running")


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
        night = worked(cast, "charts")
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
