"""The frame of background work: one run at a time, signs of life, and an end that says what was done."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.cast import Cast, Json
from tests.database.answers import ok
from tests.database.islands import begin_anew
from tests.database.lists import put_on
from tests.database.nights import run_of

JOB = "charts"


@pytest.fixture
def scope(cast: Cast) -> Iterator[str]:
    """A scope that no other run has."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    yield name
    cast.database.execute("delete from public.job_runs where scope = %s", [name])


def call(cast: Cast, function: str, **words: Any) -> Json:
    return ok(cast.rpc(cast.stack.service_role_key, function, **words))


def opened(cast: Cast, scope: str, job: str = JOB, **words: Any) -> Json:
    """open_job_run(), by hand."""
    return call(
        cast,
        "open_job_run",
        **{"job": job, "trigger": "hand", "engine_version": "v1", "scope": scope} | words,
    )


def silent(cast: Cast, run_id: str, ago: str) -> None:
    """The run last gave a sign of life this long ago."""
    cast.database.execute(
        "update public.job_runs set heartbeat_at = now() - %s::interval where id = %s", [ago, run_id]
    )


# One at a time.


def test_a_run_is_opened_told_and_finished(cast: Cast, scope: str) -> None:
    run_id = opened(cast, scope)["runId"]
    row = run_of(cast, run_id)
    assert (row["name"], row["scope"], row["trigger"], row["engine_version"]) == (JOB, scope, "hand", "v1")
    assert (row["status"], row["attempt"], row["progress"], row["finished_at"]) == ("running", 1, 0, None)
    told = call(cast, "beat_job_run", run_id=run_id, progress=0.25)
    assert (told["goOn"], told["status"], told["progress"]) == (True, "running", 0.25)
    assert run_of(cast, run_id)["progress"] == 0.25
    call(cast, "finish_job_run", run_id=run_id, metadata={"stored": 3})
    row = run_of(cast, run_id)
    assert (row["status"], row["progress"], row["metadata"], row["error"]) == (
        "succeeded",
        1,
        {"stored": 3},
        None,
    )
    assert row["finished_at"] > row["started_at"]
    assert 0 <= row["duration_ms"] < 60_000


def test_one_at_a_time_for_a_job_and_scope(cast: Cast, scope: str) -> None:
    first = opened(cast, scope)["runId"]
    assert opened(cast, scope) == {"runId": None, "running": first}
    # Another job, or another scope, is none of its business.
    beside = [opened(cast, scope, "matcher")["runId"], opened(cast, f"{scope}-2")["runId"]]
    assert None not in beside
    call(cast, "finish_job_run", run_id=first, metadata={})
    assert opened(cast, scope)["runId"]
    cast.database.execute("delete from public.job_runs where scope = %s", [f"{scope}-2"])


def test_many_at_once_open_one(cast: Cast, scope: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: opened(cast, scope), range(8)))
    [first] = [answer["runId"] for answer in answers if answer["runId"]]
    assert {answer["running"] for answer in answers if not answer["runId"]} == {first}


def test_the_table_itself_refuses_a_second(cast: Cast, scope: str) -> None:
    opened(cast, scope)
    with pytest.raises(psycopg.errors.UniqueViolation):
        cast.database.execute(
            "insert into public.job_runs (name, trigger, scope) values (%s, 'hand', %s)", [JOB, scope]
        )


# Signs of life.


def test_without_a_sign_of_life_a_run_is_given_up_and_another_begins(cast: Cast, scope: str) -> None:
    first = opened(cast, scope)["runId"]
    with cast.settings(job_lease="2 minutes"):
        silent(cast, first, "119 seconds")
        assert opened(cast, scope)["running"] == first
        silent(cast, first, "121 seconds")
        second = opened(cast, scope)["runId"]
    assert second not in (None, first)
    row = run_of(cast, first)
    assert (row["status"], row["error"]) == ("failed", "abandoned")
    assert row["finished_at"] is not None
    # The first one was only slow: it finds that it is over, and what it says changes nothing.
    assert call(cast, "beat_job_run", run_id=first)["goOn"] is False
    call(cast, "finish_job_run", run_id=first, metadata={"stored": 1})
    assert run_of(cast, first) == row
    assert run_of(cast, second)["attempt"] == 2


def test_a_beat_keeps_a_run_alive(cast: Cast, scope: str) -> None:
    first = opened(cast, scope)["runId"]
    silent(cast, first, "1 hour")
    assert call(cast, "beat_job_run", run_id=first)["goOn"] is True
    assert opened(cast, scope)["running"] == first


@pytest.mark.parametrize(("told", "kept"), [(None, 0.5), (2, 1), (-1, 0), (0.75, 0.75)])
def test_progress_is_a_part_of_one(cast: Cast, scope: str, told: float | None, kept: float) -> None:
    run_id = opened(cast, scope)["runId"]
    call(cast, "beat_job_run", run_id=run_id, progress=0.5)
    call(cast, "beat_job_run", run_id=run_id, progress=told)
    assert run_of(cast, run_id)["progress"] == kept


