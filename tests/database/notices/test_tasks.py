"""Tasks: each is done by one worker at a time, and comes again when its worker fails or dies."""

import json
import signal
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from scripts.stack.children import plain_environment
from scripts.stack.home import ROOT
from scripts.stack.ring import ring
from shared.engine.charts import chart_version
from tests.cast import Cast, Json, Member
from tests.database.answers import ok

BORN: Json = {"birth_place": "Lisbon", "birth_lat": 38.7, "birth_lon": -9.1, "birth_tz": "Europe/Lisbon"}


@pytest.fixture
def kind() -> str:
    """A kind of task that no other test knows."""
    return "k" + "".join(chr(97 + int(digit, 16)) for digit in uuid.uuid4().hex[:20])


def put(cast: Cast, kind: str, *keys: str, **words: Any) -> int:
    tasks = [{"key": key} | words for key in keys]
    return int(cast.value("select private.put_tasks(%s, %s)", kind, json.dumps(tasks)))


def call(cast: Cast, function: str, **words: Any) -> Json:
    return ok(cast.rpc(cast.stack.service_role_key, function, **words))


def claim(cast: Cast, kind: str, most: int = 100, worker: str = "one") -> list[Json]:
    claimed: list[Json] = call(cast, "claim_tasks", kind=kind, worker=worker, most=most)["claimed"]
    return claimed


def named(*claims: Json) -> list[Json]:
    return [{"id": claim["id"], "attempt": claim["attempt"]} for claim in claims]


def let_lapse(cast: Cast, kind: str) -> None:
    """Move the clock: every lease has run out."""
    cast.database.execute(
        "update private.tasks set leased_until = now() - interval '1 ms'"
        " where kind = %s and leased_until is not null",
        [kind],
    )


def due_now(cast: Cast, kind: str) -> None:
    """Move the clock: every pause after a failure is over."""
    cast.database.execute("update private.tasks set available_at = now() where kind = %s", [kind])


def stored(cast: Cast, kind: str) -> dict[str, Json]:
    rows = cast.database.execute("select to_jsonb(t) from private.tasks t where kind = %s", [kind])
    return {row["key"]: row for (row,) in rows}


def test_a_task_is_claimed_once_and_gone_when_it_is_finished(cast: Cast, kind: str) -> None:
    put(cast, kind, "a", "b", payload={"n": 1})
    claims = claim(cast, kind)
    assert [(one["key"], one["attempt"], one["payload"], one["user"]) for one in claims] == [
        ("a", 1, {"n": 1}, None),
        ("b", 1, {"n": 1}, None),
    ]
    assert claim(cast, kind) == []
    assert call(cast, "finish_tasks", claims=named(*claims)) == {"finished": 2, "late": 0}
    assert call(cast, "finish_tasks", claims=named(*claims)) == {"finished": 0, "late": 2}
    assert stored(cast, kind) == {}


def test_tasks_come_in_their_turn_and_not_before_their_time(cast: Cast, kind: str) -> None:
    put(cast, kind, "later", available_at="2100-01-01T00:00:00Z")
    put(cast, kind, "second", available_at="2020-01-02T00:00:00Z")
    put(cast, kind, "first", available_at="2020-01-01T00:00:00Z")
    assert [one["key"] for _ in range(3) for one in claim(cast, kind, 1)] == ["first", "second"]
    put(cast, kind + "x", "other kind")
    assert claim(cast, kind) == []


def test_a_waiting_task_of_the_same_kind_and_key_is_replaced(cast: Cast, kind: str) -> None:
    assert put(cast, kind, "a", payload={"n": 1}) == 1
    assert put(cast, kind, "a", payload={"n": 2}) == 1
    put(cast, kind + "x", "a", payload={"n": 3})
    [one] = claim(cast, kind)
    assert one["payload"] == {"n": 2}


def test_a_task_that_is_replaced_while_it_is_in_work_is_done_again(cast: Cast, kind: str) -> None:
    """What the first worker did may not hold what has happened since."""
    put(cast, kind, "a", payload={"n": 1})
    first = claim(cast, kind)
    put(cast, kind, "a", payload={"n": 2})
    [second] = claim(cast, kind, worker="two")
    assert (second["attempt"], second["payload"]) == (1, {"n": 2})
    assert call(cast, "finish_tasks", claims=named(*first))["late"] == 1
    for function in ("fail_tasks", "park_tasks"):
        assert call(cast, function, claims=named(*first), error="x")["late"] == 1
    assert call(cast, "finish_tasks", claims=named(second))["finished"] == 1


