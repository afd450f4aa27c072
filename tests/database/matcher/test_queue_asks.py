"""Who gets into the queue, why, and how little is written for it."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from scripts.stack.ring import ring
from scripts.stack.throwaway import Running
from tests.cast import Cast, Member
from tests.database.answers import ok
from tests.database.lists import put_on
from tests.database.queue import claim, empty, event, joined, parked, users, waiting
from tests.database.runs import VECTOR


def _handled(cast: Cast, *members: Member) -> None:
    """The queue without these members: a worker has been."""
    cast.database.execute(
        "delete from public.matchmaking_queue where user_id = any (%s::uuid[])", [[m.id for m in members]]
    )


@pytest.fixture
def writes(superuser: psycopg.Connection[Any]) -> Iterator[Callable[[], int]]:
    """Rows inserted into, updated in and deleted from the queue, by whomever, since the test began."""
    superuser.execute("create table public.counted (writes integer)")
    superuser.execute("grant insert on public.counted to public")
    superuser.execute(
        "create function public.count_write() returns trigger language plpgsql security definer as"
        " $$ begin insert into public.counted values (1); return null; end $$"
    )
    superuser.execute(
        "create trigger counted after insert or update or delete on public.matchmaking_queue"
        " for each row execute function public.count_write()"
    )

    def counted() -> int:
        row = superuser.execute("select count(*) from public.counted").fetchone()
        assert row is not None
        return int(row[0])

    try:
        yield counted
    finally:
        superuser.execute("drop trigger counted on public.matchmaking_queue")
        superuser.execute("drop function public.count_write()")
        superuser.execute("drop table public.counted")


def test_who_opts_in_is_queued_as_a_newcomer(cast: Cast) -> None:
    member = cast.member(active=False)
    assert waiting(cast, member) is None
    ok(cast.rpc(member, "activate", mode="both", consent_version="v1"))
    row = waiting(cast, member)
    assert row is not None
    assert (row["priority"], row["reason"], row["event_id"]) == (0, "joined", None)


@pytest.mark.parametrize(
    "change",
    [
        "update public.connect_profiles set min_age = 30 where user_id = %s",
        "update public.users set birth_date = '1980-02-02' where id = %s",
        "insert into public.matching_preferences (user_id, traits) values (%s, '{smokes}')",
        "insert into public.work_profiles (user_id, industry) values (%s, 'design')",
        "insert into public.user_features (user_id, activity_score) values (%s, 10)",
        "insert into public.consents (user_id, version, kind, signals)"
        " values (%s, 'v1', 'switched', '{values}')",
    ],
)
def test_every_change_of_what_the_engine_reads_asks_again(cast: Cast, change: str) -> None:
    member = cast.member(signals="{values}")
    _handled(cast, member)
    cast.database.execute(change, [member.id])
    row = waiting(cast, member)
    assert row is not None
    assert (row["priority"], row["reason"]) == (2, "changed")


def test_new_vectors_interests_and_a_put_profile_ask_again(cast: Cast) -> None:
    member = cast.member(signals="{values}")
    vectors = {name: str(VECTOR) for name in ("values_vector", "communication_vector", "life_goals_vector")}
    key = cast.stack.service_role_key
    _handled(cast, member)
    ok(cast.rpc(key, "store_profile_vectors", user_id=member.id, readiness=50, **vectors))
    assert waiting(cast, member)
    _handled(cast, member)
    ok(cast.rpc(member, "put_interests", interests=["chess"]))
    assert waiting(cast, member)
    _handled(cast, member)
    told = {"display_name": "N", "birth_date": "1990-05-17", "gender": "female", "lang_primary": "en"}
    ok(cast.rpc(member, "put_profile", tz="Europe/Paris", **told))
    assert waiting(cast, member)


def test_a_stored_chart_asks_for_nothing(cast: Cast) -> None:
    """The matcher stores it for somebody it is matching: asking again would never end."""
    member = cast.member(signals="{birthData}")
    _handled(cast, member)
    cast.database.execute(
        "insert into public.birth_charts"
        " (user_id, radix_json, design_json, packed, input_hash, engine_version)"
        " values (%s, '{}', '{}', '{1}', repeat('0', 64), 'v1')",
        [member.id],
    )
    assert waiting(cast, member) is None


def test_a_pause_leaves_the_queue_and_every_list(cast: Cast) -> None:
    a, b = cast.member(), cast.member()
    put_on(cast, a, b)
    put_on(cast, b, a)
    listed = "select count(*) from public.match_scores where %s in (user_id, candidate_user_id)"
    assert cast.value(listed, a.id) == 2
    ok(cast.rpc(a, "deactivate"))
    assert waiting(cast, a) is None
    assert cast.value(listed, a.id) == 0
    ok(cast.rpc(a, "activate", mode="both", consent_version="v1"))
    row = waiting(cast, a)
    assert row is not None
    assert row["reason"] == "joined"


def test_a_pause_with_an_end_waits_in_the_queue_for_it(cast: Cast) -> None:
    empty(cast)
    member = cast.member()
    until = cast.value("select to_jsonb(now() + interval '2 hours')")
    ok(cast.rpc(member, "deactivate", until=until))
    row = waiting(cast, member)
    assert row is not None
    assert row["available_at"] == until
    assert member.id not in users(claim(cast, 1000))


def test_who_leaves_a_match_is_matched_again_and_the_other_only_when_it_ends(cast: Cast) -> None:
    pair = cast.pair()
    _handled(cast, pair.a, pair.b)
    ok(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="decline"))
    row = waiting(cast, pair.a)
    assert row is not None
    assert (row["priority"], row["reason"]) == (1, "freed")
    assert waiting(cast, pair.b) is None
    cast.let_end(pair)
    cast.database.execute("select private.expire_matches()")
    assert waiting(cast, pair.b)


def test_a_closed_chat_frees_both(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    _handled(cast, pair.a, pair.b)
    ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id))
    assert waiting(cast, pair.a)
    assert waiting(cast, pair.b)


def test_when_another_proposal_may_be_made(cast: Cast) -> None:
    """Who left is asked about again when the oldest of the proposals that count no longer does."""
    pair = cast.pair("blind_chat_active")
    cast.database.execute(
        "update public.matches set created_at = now() - interval '10 hours' where id = %s", [pair.match_id]
    )
    _handled(cast, pair.a, pair.b)
    with cast.settings(proposals_per_lifetime=1):
        ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id))
    row = waiting(cast, pair.a)
    assert row is not None
    left = "extract(epoch from %s::timestamptz - now()) / 3600"
    assert 61 < cast.value(f"select {left}", row["available_at"]) < 63


def test_an_event_that_is_enabled_queues_everybody_first_and_disabled_nobody(cast: Cast) -> None:
    event_id, _ = event(cast, enabled=False)
    members = [cast.member() for _ in range(3)]
    paused = cast.member()
    joined(cast, event_id, *members, paused)
    ok(cast.rpc(paused, "deactivate"))
    assert waiting(cast, members[0], event_id) is None
    cast.database.execute("update public.events set matchmaking_enabled = true where id = %s", [event_id])
    rows = [waiting(cast, member, event_id) for member in members]
    assert [(row["priority"], row["reason"]) for row in rows if row] == [(3, "enabled")] * 3
    assert waiting(cast, paused, event_id) is None
    # Waiting in several pools at once: the global row is another one.
    assert waiting(cast, members[0]) is not None
    cast.database.execute("update public.events set matchmaking_enabled = false where id = %s", [event_id])
    assert waiting(cast, members[0], event_id) is None
    assert waiting(cast, members[0]) is not None


def test_who_comes_to_an_event_waits_there_and_who_leaves_does_not(cast: Cast) -> None:
    event_id, code = event(cast)
    member = cast.member()
    _handled(cast, member)
    ok(cast.rpc(member, "join_event", event_code=code.upper()))
    row = waiting(cast, member, event_id)
    assert row is not None
    assert (row["priority"], row["reason"]) == (0, "joined")
    assert waiting(cast, member) is None
    ok(cast.rpc(member, "join_event", event_code=code))
    ok(cast.rpc(member, "leave_event", event_code=code))
    assert waiting(cast, member, event_id) is None


def test_a_change_asks_in_every_pool_the_member_is_in(cast: Cast) -> None:
    open_event, closed_event, over = (
        event(cast)[0],
        event(cast, enabled=False)[0],
        event(cast, ends="-1 hour")[0],
    )
    member = cast.member()
    joined(cast, open_event, member)
    joined(cast, closed_event, member)
    joined(cast, over, member)
    _handled(cast, member)
    cast.database.execute("update public.connect_profiles set min_age = 31 where user_id = %s", [member.id])
    assert waiting(cast, member)
    assert waiting(cast, member, open_event)
    assert waiting(cast, member, closed_event) is None
    assert waiting(cast, member, over) is None


def test_asking_again_keeps_the_place_raises_the_priority_and_unparks(cast: Cast) -> None:
    member = cast.member()
    first = waiting(cast, member)
    cast.database.execute("update public.connect_profiles set min_age = 33 where user_id = %s", [member.id])
    again = waiting(cast, member)
    assert first is not None
    assert again is not None
    assert (again["id"], again["enqueued_at"], again["priority"]) == (first["id"], first["enqueued_at"], 2)
    assert again["reason"] == "joined"
    cast.database.execute(
        "insert into public.matchmaking_parked (user_id, priority, reason, attempts, last_error)"
        " values (%s, 0, 'joined', 4, 'PoolError')",
        [member.id],
    )
    cast.database.execute("update public.connect_profiles set min_age = 34 where user_id = %s", [member.id])
    assert parked(cast, member) is None


def test_twenty_joins_cost_tens_of_writes(stack: Running, cast: Cast, writes: Callable[[], int]) -> None:
    """Each is matched before the next one comes, at an event that is new: everybody is new to everybody."""
    event_id, code = event(cast)
    members = [cast.member() for _ in range(20)]
    empty(cast)
    before = writes()
    for at, member in enumerate(members):
        ok(cast.rpc(member, "join_event", event_code=code))
        answer = ring(stack.functions_url, stack.keys.bell_key, "matcher").json()
        # Whoever was alone there is asked about again when somebody comes.
        assert (answer["completed"], answer["finished"]) == (2 if at == 1 else 1, True)
    assert 20 <= writes() - before <= 42
    assert cast.value("select count(*) from public.matchmaking_queue") == 0
    # And still everybody has been matched as well as they could be, each at most three times.
    served = cast.value(
        "select array_agg(n order by n) from (select count(*) as n from public.matches m cross join lateral"
        " (values (m.user_a), (m.user_b)) s (member) where m.event_id = %s group by s.member) t",
        event_id,
    )
    assert len(served) == 20
    assert served[0] >= 1
    assert served[-1] <= 3


def test_no_enqueue_for_nobody(cast: Cast) -> None:
    """An account without a profile, and one that is being erased, ask for nothing."""
    stranger = cast.stranger()
    cast.database.execute("select private.ask_for_matches(%s, 0, 'joined')", [stranger.id])
    member = cast.member(signals="{values}")
    cast.database.execute(
        "insert into public.user_features (user_id, activity_score) values (%s, 10)", [member.id]
    )
    cast.database.execute("delete from auth.users where id = %s", [member.id])
    gone = [stranger.id, member.id]
    assert (
        cast.value("select count(*) from public.matchmaking_queue where user_id = any (%s::uuid[])", gone)
        == 0
    )


def test_priorities_out_of_range_and_unknown_events_change_nothing(cast: Cast) -> None:
    key = cast.stack.service_role_key
    for priority in (-1, 4, None):
        assert cast.rpc(key, "enqueue_event_matchmaking", event_id=None, priority=priority).status_code == 422
    unknown = "00000000-0000-4000-8000-000000000000"
    assert cast.rpc(key, "enqueue_event_matchmaking", event_id=unknown, priority=1).status_code == 404
    off, _ = event(cast, enabled=False)
    assert cast.rpc(key, "enqueue_event_matchmaking", event_id=off, priority=1).status_code == 409