# Failing, cancelling, trying again.


def test_attempts_count_failures_in_a_row(cast: Cast, scope: str) -> None:
    attempts = []
    for error in ("Unavailable", "Internal", None, "Internal"):
        run_id = opened(cast, scope)["runId"]
        attempts.append(run_of(cast, run_id)["attempt"])
        if error is None:
            call(cast, "finish_job_run", run_id=run_id, metadata={})
        else:
            call(cast, "fail_job_run", run_id=run_id, error=error)
            assert (run_of(cast, run_id)["status"], run_of(cast, run_id)["error"]) == ("failed", error)
    assert attempts == [1, 2, 3, 1]
    assert run_of(cast, opened(cast, scope)["runId"])["attempt"] == 2


def test_an_error_is_kept_short(cast: Cast, scope: str) -> None:
    run_id = opened(cast, scope)["runId"]
    call(cast, "fail_job_run", run_id=run_id, error="x" * 600)
    assert run_of(cast, run_id)["error"] == "x" * 500


def test_a_cancelled_run_is_over_and_the_next_may_begin(cast: Cast, scope: str) -> None:
    run_id = opened(cast, scope)["runId"]
    assert cast.value("select public.cancel_job(%s)", run_id) is True
    assert call(cast, "beat_job_run", run_id=run_id)["goOn"] is False
    for function, words in (
        ("finish_job_run", {"metadata": {"stored": 1}}),
        ("fail_job_run", {"error": "x"}),
    ):
        call(cast, function, run_id=run_id, **words)
    row = run_of(cast, run_id)
    assert (row["status"], row["metadata"], row["error"]) == ("cancelled", {}, None)
    assert cast.value("select public.cancel_job(%s)", run_id) is False
    # Somebody wanted it to stop: that is no failure, and the next one is no second attempt.
    assert run_of(cast, opened(cast, scope)["runId"])["attempt"] == 1


def test_a_job_is_tried_again_by_ringing_for_it(cast: Cast, scope: str) -> None:
    run_id = opened(cast, scope)["runId"]
    with pytest.raises(psycopg.Error, match="conflict"):
        cast.database.execute("select public.retry_job(%s)", [run_id])
    call(cast, "fail_job_run", run_id=run_id, error="Internal")
    request = cast.value("select public.retry_job(%s)", run_id)
    body = cast.value(
        "select convert_from(q.body, 'UTF8') from net.http_request_queue q where q.id = %s", request
    )
    assert body is None or '"retry"' in body  # None: sent already
    assert request is not None
    with pytest.raises(psycopg.Error, match="not_found"):
        cast.database.execute("select public.retry_job(gen_random_uuid())")


def test_a_job_of_the_database_is_tried_again_at_once(cast: Cast) -> None:
    first = cast.value("select private.start_job('statistics')")
    assert first is None
    last = _last(cast, "statistics")
    assert cast.value("select public.retry_job(%s)", last["id"]) is None
    again = _last(cast, "statistics")
    assert again["id"] != last["id"]
    assert (again["trigger"], again["status"]) == ("retry", "succeeded")


# Jobs that need no worker.


def _last(cast: Cast, job: str) -> Json:
    row: Json = cast.value(
        "select to_jsonb(j) from public.job_runs j where j.name = %s order by sequence desc limit 1", job
    )
    return row


@pytest.mark.parametrize(
    "job",
    ["expiry", "statistics", "purge", "purge_messages", "purge_matches", "purge_events", "purge_analytics"],
)
def test_jobs_of_the_database_say_what_they_did(cast: Cast, job: str) -> None:
    assert cast.value("select private.start_job(%s)", job) is None
    row = _last(cast, job)
    assert (row["status"], row["trigger"], row["scope"], row["progress"]) == (
        "succeeded",
        "schedule",
        "all",
        1,
    )
    assert row["metadata"]


def test_expiry_says_how_many_it_ended(cast: Cast) -> None:
    cast.database.execute("select private.start_job('expiry')")
    for _ in range(3):
        cast.let_end(cast.pair())
    cast.database.execute("select private.start_job('expiry')")
    assert _last(cast, "expiry")["metadata"] == {"ended": 3}


@pytest.fixture
def broken_expiry(cast: Cast, superuser: psycopg.Connection[Any]) -> Iterator[None]:
    """Expiring fails, with somebody's name in the message."""
    source = superuser.execute(
        "select pg_get_functiondef('private.expire_matches()'::regprocedure)"
    ).fetchone()
    assert source is not None
    head = source[0][: source[0].index("AS $function$")]
    superuser.execute(
        head + "AS $function$ begin raise exception 'row of Ana' using errcode = '22012'; end $function$"
    )
    try:
        yield
    finally:
        superuser.execute(source[0])


def test_a_job_of_the_database_that_fails_says_so_and_no_more(cast: Cast, broken_expiry: None) -> None:
    pair = cast.pair()
    cast.let_end(pair)
    cast.database.execute("select private.start_job('expiry')")
    row = _last(cast, "expiry")
    assert (row["status"], row["error"]) == ("failed", "SQLSTATE 22012")
    assert "Ana" not in str(row)
    cast.database.execute("select private.start_job('expiry')")
    assert _last(cast, "expiry")["attempt"] == row["attempt"] + 1