def test_a_lease_that_runs_out_fences_off_its_worker(cast: Cast, kind: str) -> None:
    put(cast, kind, "a")
    [first] = claim(cast, kind)
    let_lapse(cast, kind)
    [second] = claim(cast, kind, worker="two")
    assert (second["id"], second["attempt"]) == (first["id"], 2)
    assert call(cast, "finish_tasks", claims=named(first)) == {"finished": 0, "late": 1}
    assert call(cast, "fail_tasks", claims=named(first), error="x") == {"again": 0, "parked": 0, "late": 1}
    assert call(cast, "finish_tasks", claims=named(second)) == {"finished": 1, "late": 0}


def test_a_worker_that_is_late_keeps_what_no_other_has_taken(cast: Cast, kind: str) -> None:
    put(cast, kind, "a")
    claims = claim(cast, kind)
    let_lapse(cast, kind)
    assert call(cast, "finish_tasks", claims=named(*claims)) == {"finished": 1, "late": 0}


def test_a_failed_task_waits_twice_as_long_each_time_and_is_then_parked(cast: Cast, kind: str) -> None:
    put(cast, kind, "a")
    waits = []
    with cast.settings(task_attempts=5, task_backoff="10 seconds"):
        for attempt in range(1, 6):
            [one] = claim(cast, kind)
            assert one["attempt"] == attempt
            answer = call(cast, "fail_tasks", claims=named(one), error=f"Kind{attempt}")
            parked = int(attempt == 5)
            assert answer == {"again": 1 - parked, "parked": parked, "late": 0}
            assert claim(cast, kind) == []
            wait = "select extract(epoch from available_at - now()) from private.tasks where kind = %s"
            waits.append(round(float(cast.value(wait, kind)) / 10))
            due_now(cast, kind)
    assert waits == [1, 2, 4, 8, 16]
    row = stored(cast, kind)["a"]
    assert row["parked_at"] is not None
    assert (row["leased_until"], row["last_error"]) == (None, "Kind5")
    assert claim(cast, kind) == []


def test_no_pause_is_longer_than_an_hour(cast: Cast, kind: str) -> None:
    put(cast, kind, "a")
    cast.database.execute("update private.tasks set attempt = 18 where kind = %s", [kind])
    with cast.settings(task_attempts=20):
        call(cast, "fail_tasks", claims=named(*claim(cast, kind)), error="x")
    assert cast.value(
        "select available_at between now() + interval '59 min' and now() + interval '1 hour'"
        " from private.tasks where kind = %s",
        kind,
    )


def test_what_a_worker_gives_up_is_parked_at_once(cast: Cast, kind: str) -> None:
    put(cast, kind, "a", payload={"n": 1})
    answer = call(cast, "park_tasks", claims=named(*claim(cast, kind)), error="e" * 900)
    assert answer == {"again": 0, "parked": 1, "late": 0}
    assert stored(cast, kind)["a"]["last_error"] == "e" * 500
    # It stays parked until something is different.
    assert put(cast, kind, "a", payload={"n": 1}) == 0
    due_now(cast, kind)
    assert claim(cast, kind) == []
    assert put(cast, kind, "a", payload={"n": 2}) == 1
    [one] = claim(cast, kind)
    assert (one["attempt"], one["payload"]) == (1, {"n": 2})


def test_an_operator_has_parked_tasks_tried_again(cast: Cast, kind: str) -> None:
    put(cast, kind, "a", "b")
    put(cast, kind + "x", "c")
    first, second = claim(cast, kind)
    call(cast, "park_tasks", claims=named(first), error="x")
    call(cast, "park_tasks", claims=named(*claim(cast, kind + "x")), error="x")
    assert cast.rpc(cast.stack.service_role_key, "unpark_tasks", kind=kind).json() == 1
    [again] = claim(cast, kind)
    # The worker that parked it is not taken for the one that has it now.
    assert (again["key"], again["attempt"]) == ("a", 1)
    assert call(cast, "finish_tasks", claims=named(first))["late"] == 1
    assert call(cast, "finish_tasks", claims=named(again, second))["finished"] == 2
    assert stored(cast, kind + "x")["c"]["parked_at"] is not None


