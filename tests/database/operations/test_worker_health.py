"""What the worker's health goes by: each fault alone turns it red, and nothing else does.

The stack of the tests has no schedule, so each case makes one, in a transaction that is undone.
"""

import json
from typing import Any

import psycopg
import pytest

from tests.cast import Cast, Json
from tests.database.work import rows_read
from tests.server.served import until

pytestmark = pytest.mark.one_world

Connection = psycopg.Connection[Any]

SCHEDULED = "update cron.job set active = true where jobname = 'connect-matcher'"
UP = (
    "create or replace function private.up_since() returns timestamptz language sql stable"
    " set search_path = '' return now() - interval '{}'"
)
# A database that has worked for days, was rung a moment ago and has nothing to do.
QUIET = (
    SCHEDULED,
    UP.format("3 days"),
    "delete from public.matchmaking_queue",
    "update public.matchmaking_jobs set status = 'idle', created_at = now() - interval '3 days'",
    "update public.job_runs set status = 'cancelled', finished_at = now() where status = 'running'",
    "insert into private.bell_nonces (nonce, rung_at) values (gen_random_uuid(), now())",
    "delete from public.job_runs where name in ('nightly', 'matcher') or status = 'failed'",
    "delete from cron.job_run_details",
    "insert into public.job_runs (name, trigger, status, started_at, finished_at, metadata)"
    " select 'nightly', 'schedule', 'succeeded', a.at, a.at, '{\"runHash\": \"0\"}'"
    " from (select now() - interval '25 hours') as a (at)",
)
LATE_TICK = "update private.bell_nonces set claimed_at = now() - interval '{}'"
LATE_NIGHT = (
    "update public.job_runs set started_at = now() - interval '{0}', finished_at = now() - interval '{0}'"
    " where name = 'nightly'"
)
WAITS = (
    "insert into public.matchmaking_queue (user_id, enqueued_at, available_at, priority)"
    " select u.id, now() - interval '{}', now() - interval '{}', {} from public.users u"
    " order by u.id limit {}"
)
LEASED = (
    "insert into private.matchmaking_leases (queue_id, worker, asked_by, claimed_at, leased_until)"
    " select q.id, 'test', q.asked_by, now(), now() + interval '{}' from public.matchmaking_queue q"
)
RUNNING = (
    "insert into public.job_runs (name, trigger, heartbeat_at)"
    " values ('{}', 'schedule', now() - interval '{}')"
)
RAN = (
    "insert into public.job_runs (name, trigger, status, started_at, finished_at, error)"
    " values ('{}', 'schedule', '{}', now() - interval '{}', now(), {})"
)
CRON_RAN = (
    "insert into cron.job_run_details (jobid, runid, status, start_time, end_time)"
    " select j.jobid, {}, '{}', now(), now() from cron.job j where j.jobname = '{}'"
)
# A row that another key closed: Vault cannot open it, whoever it belongs to.
CLOSED = (
    "select vault.create_secret('closed', '{}')",
    "update vault.secrets set secret = encode(decode('00', 'hex') || decode(secret, 'base64'), 'base64')"
    " where name = '{}'",
)
AT_EVENT = (
    "insert into public.events (code, name, matchmaking_enabled, ends_at)"
    " values ('health-event', 'An event', true, now() + interval '{}')",
    "insert into public.matchmaking_queue (user_id, event_id, enqueued_at, available_at)"
    " select u.id, e.id, now() - interval '1 hour', now() - interval '1 hour'"
    " from public.users u, public.events e where e.code = 'health-event' order by u.id limit 1",
)
PAUSED = "update public.matchmaking_jobs set status = 'paused'"


@pytest.fixture(autouse=True)
def _somebody(cast: Cast) -> None:
    """There are members to speak of."""
    for _ in range(3):
        cast.member()


def health(superuser: Connection, *changes: str) -> Json:
    """What worker_health() says after these changes."""
    with superuser.transaction(force_rollback=True):
        for change in (*QUIET, *changes):
            superuser.execute(change)
        row = superuser.execute("select public.worker_health()").fetchone()
    assert row is not None
    said: Json = row[0]
    return said


def red(said: Json) -> list[str]:
    """What is wrong, by name."""
    return [
        name
        for name, value in said.items()
        if name.endswith(("Overdue", "Missing", "Failed", "Unknown")) and value
    ]


