"""What the admin views say: queue, workers, jobs, fairness. Counts only, and nobody's id."""

import json
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from scripts.stack.throwaway import Running
from shared.engine import Pool, Rules, rank
from tests.cast import Cast
from tests.database import queue
from tests.database.events import event
from tests.engine.community import NOW, answer_of, crowd

VIEWS = ("match_outcome_shares", "queue_age", "workers_alive", "job_health", "fairness_over_time")


def shown(stack: Running, query: str, *arguments: Any) -> list[dict[str, Any]]:
    """Rows of a view, as the service reads them."""
    with psycopg.connect(stack.database_url, row_factory=dict_row) as database:
        database.execute("set role service_role")
        return database.execute(query, list(arguments)).fetchall()


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_names_a_person_or_a_pair(database: psycopg.Connection[Any], view: str) -> None:
    columns = database.execute(
        "select column_name from information_schema.columns where table_schema = 'public' and table_name = %s"
        " and (data_type in ('uuid', 'json', 'jsonb', 'ARRAY', 'bytea')"
        "   or column_name ~ 'user|member_id|match_id')",
        [view],
    ).fetchall()
    assert columns == ([("event_id",)] if view == "queue_age" else [])


def test_queue_age(cast: Cast, stack: Running) -> None:
    party = event(cast)
    waits = [10, 20, 30, 40, 3600]
    for seconds in waits:
        member = cast.member()
        queue.joined(cast, party.id, member)
        cast.database.execute(
            "update public.matchmaking_queue set enqueued_at = now() - %s * interval '1 second',"
            " available_at = now() - %s * interval '1 second' where user_id = %s and event_id = %s",
            [seconds, seconds, member.id, party.id],
        )
    later = cast.member()
    queue.joined(cast, party.id, later)
    cast.database.execute(
        "update public.matchmaking_queue set available_at = now() + interval '1 hour' where user_id = %s",
        [later.id],
    )
    (row,) = shown(stack, "select * from public.queue_age where event_id = %s", party.id)
    assert (row["event_name"], row["status"], row["waiting"]) == (party.name, "idle", 5)
    for name, seconds in (("p50_seconds", 30), ("p95_seconds", 3600), ("oldest_seconds", 3600)):
        assert seconds <= row[name] < seconds + 10, name
    (nobody,) = shown(stack, "select * from public.queue_age where event_id = %s", event(cast).id)
    assert (nobody["waiting"], nobody["oldest_seconds"], nobody["p50_seconds"]) == (0, 0, None)


def test_workers_alive(cast: Cast, stack: Running) -> None:
    party = event(cast)
    member = cast.member()
    queue.joined(cast, party.id, member)
    for worker, heartbeat in (("ops-alive", "1 second"), ("ops-dead", "1 hour")):
        cast.database.execute(
            "insert into public.job_runs (name, trigger, scope, engine_version, heartbeat_at)"
            " values ('matcher', 'schedule', %s, 'test', now() - %s::interval)",
            [worker, heartbeat],
        )
    cast.database.execute(
        "insert into private.matchmaking_leases (queue_id, worker, asked_by, claimed_at, leased_until)"
        " select q.id, 'ops-alive', q.asked_by, now(), now() + interval '1 minute'"
        " from public.matchmaking_queue q where q.user_id = %s",
        [member.id],
    )
    found = shown(stack, "select * from public.workers_alive where worker like 'ops-%%'")
    told = [(row["worker"], row["engine_version"], row["members_held"]) for row in found]
    # In the global queue and in that of the event.
    assert told == [("ops-alive", "test", 2)]
    cast.database.execute("delete from public.job_runs where scope like 'ops-%%'")


def test_job_health(cast: Cast, stack: Running, database: psycopg.Connection[Any]) -> None:
    database.execute("delete from public.job_runs where name = 'purge'")
    query = "select * from public.job_health where name = 'purge'"
    (never,) = shown(stack, query)
    assert (never["last_success_at"], never["usual_duration_ms"], never["overdue"]) == (None, None, False)
    for status, ago, duration, error in (
        ("succeeded", "60 hours", 900, None),
        ("succeeded", "50 hours", 100, None),
        ("succeeded", "27 hours", 300, None),
        ("failed", "3 hours", 50, "SQLSTATE 57014"),
        ("failed", "30 hours", 50, "abandoned"),
    ):
        database.execute(
            "insert into public.job_runs (name, trigger, status, started_at, finished_at, duration_ms, error)"
            " values ('purge', 'schedule', %s, now() - %s::interval, now() - %s::interval, %s, %s)",
            [status, ago, ago, duration, error],
        )
    (late,) = shown(stack, query)
    assert (late["usual_duration_ms"], late["last_error"], late["overdue"]) == (300, "SQLSTATE 57014", True)
    assert late["last_success_at"] < late["last_failure_at"]
    assert (late["running_since"], late["progress"]) == (None, None)
    database.execute("insert into public.job_runs (name, trigger, progress) values ('purge', 'hand', 0.5)")
    (going,) = shown(stack, query)
    assert (float(going["progress"]), going["overdue"]) == (0.5, True)
    database.execute(
        "update public.job_runs set status = 'succeeded', finished_at = now()"
        " where name = 'purge' and status = 'running'"
    )
    (well,) = shown(stack, query)
    assert (well["overdue"], well["running_since"]) == (False, None)
    (matcher,) = shown(stack, "select overdue from public.job_health where name = 'matcher'")
    assert matcher["overdue"] is None


def test_fairness_over_time(cast: Cast, stack: Running) -> None:
    """From statements as the engine makes them; nights in which nothing had changed have none."""
    statement = rank(
        Pool.parse(answer_of(crowd(120, seed=5))), Rules.parse({"matchMinScore": 50, "minFit": 0}), NOW
    ).statement
    told = statement.as_json()
    for metadata, status in ((told, "succeeded"), ({"unchanged": True}, "succeeded"), (told, "failed")):
        cast.database.execute(
            "insert into public.job_runs"
            " (name, trigger, scope, status, finished_at, engine_version, metadata)"
            " values ('nightly', 'schedule', 'ops', %s, now(), 'ops-test', %s)",
            [status, json.dumps(metadata)],
        )
    (row,) = shown(stack, "select * from public.fairness_over_time where engine_version = 'ops-test'")
    before, after = told["before"], told["after"]
    del row["finished_at"], row["engine_version"]
    assert row == {
        "members": told["members"],
        "members_with_room": told["membersWithRoom"],
        "members_with_proposal": told["membersWithProposal"],
        "expected_matches_before": before["expectedMatches"],
        "expected_matches": after["expectedMatches"],
        "gini_before": before["gini"],
        "gini": after["gini"],
        "tenth_percentile_before": before["tenthPercentile"],
        "tenth_percentile": after["tenthPercentile"],
        "longest_wait_days": told["longestWaitDays"],
    }
    assert row["members"] == 120
    assert row["expected_matches"] > 0
    cast.database.execute("delete from public.job_runs where scope = 'ops'")