def test_after_a_failure_the_next_one_works_and_counts_it(cast: Cast) -> None:
    cast.database.execute("select private.start_job('expiry')")
    attempt = _last(cast, "expiry")["attempt"]
    cast.database.execute("select private.start_job('expiry')")
    row = _last(cast, "expiry")
    assert (row["status"], row["attempt"]) == ("succeeded", 1)
    assert attempt >= 1


def test_a_job_of_the_database_that_is_running_is_not_started_twice(cast: Cast) -> None:
    cast.database.execute("insert into public.job_runs (name, trigger) values ('purge', 'hand')")
    try:
        assert cast.value("select private.start_job('purge')") is None
        assert _last(cast, "purge")["status"] == "running"
    finally:
        cast.database.execute("delete from public.job_runs where name = 'purge' and status = 'running'")


def test_other_jobs_are_rung(cast: Cast) -> None:
    before = cast.value("select count(*) from public.job_runs where name = 'nightly'")
    assert isinstance(cast.value("select private.start_job('nightly')"), int)
    assert cast.value("select count(*) from public.job_runs where name = 'nightly'") == before


# Sweeping.


def _run_of_old(cast: Cast, scope: str, status: str, ago: str) -> tuple[str, int]:
    """A run of long ago: its id and where it stands in the order of runs."""
    row = cast.database.execute(
        "insert into public.job_runs (name, trigger, scope, status, started_at, finished_at)"
        " select 'nightly', 'hand', %s, s.status, a.at, case when s.status <> 'running' then a.at end"
        " from (select now() - %s::interval) a (at), (select %s::public.job_status) s (status)"
        " returning id::text, sequence",
        [scope, ago, status],
    ).fetchone()
    assert row is not None
    return str(row[0]), int(row[1])


def test_the_purge_removes_what_only_grows_and_says_how_much(cast: Cast) -> None:
    begin_anew(cast)
    cast.database.execute("select private.purge()")
    member, other = cast.member(), cast.member()

    def made(status: str, ago: str) -> tuple[str, int]:
        return _run_of_old(cast, "swept", status, ago)

    try:
        old, _ = made("succeeded", "91 days")
        kept, sequence = made("succeeded", "89 days")
        night, _ = made("failed", "2 days")
        latest, _ = made("succeeded", "1 day")
        going, unfinished = made("running", "100 days")
        in_use = cast.value("select generation from private.score_generation")
        for generation in (in_use, unfinished, sequence):
            put_on(cast, member, other, generation=generation)
        cast.database.execute(
            "insert into private.bell_nonces (nonce, rung_at, claimed_at)"
            " select gen_random_uuid(), now(), now() - a from unnest('{25 hours,23 hours}'::interval[]) a"
        )

        # Counters of other tests run out on the way.
        cast.database.execute("delete from private.rate_counters")
        did = cast.value("select private.purge()")
        assert did["runs"] == 1
        assert did["oldLists"] == 1
        assert did["bells"] == 1
        there = "select array_agg(id::text order by sequence) from public.job_runs where scope = 'swept'"
        assert cast.value(there) == [kept, night, latest, going]
        generations = "select array_agg(distinct generation order by generation) from private.lists"
        assert cast.value(generations) == sorted((in_use, unfinished))
        # And a second one finds nothing to do.
        assert {name: n for name, n in cast.value("select private.purge()").items() if n} == {}
        assert cast.value("select count(*) from public.job_runs where id = %s", old) == 0
    finally:
        cast.database.execute("delete from public.job_runs where scope = 'swept'")
        begin_anew(cast)


def test_runs_that_can_be_made_again_are_kept_for_a_week(cast: Cast) -> None:
    """What they were made from goes after that; what follows later runs still stays."""
    cast.database.execute("select private.purge()")
    member = cast.member()
    sequences = [_run_of_old(cast, "kept", "succeeded", ago)[1] for ago in ("9 days", "8 days", "1 day")]
    oldest = int(
        cast.value("select min(sequence) from public.job_runs where started_at > now() - interval '7 days'")
    )
    try:
        for entered, left in ((oldest - 2, oldest - 1), (oldest - 1, sequences[2]), (sequences[2], None)):
            cast.database.execute(
                "insert into private.pool_history (user_id, entered_run, left_run, revision, chart_version,"
                " shape, capacity, waiting_since, stands, number, input)"
                " values (%s, %s, %s, 1, 'c', 's', 1, now(), true, 1, '[]')",
                [member.id, entered, left],
            )
        assert cast.value("select private.purge()")["poolHistory"] >= 1
        left_over = cast.value(
            "select array_agg(entered_run order by entered_run) from private.pool_history where user_id = %s",
            member.id,
        )
        assert left_over == [oldest - 1, sequences[2]]
    finally:
        cast.database.execute("delete from public.job_runs where scope = 'kept'")
        cast.database.execute("delete from private.pool_history where user_id = %s", [member.id])