GREEN: dict[str, tuple[str, ...]] = {
    "quiet": (),
    "the last tick two minutes ago": (LATE_TICK.format("2 minutes"),),
    "waiting for four minutes": (WAITS.format("4 minutes", "4 minutes", 0, 1),),
    "waiting for long, but for a pause that ended just now": (WAITS.format("3 days", "1 minute", 0, 1),),
    "waiting for a pause that is to end": (WAITS.format("3 days", "-1 hour", 0, 1),),
    "the head start of a priority is no waiting": (WAITS.format("3 minutes", "3 minutes", 3, 3),),
    "a worker is at it": (WAITS.format("1 hour", "1 hour", 0, 1), LEASED.format("1 minute")),
    "paused": (WAITS.format("1 hour", "1 hour", 0, 3), PAUSED),
    "at an event that is over": (AT_EVENT[0].format("-1 second"), AT_EVENT[1]),
    "a run that lives": (RUNNING.format("nightly", "4 minutes"),),
    "a killed call of the matcher": (RUNNING.format("matcher", "1 hour"),),
    "a new database": (
        "delete from public.job_runs",
        "update public.matchmaking_jobs set created_at = now() - interval '1 hour'",
    ),
    "nobody there": ("delete from public.job_runs", "delete from public.connect_profiles"),
    "a job that failed and then succeeded": (
        RAN.format("purge", "failed", "2 hours", "'SQLSTATE 57014'"),
        RAN.format("purge", "succeeded", "1 hour", "null"),
        CRON_RAN.format(-2, "failed", "connect-purge"),
        CRON_RAN.format(-1, "succeeded", "connect-purge"),
    ),
    "a job that goes on after one that failed is still not done, but a stopped one is no fault": (
        RAN.format("charts", "cancelled", "1 hour", "null"),
    ),
    "a killed matcher": (RAN.format("matcher", "failed", "1 minute", "'abandoned'"),),
    "somebody else's secret that nobody can open": tuple(c.format("another_product") for c in CLOSED),
    "started a moment ago, everything late": (
        *(LATE_TICK.format("1 day"), LATE_NIGHT.format("2 days"), WAITS.format("1 day", "1 day", 0, 3)),
        UP.format("1 minute"),
    ),
}


@pytest.mark.parametrize("changes", GREEN.values(), ids=GREEN)
def test_green(superuser: Connection, changes: tuple[str, ...]) -> None:
    said = health(superuser, *changes)
    assert red(said) == []
    assert said["scheduled"] is True


RED: dict[str, tuple[str, tuple[str, ...]]] = {
    "no tick for three minutes": ("tickOverdue", (LATE_TICK.format("181 seconds"),)),
    "never a tick": ("tickOverdue", ("delete from private.bell_nonces",)),
    "waiting for more than five minutes": (
        "workOverdue",
        (WAITS.format("301 seconds", "301 seconds", 0, 1),),
    ),
    "with a high priority": ("workOverdue", (WAITS.format("301 seconds", "301 seconds", 3, 1),)),
    "at an event": ("workOverdue", (AT_EVENT[0].format("1 hour"), AT_EVENT[1])),
    "at a worker that died": (
        "workOverdue",
        (WAITS.format("1 hour", "1 hour", 0, 1), LEASED.format("-1 second")),
    ),
    "while another pool is paused": (
        "workOverdue",
        (
            WAITS.format("1 hour", "1 hour", 0, 1),
            "insert into public.events (code, name) values ('paused-event', 'A pause')",
            "update public.matchmaking_jobs set status = 'paused' where event_id is not null",
        ),
    ),
    "a run without a sign of life": ("jobOverdue", (RUNNING.format("nightly", "6 minutes"),)),
    "a night that was missed": ("nightOverdue", (LATE_NIGHT.format("27 hours"),)),
    "never a night": ("nightOverdue", ("delete from public.job_runs",)),
    "a part of a night alone": (
        "nightOverdue",
        (LATE_NIGHT.format("27 hours"), RAN.format("nightly", "succeeded", "1 hour", "null")),
    ),
    "the latest run of a job failed": (
        "jobsFailed",
        (
            RAN.format("purge", "succeeded", "2 hours", "null"),
            RAN.format("purge", "failed", "1 hour", "'SQLSTATE 57014'"),
        ),
    ),
    "no run of a job ever succeeded": ("jobsFailed", (RAN.format("charts", "failed", "1 hour", "'x'"),)),
    "what failed before it could open a run": (
        "jobsFailed",
        (
            CRON_RAN.format(-2, "succeeded", "connect-nightly"),
            CRON_RAN.format(-1, "failed", "connect-nightly"),
        ),
    ),
    "a PostgREST whose statements nobody knows": (
        "wordingUnknown",
        (
            "create or replace function private.called_without_postgrest_options()"
            " returns boolean language sql stable"
            " set search_path = '' return false",
        ),
    ),
    "a former key that does not open": (
        "secretsMissing",
        tuple(c.format("connect_erasure_key_previous") for c in CLOSED),
    ),
    "a secret is missing": (
        "secretsMissing",
        ("delete from vault.secrets where name = 'connect_bell_key'",),
    ),
}


