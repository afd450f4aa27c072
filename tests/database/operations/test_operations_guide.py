"""The statements of the deployment guide (sources/5) and of docs/operating.md, as they are printed there.

Each runs as `postgres` and for itself, as in psql or the dashboard's SQL editor, on a copy of the database in
which three events, a global pool and some trouble wait. Left out is the function of the guide that sends the
service key through pg_net: what is sent can be read by every role.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from scripts.stack.home import ROOT
from scripts.stack.throwaway import Running
from tests.cast import Cast
from tests.database.workshop import Workshop, workshop

Row = dict[str, Any]

QUEUE_STATS = """
-- Get queue stats for all events
SELECT * FROM get_matchmaking_queue_stats();
"""
DETAILED = """
-- Get detailed info for specific event
SELECT * FROM get_detailed_queue_info('EVENT_UUID');
"""
CURRENT_QUEUE = """
-- Check current queue
SELECT 
  e.name as event_name,
  COUNT(*) as queue_size,
  MIN(q.enqueued_at) as oldest,
  MAX(q.enqueued_at) as newest
FROM matchmaking_queue q
JOIN events e ON e.id = q.event_id
GROUP BY e.id, e.name
ORDER BY queue_size DESC;
"""  # noqa: W291
JOB_STATUS = """
-- Check job status
SELECT 
  e.name as event_name,
  j.status,
  j.last_run_at,
  j.processed_count,
  j.error_count
FROM matchmaking_jobs j
JOIN events e ON e.id = j.event_id
ORDER BY j.last_run_at DESC;
"""  # noqa: W291
ERRORS = """
SELECT * FROM matchmaking_jobs WHERE status = 'error';
"""
STUCK = """
UPDATE matchmaking_jobs 
SET status = 'idle' 
WHERE status = 'running' 
AND last_run_at < NOW() - INTERVAL '10 minutes';
"""  # noqa: W291
LARGE_POOLS = """
SELECT event_id, COUNT(*) as candidate_count
FROM all_events_members 
GROUP BY event_id 
ORDER BY candidate_count DESC;
"""  # noqa: W291
PAUSE = """
UPDATE matchmaking_jobs SET status = 'paused';
"""
RESUME = """
UPDATE matchmaking_jobs SET status = 'running';
"""
CLEAR = """
DELETE FROM matchmaking_queue;
"""
FORCE = """
SELECT enqueue_event_matchmaking(id, 3) FROM events WHERE matchmaking_enabled = true;
"""


@dataclass
class Office:
    """The operator's connection, and the events by name."""

    database: psycopg.Connection[Row]
    events: dict[str, str]

    def run(self, statement: str) -> list[Row]:
        """The rows a statement answers; none for one that has none."""
        done = self.database.execute(statement.encode())
        return done.fetchall() if done.description else []

    def changed(self, statement: str) -> int:
        """How many rows a statement changed."""
        return self.database.execute(statement.encode()).rowcount

    def claimable(self) -> int:
        """How many members workers would get from the queue now; nothing is taken."""
        row = self.database.execute(
            "select count(*) as n from public.matchmaking_queue q"
            " where private.is_free(q) and q.pool = any (private.open_pools())"
        ).fetchone()
        assert row is not None
        return int(row["n"])


@pytest.fixture(scope="module")
def shop(stack: Running) -> Iterator[Workshop]:
    """Databases of this run's world."""
    with workshop(stack.options.default_grants, stack.postgres_version) as made:
        yield made