def test_a_task_that_kills_its_workers_is_soon_alone_and_takes_no_other_along(cast: Cast, kind: str) -> None:
    keys = [f"{n:03}" for n in range(100)]
    put(cast, kind, *keys)
    companies, broken = [], "042"
    with cast.settings(task_attempts=5):
        for _ in range(400):
            claims = claim(cast, kind, 64)
            if not claims:
                break
            if broken in {one["key"] for one in claims}:
                companies.append(len(claims))
                let_lapse(cast, kind)  # killed
            else:
                call(cast, "finish_tasks", claims=named(*claims))
    assert companies == [64, 8, 1, 1, 1]
    left = stored(cast, kind)
    assert set(left) == {broken}
    assert (left[broken]["last_error"], left[broken]["attempt"]) == ("abandoned by its worker", 5)


def test_workers_side_by_side_share_the_tasks_and_do_each_once(cast: Cast, kind: str) -> None:
    keys = [f"{n:04}" for n in range(2000)]
    put(cast, kind, *keys)

    def work(name: str) -> list[str]:
        found: list[str] = []
        with psycopg.connect(cast.stack.database_url, autocommit=True) as database:
            while True:
                row = database.execute("select private.take_tasks(%s, %s, 30)", [kind, name]).fetchone()
                assert row is not None
                if not row[0]:
                    return found
                found += [one["key"] for one in row[0]]
                done = database.execute(
                    "select public.finish_tasks(%s)", [json.dumps(named(*row[0]))]
                ).fetchone()
                assert done == ({"finished": len(row[0]), "late": 0},)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, "abcd"))
    assert sorted(key for keys in done for key in keys) == keys
    assert stored(cast, kind) == {}


def test_a_claim_waits_for_no_other(cast: Cast, kind: str) -> None:
    put(cast, kind, "a", "b")
    with psycopg.connect(cast.stack.database_url) as other:
        other.execute("select from private.tasks where kind = %s and key = 'a' for update", [kind])
        assert [one["key"] for one in claim(cast, kind)] == ["b"]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("claim_tasks", {"worker": "w", "most": 0}),
        ("claim_tasks", {"worker": "w", "most": 10_001}),
        ("claim_tasks", {"worker": "w", "most": None}),
    ],
)
def test_a_bad_question_changes_nothing(cast: Cast, kind: str, function: str, words: Json) -> None:
    put(cast, kind, "a")
    answer = cast.rpc(cast.stack.service_role_key, function, kind=kind, **words)
    assert (answer.status_code, answer.json()["message"]) == (422, "invalid_body")
    assert stored(cast, kind)["a"]["attempt"] == 0


# A member's tasks.


def _task_of(cast: Cast, member: Member, kind: str, signal: str | None = "birthData") -> None:
    put(cast, kind, f"{member.id} {signal}", user_id=member.id, signal=signal)


def _left(cast: Cast, kind: str) -> set[str]:
    return {key.split()[1] for key in stored(cast, kind)}


@pytest.mark.parametrize("state", ["waiting", "in work", "parked"])
def test_withdrawing_a_switch_cancels_the_tasks_that_depend_on_it(cast: Cast, kind: str, state: str) -> None:
    member = cast.member(signals="{birthData,values}", **BORN)
    for switch in ("birthData", "values", None):
        _task_of(cast, member, kind, switch)
    claims = claim(cast, kind) if state != "waiting" else []
    if state == "parked":
        call(cast, "park_tasks", claims=named(*claims), error="x")
    ok(cast.rpc(member, "put_consents", version="v1", switches={"values": True}))
    assert _left(cast, kind) == {"values", "None"}
    if state == "in work":
        assert call(cast, "finish_tasks", claims=named(*claims)) == {"finished": 2, "late": 1}


def test_a_pause_cancels_what_is_done_for_matching(cast: Cast, kind: str) -> None:
    """What tells a member of their open chats has no switch, and goes on."""
    member, other = (cast.member(signals="{birthData}", **BORN) for _ in range(2))
    for one in (member, other):
        for switch in ("birthData", None):
            _task_of(cast, one, kind, switch)
    ok(cast.rpc(member, "deactivate"))
    assert sorted(stored(cast, kind)) == sorted(
        [f"{member.id} None", f"{other.id} None", f"{other.id} birthData"]
    )