@pytest.mark.parametrize(("name", "changes"), RED.values(), ids=RED)
def test_red(superuser: Connection, name: str, changes: tuple[str, ...]) -> None:
    assert red(health(superuser, *changes)) == [name]


def test_nights_that_fail_are_late_as_well(superuser: Connection) -> None:
    said = health(superuser, LATE_NIGHT.format("27 hours"), RAN.format("nightly", "failed", "0", "'x'"))
    assert sorted(red(said)) == ["jobsFailed", "nightOverdue"]
    assert said["jobsFailed"] == ["nightly"]


def test_missing_secrets_are_named(superuser: Connection) -> None:
    said = health(superuser, "delete from vault.secrets")
    assert said["secretsMissing"] == ["connect_bell_key", "connect_erasure_key", "connect_worker_url"]


def test_without_a_schedule_nothing_is_judged(superuser: Connection) -> None:
    faults = (LATE_TICK.format("1 day"), LATE_NIGHT.format("2 days"), WAITS.format("1 day", "1 day", 0, 3))
    more = (
        RUNNING.format("charts", "1 hour"),
        "delete from vault.secrets",
        RAN.format("purge", "failed", "1 hour", "'x'"),
    )
    assert len(red(health(superuser, *faults, *more))) == 6
    said = health(superuser, *faults, *more, "update cron.job set active = false")
    assert red(said) == []
    assert said["scheduled"] is False


def test_a_long_queue_is_judged_at_once(superuser: Connection) -> None:
    """A burst of high priority, all of it within its head start, and a paused pool with an old crowd."""
    with superuser.transaction(force_rollback=True):
        for change in (
            *QUIET,
            "insert into auth.users (id) select gen_random_uuid() from generate_series(1, 20000)",
            "insert into public.users (id) select a.id from auth.users a on conflict do nothing",
            WAITS.format("3 minutes", "3 minutes", 3, 20000),
            "insert into public.events (code, name) values ('long-pause', 'A pause')",
            "insert into public.matchmaking_queue (user_id, event_id, enqueued_at, available_at)"
            " select q.user_id, (select e.id from public.events e where e.code = 'long-pause'),"
            "   now() - interval '1 day', now() - interval '1 day' from public.matchmaking_queue q",
            "update public.matchmaking_jobs set status = 'paused' where event_id is not null",
            "analyze public.matchmaking_queue",
        ):
            superuser.execute(change)
        answers: list[Json] = []

        def ask() -> None:
            row = superuser.execute("select public.worker_health()").fetchone()
            assert row is not None
            answers.append(row[0])

        rows = rows_read(superuser, ask)
    assert red(answers[0]) == []
    assert rows < 1000  # the first 200 in turn, and a little; the queue has 40,000


def test_the_worker_answers_what_the_database_says(cast: Cast, superuser: Connection) -> None:
    """Over HTTP, through the deployment: red while no tick comes, green when nobody waits for any. What was
    found is told for a moment longer."""
    path = "/worker/health"

    def told(status: int) -> Json:
        until(lambda: cast.call(None, "GET", path).status_code == status)
        said: Json = json.loads(cast.call(None, "GET", path).content)
        return said

    up = superuser.execute("select pg_get_functiondef('private.up_since()'::regprocedure)").fetchone()
    assert up is not None
    assert told(200)["tickOverdue"] is False
    try:
        superuser.execute(UP.format("3 days"))
        superuser.execute("update private.bell_nonces set claimed_at = now() - interval '1 hour'")
        superuser.execute(SCHEDULED)
        said = told(503)
    finally:
        superuser.execute("update cron.job set active = false")
        superuser.execute(up[0])
    assert (said["code"], said["tickOverdue"], said["secretsMissing"]) == ("unavailable", True, [])
    assert told(200)["tickOverdue"] is False