@pytest.fixture
def office(shop: Workshop, stack: Running) -> Iterator[Office]:
    """A database with work: four at the Fair, two at the Concert, of whom one is parked, nobody at the Void,
    and the Past, which is over while its matchmaking was never turned off."""
    with shop.copy() as name, psycopg.connect(shop.url(name), autocommit=True) as database:
        cast = Cast(stack, database)
        events = {}
        for title, ends in (("Fair", None), ("Concert", None), ("Void", None), ("Past", "-1 day")):
            events[title] = cast.value(
                "insert into public.events (code, name, matchmaking_enabled, ends_at)"
                " values (%s, %s, true, now() + %s::interval) returning id::text",
                f"code-{title}",
                title,
                ends,
            )
        members = [cast.member() for _ in range(6)]
        for at, member in enumerate(members):
            for title in ("Fair" if at < 4 else "Concert", "Past"):
                database.execute(
                    "insert into public.event_members (event_id, user_id) values (%s, %s)",
                    [events[title], member.id],
                )
        database.execute(
            "update public.matchmaking_queue set enqueued_at = now() - interval '1 hour',"
            " available_at = now() - interval '1 hour', priority = 2, reason = 'changed' where user_id = %s",
            [members[0].id],
        )
        database.execute(
            "insert into private.matchmaking_leases (queue_id, attempt, worker, asked_by, claimed_at,"
            " leased_until, last_error)"
            " select q.id, 3, 'test', q.asked_by, now(), now() + interval '1 minute', 'Internal'"
            " from public.matchmaking_queue q where q.user_id = %s and q.event_id = %s",
            [members[1].id, events["Fair"]],
        )
        database.execute(
            "select private.park(q.id, 'PoolError: birthDate') from public.matchmaking_queue q"
            " where q.user_id = %s and q.event_id = %s",
            [members[5].id, events["Concert"]],
        )
        database.execute(
            "update public.matchmaking_jobs set status = 'running', processed_count = 40,"
            " last_run_at = now() - interval '11 minutes' where event_id = %s",
            [events["Fair"]],
        )
        database.execute(
            "update public.matchmaking_jobs set status = 'running', last_run_at = now()"
            " where event_id is null"
        )
        # Two workers, one of which ended: ten members in five seconds.
        database.execute(
            "insert into public.job_runs (name, trigger, scope, status, started_at, finished_at, duration_ms,"
            " metadata) values ('matcher', 'schedule', 'w1', 'succeeded', now(), now(), 5000, %s)",
            [json.dumps({"completed": 10, "batches": 1})],
        )
        database.execute(
            "insert into public.job_runs (name, trigger, scope) values ('matcher', 'schedule', 'w2')"
        )
        with psycopg.connect(shop.url(name), autocommit=True, row_factory=dict_row) as operator:
            yield Office(operator, events)


def test_queue_stats(office: Office) -> None:
    found = {row["event_name"]: row for row in office.run(QUEUE_STATS)}
    assert set(found) == {"(global pool)", "Fair", "Concert", "Void", "Past"}
    fair, concert, void = found["Fair"], found["Concert"], found["Void"]
    counts = ("waiting", "available", "leased", "parked")
    assert [fair[name] for name in counts] == [4, 3, 1, 0]
    assert [concert[name] for name in counts] == [1, 1, 0, 1]
    assert [void[name] for name in counts] == [0, 0, 0, 0]
    assert [fair[f"priority_{n}"] for n in range(4)] == [3, 0, 1, 0]
    assert (fair["status"], concert["status"], void["status"]) == ("running", "error", "idle")
    assert (fair["processed_count"], concert["error_count"]) == (40, 1)
    age = office.run("select now() - interval '1 hour' as then")[0]["then"] - fair["oldest"]
    assert abs(age.total_seconds()) < 60
    # Eleven wait in all, in one line, and one worker that is at it gets two done in a second.
    assert void["seconds_left"] == 0
    assert 2 <= fair["seconds_left"] <= 6
    assert max(row["seconds_left"] for row in found.values()) == 6
    office.run("update matchmaking_jobs set status = 'paused' where event_id is not null")
    found = {row["event_name"]: row for row in office.run(QUEUE_STATS)}
    assert (found["Fair"]["seconds_left"], found["Void"]["seconds_left"]) == (None, 0)
    assert found["(global pool)"]["seconds_left"] == 3
    office.run("delete from job_runs where name = 'matcher'")
    assert {row["seconds_left"] for row in office.run(QUEUE_STATS)} == {None, 0}


def test_detailed_info(office: Office) -> None:
    def rows(title: str) -> list[tuple[Any, ...]]:
        names = ("priority", "reason", "waiting", "available", "leased", "parked", "attempts", "last_error")
        found = office.run(DETAILED.replace("EVENT_UUID", office.events[title]))
        assert {row["event_name"] for row in found} == {title}
        return [tuple(row[name] for name in names) for row in found]

    assert rows("Fair") == [(2, "changed", 1, 1, 0, 0, None, None), (0, "joined", 3, 2, 1, 0, 3, "Internal")]
    assert rows("Concert") == [(0, "joined", 1, 1, 0, 1, 0, "PoolError: birthDate")]
    assert rows("Void") == [(None, None, 0, 0, 0, 0, None, None)]
    (everybody,) = office.run("select sum(waiting) as n from get_detailed_queue_info(null)")
    assert everybody["n"] == 6


