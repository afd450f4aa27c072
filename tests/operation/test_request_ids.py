"""One id leads from the app's request through the edge's log line to the database's own log."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from scripts.stack.throwaway import Running
from tests.cast import Cast
from tests.server.served import until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def edge_lines(stack: Running, request_id: str, name: str = "connect") -> list[dict[str, Any]]:
    """What a deployment logged for one request."""
    log = Path(stack.home, "log", f"{name}.log").read_text(errors="replace")
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("request_id") == request_id]


def database_lines(stack: Running, request_id: str) -> list[str]:
    """What Postgres logged while it worked for one request; it writes a moment later than it answers."""

    def lines() -> list[str]:
        log = Path(stack.home, "log", "postgres.log").read_text(errors="replace")
        return [line for line in log.splitlines() if f" {request_id} " in line]

    until(lambda: bool(lines()))
    return lines()


def test_a_statement_that_fails_is_found_by_the_request_s_id(
    stack: Running, cast: Cast, superuser: psycopg.Connection[Any]
) -> None:
    pair, request_id = cast.pair(), "fails-4711.x"
    answers: list[httpx.Response] = []

    def respond() -> None:
        headers = {"X-Request-Id": request_id, "traceparent": PARENT}
        body = {"matchId": pair.match_id, "action": "accept"}
        answers.append(cast.call(pair.a, "POST", "/connect/respond", body, headers=headers))

    with superuser.transaction():
        superuser.execute("select from public.matches where id = %s for update", [pair.match_id])
        asking = threading.Thread(target=respond)
        asking.start()
        wait_for_backend(cast, request_id)
        superuser.execute(
            "select pg_cancel_backend(pid) from pg_stat_activity where application_name = %s", [request_id]
        )
        asking.join(60)
    [answer] = answers
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (503, request_id)
    [line] = edge_lines(stack, request_id)
    assert (line["status"], line["trace_id"], line["code"]) == (503, TRACE, "unavailable")
    [logged] = database_lines(stack, request_id)
    assert "canceling statement due to user request" in logged
    for word in (pair.a.id, pair.b.id, pair.match_id):
        assert word not in logged
        assert word not in json.dumps(line)


def wait_for_backend(cast: Cast, request_id: str) -> None:
    """Return when a backend is named after the request and waits for a lock."""
    waits = "select count(*) from pg_stat_activity where application_name = %s and wait_event_type = 'Lock'"
    until(lambda: cast.value(waits, request_id) > 0)


@contextmanager
def every_statement_logged(superuser: psycopg.Connection[Any]) -> Iterator[None]:
    """As an operator who looks for slow statements: from no milliseconds on."""
    superuser.execute("alter system set log_min_duration_statement = 0")
    superuser.execute("select pg_reload_conf()")
    time.sleep(0.5)
    try:
        yield
    finally:
        superuser.execute("alter system reset log_min_duration_statement")
        superuser.execute("select pg_reload_conf()")


def test_a_slow_statement_is_found_by_the_request_s_id(
    stack: Running, cast: Cast, superuser: psycopg.Connection[Any]
) -> None:
    member = cast.member()
    with every_statement_logged(superuser):
        headers = {"X-Request-Id": "slow-0815-member"}
        assert cast.call(member, "GET", "/connect/status", headers=headers).status_code == 200
        headers = {"X-Request-Id": "slow-0815-health"}
        cast.http.get(f"{stack.functions_url}/worker/health", headers=headers)
        admin = {"Authorization": f"Bearer {stack.admin_token}", "X-Request-Id": "slow-0815-admin"}
        cast.http.get(f"{stack.functions_url}/admin/matching", headers=admin)
    for who in ("member", "health", "admin"):
        logged = database_lines(stack, f"slow-0815-{who}")
        assert any("duration:" in line for line in logged), who
        assert not any(member.id in line for line in logged)


@pytest.mark.parametrize(
    "given",
    ["short", "a" * 65, "x'; drop table users; --", "postgres superuser", "-----------", "ünïcödé-id"],
)
def test_a_direct_caller_cannot_write_what_they_like_into_the_log(
    stack: Running, cast: Cast, superuser: psycopg.Connection[Any], given: str
) -> None:
    member = cast.member()
    with every_statement_logged(superuser):
        log = Path(stack.home, "log", "postgres.log")
        before = log.stat().st_size
        headers = {"X-Request-Id": given.encode()}
        answer = cast.rest(member, "POST", "/rpc/get_status", json={}, headers=headers)
        assert answer.status_code == 200
        time.sleep(0.3)
        said = log.read_bytes()[before:]
    assert b"duration:" in said
    assert given.encode() not in said


def test_what_it_costs(cast: Cast) -> None:
    """Less than a twentieth of a status request as the data API alone answers it."""
    member = cast.member()
    sent = json.dumps({"x-request-id": "a" * 32, "traceparent": PARENT, "user-agent": "x" * 100})
    asked, named = [], []
    with cast.database.transaction():
        cast.database.execute("select set_config('request.headers', %s, true)", [sent])
        for _ in range(10):
            began = time.perf_counter()
            cast.database.execute("select private.name_request() from generate_series(1, 100)")
            named.append((time.perf_counter() - began) / 100)
    for _ in range(60):
        began = time.perf_counter()
        assert cast.rpc(member, "get_status").status_code == 200
        asked.append(time.perf_counter() - began)
    print(f"a status request {min(asked) * 1e3:.2f} ms, its name {min(named) * 1e3:.3f} ms")
    assert min(named) < min(asked) / 20
