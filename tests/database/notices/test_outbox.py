"""The outbox: each event reaches each of its sinks as a task, and none is lost before it has."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.cast import Cast, Json
from tests.database.answers import ok

HAND_ON = "select private.hand_on_events()"


@pytest.fixture(autouse=True)
def empty(cast: Cast) -> Iterator[None]:
    """No sink, and nothing in the outbox."""
    yield
    cast.database.execute("delete from public.event_sinks")
    cast.database.execute("delete from private.tasks")
    cast.database.execute("delete from public.domain_events")


def sink(cast: Cast, *types: str, active: bool = True) -> str:
    return str(
        cast.value(
            "insert into public.event_sinks (name, event_types, is_active) values (%s, %s, %s) returning id",
            f"s-{uuid.uuid4().hex[:8]}",
            list(types),
            active,
        )
    )


def emit(cast: Cast, event_type: str = "test.happened", match_id: str | None = None) -> int:
    """One event, as a function emits it; its id."""
    cast.database.execute("select private.emit(%s, %s, null)", [event_type, match_id])
    return int(cast.value("select max(id) from public.domain_events"))


def event(cast: Cast, event_id: int) -> Json | None:
    found: Json | None = cast.value(
        "select (select to_jsonb(e) from public.domain_events e where e.id = %s)", event_id
    )
    return found


def deliveries(cast: Cast) -> set[tuple[str, int]]:
    rows = cast.database.execute(
        "select payload ->> 'sink', (payload ->> 'event')::bigint from private.tasks where kind = 'deliver'"
    )
    return {(str(sink_id), int(event_id)) for sink_id, event_id in rows}


def claim(cast: Cast) -> list[Json]:
    key = cast.stack.service_role_key
    words: Json = {"kind": "deliver", "worker": "w", "most": 100}
    claimed: list[Json] = ok(cast.rpc(key, "claim_tasks", **words))["claimed"]
    return claimed


def finish(cast: Cast, claims: list[Json]) -> None:
    named = [{"id": one["id"], "attempt": one["attempt"]} for one in claims]
    assert ok(cast.rpc(cast.stack.service_role_key, "finish_tasks", claims=named))["late"] == 0


def purge(cast: Cast) -> int:
    return int(cast.value("select private.purge('purge_events')")["events"])


def age(cast: Cast, event_id: int, ago: str) -> None:
    """Move the clock: the event, and its last delivery, lie so far back."""
    cast.database.execute(
        "update public.domain_events set created_at = now() - %s::interval,"
        " delivered_at = case when delivered_at is not null then now() - %s::interval end where id = %s",
        [ago, ago, event_id],
    )


def test_without_a_sink_nothing_is_made_and_nothing_waits(cast: Cast) -> None:
    sink(cast, active=False)
    happened = emit(cast)
    cast.pair("revealed")
    assert cast.value("select count(*) from public.domain_events where not handed_on") == 0
    assert cast.value(HAND_ON) == 0
    assert deliveries(cast) == set()
    sink(cast)
    # A sink receives what happens from then on.
    assert cast.value(HAND_ON) == 0
    assert (event(cast, happened) or {})["handed_on"] is True


def test_each_event_is_handed_to_each_sink_that_wants_it_once(cast: Cast) -> None:
    everything, some, none = sink(cast), sink(cast, "test.happened", "test.other"), sink(cast, "test.never")
    asleep = sink(cast, active=False)
    first, second = emit(cast), emit(cast, "test.three.segments")
    assert deliveries(cast) == set()
    assert cast.value(HAND_ON) == 2
    assert deliveries(cast) == {(everything, first), (some, first), (everything, second)}
    assert cast.value(HAND_ON) == 0
    assert {none, asleep}.isdisjoint(one for one, _ in deliveries(cast))
    assert {one["key"] for one in claim(cast)} == {f"{s}:{e}" for s, e in deliveries(cast)}


def test_a_proposal_is_an_event_for_the_sinks_too(cast: Cast) -> None:
    target = sink(cast, "match.status_updated")
    cast.pair("declined")
    assert cast.value(HAND_ON) >= 1
    assert [one for one, _ in deliveries(cast)] == [target]


def test_readers_side_by_side_hand_each_event_on_once(cast: Cast) -> None:
    target = sink(cast)
    happened = {emit(cast) for _ in range(50)}

    def read(_: int) -> int:
        with psycopg.connect(cast.stack.database_url, autocommit=True) as database:
            row = database.execute("select private.hand_on_events(20)").fetchone()
            assert row is not None
            return int(row[0])

    with ThreadPoolExecutor(4) as pool:
        handed = list(pool.map(read, range(4)))
    assert sum(handed) + int(cast.value(HAND_ON)) == 50
    assert deliveries(cast) == {(target, one) for one in happened}


def test_an_event_that_commits_late_is_not_passed_over(cast: Cast) -> None:
    """Ids are drawn before the commit: a higher one may be there first."""
    target = sink(cast)
    with psycopg.connect(cast.stack.database_url) as slow:
        slow.execute("select private.emit('test.slow', null, null)")
        quick = emit(cast)
        assert cast.value(HAND_ON) == 1
    late = cast.value("select max(id) from public.domain_events where event_type = 'test.slow'")
    assert late < quick
    assert cast.value(HAND_ON) == 1
    assert deliveries(cast) == {(target, quick), (target, late)}


def test_an_event_goes_thirty_days_after_its_last_sink_has_it(cast: Cast) -> None:
    sink(cast), sink(cast)
    happened = emit(cast)
    age(cast, happened, "99 days")
    # It is not handed on yet, then one sink has it, then both.
    assert purge(cast) == 0
    cast.database.execute(HAND_ON)
    first, second = claim(cast)
    assert purge(cast) == 0
    finish(cast, [first])
    age(cast, happened, "99 days")
    assert purge(cast) == 0
    finish(cast, [second])
    # The thirty days count from the last delivery.
    cast.database.execute(
        "update public.domain_events set delivered_at = now() - interval '29 days' where id = %s", [happened]
    )
    assert purge(cast) == 0
    age(cast, happened, "31 days")
    assert purge(cast) == 1
    assert event(cast, happened) is None


def test_a_delivery_that_was_given_up_keeps_its_event(cast: Cast) -> None:
    sink(cast)
    happened = emit(cast)
    cast.database.execute(HAND_ON)
    named = [{"id": one["id"], "attempt": one["attempt"]} for one in claim(cast)]
    ok(cast.rpc(cast.stack.service_role_key, "park_tasks", claims=named, error="Gone"))
    age(cast, happened, "1 year")
    assert purge(cast) == 0
    # Not even by hand.
    with pytest.raises(Exception, match="tasks_event_id_fkey"):
        cast.database.execute("delete from public.domain_events where id = %s", [happened])


def test_an_event_that_no_sink_wants_goes_by_its_age(cast: Cast) -> None:
    before, now = emit(cast), emit(cast)
    age(cast, before, "31 days")
    age(cast, now, "29 days")
    assert purge(cast) == 1
    assert event(cast, before) is None
    assert event(cast, now) is not None
    with cast.settings(event_retention="20 days"):
        assert purge(cast) == 1


def test_an_event_outlives_its_match_and_the_member(cast: Cast) -> None:
    target = sink(cast)
    pair = cast.pair("accepted_a")
    member_did = cast.value("select max(id) from public.domain_events where user_id = %s", pair.a.id)
    cast.database.execute("delete from public.matches where id = %s", [pair.match_id])
    cast.database.execute("delete from auth.users where id = %s", [pair.a.id])
    cast.database.execute(HAND_ON)
    assert (target, member_did) in deliveries(cast)
    kept = event(cast, member_did)
    assert kept is not None
    assert (kept["match_id"], kept["user_id"]) == (pair.match_id, None)


def test_a_sink_that_is_removed_takes_its_deliveries_along(cast: Cast) -> None:
    gone, stays = sink(cast), sink(cast)
    happened = emit(cast)
    cast.database.execute(HAND_ON)
    cast.database.execute("delete from public.event_sinks where id = %s", [gone])
    assert deliveries(cast) == {(stays, happened)}


def test_the_tick_hands_events_on(cast: Cast) -> None:
    target = sink(cast)
    happened = emit(cast)
    with cast.database.transaction():
        cast.database.execute("select private.tick()")
    assert (target, happened) in deliveries(cast)


@pytest.mark.parametrize("name", ["match", "a.b.c.d", "A.b", "match.", ""])
def test_names_of_events_have_two_or_three_segments(cast: Cast, name: str) -> None:
    with pytest.raises(Exception, match="event_type_check"):
        emit(cast, name)


def test_payloads_of_deliveries_name_the_event_alone(cast: Cast) -> None:
    sink(cast)
    cast.pair("revealed")
    cast.database.execute(HAND_ON)
    rows = cast.database.execute("select payload from private.tasks where kind = 'deliver'").fetchall()
    assert rows
    assert all(set(payload) == {"event", "sink"} for (payload,) in rows), json.dumps(rows)