def test_an_erasure_takes_every_task_along(cast: Cast, kind: str) -> None:
    member = cast.member(signals="{birthData}", **BORN)
    for switch in ("birthData", None):
        _task_of(cast, member, kind, switch)
    claims = claim(cast, kind, 1)
    cast.database.execute("delete from auth.users where id = %s", [member.id])
    assert stored(cast, kind) == {}
    assert call(cast, "finish_tasks", claims=named(*claims))["late"] == 1


def test_another_birth_cancels_the_task_of_the_former(cast: Cast, kind: str) -> None:
    member = cast.member(signals="{birthData}", **BORN)
    _task_of(cast, member, kind)
    cast.database.execute("update public.users set birth_date = '1990-05-18' where id = %s", [member.id])
    assert stored(cast, kind) == {}


# The charts job is their first user.

KILLED = """
import sys
from functions.worker import charts
from functions.worker.ring import Ring
from shared.callers.service import Service

def hang(births):
    print("computing", flush=True)
    sys.stdin.read()

charts.compute = hang
charts.charts(Service(sys.argv[1], sys.stdin.readline().strip()), Ring(trigger="hand"))
"""


def _chart(cast: Cast, member: Member) -> Any:
    return cast.value("select engine_version from public.birth_charts where user_id = %s", member.id)


def _killed_with_its_charts(cast: Cast) -> None:
    """A worker process that takes the charts that are due, and is killed while it computes them."""
    worker = subprocess.Popen(
        [sys.executable, "-P", "-c", KILLED, cast.stack.api_url],
        cwd=ROOT,
        env=plain_environment(PYTHONPATH=str(ROOT)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(cast.stack.service_role_key + "\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == "computing\n"
    finally:
        worker.kill()
        worker.communicate()
    assert worker.returncode == -signal.SIGKILL


def test_a_killed_charts_task_is_another_workers_when_its_lease_runs_out(cast: Cast) -> None:
    member = cast.member(signals="{birthData}", **BORN)
    with cast.settings(task_lease="1 hour"):
        _killed_with_its_charts(cast)
    tasks = stored(cast, "charts")
    assert member.id in tasks
    assert {task["attempt"] for task in tasks.values()} == {1}
    with psycopg.connect(cast.stack.database_url, autocommit=True) as database:
        waits = "select array(select private.jobs_with_tasks())"
        # While the lease lasts the task is nobody else's, and no worker is rung for it.
        assert claim(cast, "charts") == []
        assert database.execute(waits).fetchone() == ([],)
        let_lapse(cast, "charts")
        assert database.execute(waits).fetchone() == (["charts"],)
    answer = ring(cast.stack.functions_url, cast.stack.keys.bell_key, "charts", "tasks").json()
    assert (answer["planned"], answer["stored"]) == (0, len(tasks))
    assert _chart(cast, member) == chart_version()
    assert stored(cast, "charts") == {}
    # The run of the killed one is closed when it has given no sign of life for long enough, not before.
    assert (
        cast.value("select count(*) from public.job_runs where name = 'charts' and status = 'running'") == 1
    )


def test_tasks_that_wait_have_their_worker_rung_by_the_tick(cast: Cast) -> None:
    cast.member(signals="{birthData}", **BORN)
    call(cast, "plan_charts", chart_version=chart_version())
    put(cast, "nobodys_job", "a")
    with cast.settings(matcher_workers=200):
        assert cast.value("select array(select private.jobs_with_tasks())") == ["charts"]
    # Where enough workers are at them, no further one is rung.
    cast.database.execute(
        "insert into public.job_runs (name, trigger, scope) select 'charts', 'hand', n::text"
        " from generate_series(1, 4) n"
    )
    assert cast.value("select array(select private.jobs_with_tasks())") == []


# What operators see.


def test_the_view_counts_tasks_by_kind(cast: Cast, kind: str) -> None:
    put(cast, kind, "later", available_at="2100-01-01T00:00:00Z")
    put(cast, kind, *"abcd")
    first, second, _ = claim(cast, kind, 3)
    call(cast, "fail_tasks", claims=named(first), error="Unavailable")
    call(cast, "park_tasks", claims=named(second), error="Internal")
    path = f"/task_queue?kind=eq.{kind}"
    [row] = cast.rest(cast.stack.service_role_key, "GET", path).json()
    assert row.pop("oldest_seconds") < 60
    assert row == {
        "kind": kind,
        "waiting": 4,
        "available": 1,
        "leased": 1,
        "parked": 1,
        "attempts": 1,
        "last_error": "Unavailable",
    }