@pytest.mark.parametrize(
    ("named", "code"),
    [("00000000-0000-4000-8000-000000000000", "PT404"), ("EVENT_UUID", "22P02")],
)
def test_detailed_info_of_no_event_says_so(office: Office, named: str, code: str) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        office.run(DETAILED.replace("EVENT_UUID", named))
    assert refusal.value.sqlstate == code


def test_current_queue(office: Office) -> None:
    found = office.run(CURRENT_QUEUE)
    assert [(row["event_name"], row["queue_size"]) for row in found] == [("Fair", 4), ("Concert", 1)]
    assert found[0]["oldest"] < found[0]["newest"]


def test_job_status(office: Office) -> None:
    found = office.run(JOB_STATUS)
    assert {row["event_name"]: row["status"] for row in found} == {
        **{"Fair": "running", "Concert": "error", "Void": "idle", "Past": "idle"}
    }
    assert [row["processed_count"] for row in found if row["event_name"] == "Fair"] == [40]


def test_jobs_in_error(office: Office) -> None:
    (found,) = office.run(ERRORS)
    assert str(found["event_id"]) == office.events["Concert"]
    assert (found["error_count"], found["last_error"]) == (1, "PoolError: birthDate")


def test_stuck_jobs(office: Office) -> None:
    before = office.claimable()
    assert office.changed(STUCK) == 1
    assert office.changed(STUCK) == 0
    statuses = {row["event_name"]: row["status"] for row in office.run(JOB_STATUS)}
    assert statuses == {"Fair": "idle", "Concert": "error", "Void": "idle", "Past": "idle"}
    # A status other than paused stops nobody.
    assert office.claimable() == before > 0


def test_large_pools(office: Office) -> None:
    found = [(str(row["event_id"]), row["candidate_count"]) for row in office.run(LARGE_POOLS)]
    events = office.events
    assert found == [(events["Past"], 6), (events["Fair"], 4), (events["Concert"], 2)]


def test_pause_all_and_resume(office: Office) -> None:
    before = office.claimable()
    assert office.changed(PAUSE) == 5
    assert office.claimable() == 0
    assert office.changed(RESUME) == 5
    assert office.claimable() == before > 0


def test_clear_the_queue(office: Office) -> None:
    """Leases go with their rows, parked members and whoever is added later stay."""
    assert office.changed(CLEAR) == 11
    assert office.claimable() == 0
    assert office.run("select count(*) as n from private.matchmaking_leases") == [{"n": 0}]
    assert office.run("select count(*) as n from matchmaking_parked") == [{"n": 1}]


def test_force_a_rematch_of_everybody(office: Office) -> None:
    """An event that is over and was never turned off is in nobody's way."""
    found = sorted(row["enqueue_event_matchmaking"] for row in office.run(FORCE))
    assert found == [0, 0, 2, 4]
    stats = {row["event_name"]: row for row in office.run(QUEUE_STATS)}
    assert (stats["Fair"]["priority_3"], stats["Concert"]["priority_3"]) == (4, 2)
    assert (stats["Concert"]["parked"], stats["Past"]["waiting"]) == (0, 0)


def test_force_after_clear(office: Office) -> None:
    office.run(CLEAR)
    office.run(FORCE)
    assert {row["event_name"]: row["queue_size"] for row in office.run(CURRENT_QUEUE)} == {
        **{"Fair": 4, "Concert": 2}
    }


PAGE = (ROOT / "docs" / "operating.md").read_text()
PRINTED = [
    statement.strip()
    for block in re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    for statement in re.sub(r"--.*", "", block).split(";")
    if statement.strip()
]


def test_the_operators_page_runs_as_printed(office: Office) -> None:
    assert len(PRINTED) >= 12
    run = office.run("select id::text from job_runs where status = 'running' limit 1")[0]["id"]
    user = office.run("select id::text from users limit 1")[0]["id"]
    own = {"EVENT_UUID": office.events["Fair"], "RUN_UUID": run, "USER_UUID": user}
    for statement in PRINTED:
        for name, value in own.items():
            statement = statement.replace(name, value)
        office.run(statement)
    assert office.run("select consent_version from settings") == [{"consent_version": "v2"}]
