"""A deployment that is told to end finishes what it answers; one with too much to do refuses quickly."""

import http.client
import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from functions import serving
from scripts.stack import deployments
from scripts.stack.children import Child
from scripts.stack.throwaway import Running
from tests.cast import Cast
from tests.server.served import PATIENCE, until

pytestmark = pytest.mark.one_world

SLOW_SECONDS = 3.0


class Local(http.client.HTTPConnection):
    """A connection to a deployment, without the proxy."""

    def __init__(self, path: Path) -> None:
        super().__init__("deployment", timeout=30)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))

    def ask(self, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """One request; the answer has been read to its end."""
        self.request("GET", path, headers=dict(headers))
        answer = self.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        return answer


def asked_once(path: Path, question: str) -> http.client.HTTPResponse:
    """The answer to one question of nobody's."""
    connection = Local(path)
    try:
        return connection.ask(question, {})
    finally:
        connection.close()


@contextmanager
def another(stack: Running, name: str, **names: str) -> Iterator[tuple[Child, Path]]:
    """A second instance of a deployment beside the one in service, and where it listens."""
    child = deployments.child(name, stack.options, stack.keys, "b")
    child.env |= names
    child.start()
    try:
        deployments.wait_until_ready(name, stack.options.home, child, "b")
        yield child, deployments.listens(stack.options.home, name, "b")
    finally:
        child.stop()


@contextmanager
def held(superuser: psycopg.Connection[Any]) -> Iterator[None]:
    """As long as the block runs, the database answers neither a member's call nor how a pool stands."""
    with superuser.transaction():
        superuser.execute(
            "lock table private.rate_counters, public.matchmaking_parked in access exclusive mode"
        )
        yield


def waiting(superuser: psycopg.Connection[Any]) -> int:
    """How many wait for what `held` holds."""
    row = superuser.execute("select count(*) from pg_locks where not granted").fetchone()
    assert row is not None
    return int(row[0])


@dataclass
class Client:
    """Asks one question after the other on one connection, until the server is told to end and asks to close
    it. Before that it may ask so too, for a connection to another process."""

    path: Path
    question: str
    headers: Mapping[str, str]
    ending: threading.Event
    answers: Counter[int] = field(default_factory=Counter)
    closed: bool = False
    cut: str | None = None

    def run(self, end: threading.Event) -> None:
        """Ask until told to end; what goes wrong is kept."""
        connection = Local(self.path)
        try:
            while not end.is_set() and not self.closed:
                answer = connection.ask(self.question, self.headers)
                self.answers[answer.status] += 1
                if answer.will_close:
                    connection.close()
                    self.closed = self.ending.is_set()
        except (OSError, http.client.HTTPException) as error:
            self.cut = repr(error)
        finally:
            connection.close()


@pytest.mark.parametrize("name", deployments.NAMES)
def test_told_to_end_it_answers_all_it_has_begun(
    stack: Running, cast: Cast, superuser: psycopg.Connection[Any], name: str
) -> None:
    question = "/connect/profile" if name == "connect" else "/admin/matching"
    end, ending = threading.Event(), threading.Event()
    # Each a member, so that nobody's rate limit answers instead.
    members = [cast.member(active=False).token for _ in range(6)]
    tokens = members if name == "connect" else [stack.admin_token] * 6
    cast.database.execute("update public.settings set reads_per_minute = 1000000")
    with another(stack, name) as (child, path):
        assert child.process is not None
        busy = [Client(path, "/health", {}, ending) for _ in range(4)]
        slow = [Client(path, question, {"Authorization": f"Bearer {token}"}, ending) for token in tokens]
        threads = [threading.Thread(target=client.run, args=(end,)) for client in (*busy, *slow)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        with held(superuser):
            until(lambda: waiting(superuser) == len(slow))
            began = time.monotonic()
            ending.set()
            child.process.send_signal(signal.SIGTERM)
            time.sleep(SLOW_SECONDS)
            assert child.alive(), "it did not wait for what it was answering"
        child.process.wait(PATIENCE)
        took = time.monotonic() - began
        end.set()
        for thread in threads:
            thread.join(30)
        answers: Counter[int] = sum((client.answers for client in (*busy, *slow)), Counter())
    print(
        f"{name}: {answers.total()} answers, ended {took:.1f} s after SIGTERM with work of {SLOW_SECONDS} s"
    )
    assert not [client.cut for client in (*busy, *slow) if client.cut]
    assert all(client.closed for client in (*busy, *slow)), "somebody was not told that it ends"
    assert set(answers) == {200}
    # What takes longer is cut off, still before the platform ends the container.
    assert serving.graceful_timeout < child.patience


def test_too_much_at_once_is_refused_quickly_and_is_over_when_it_is_over(
    stack: Running, cast: Cast, superuser: psycopg.Connection[Any]
) -> None:
    at_once, processes, callers = 2, 2, 40
    tokens = [{"Authorization": f"Bearer {cast.member(active=False).token}"} for _ in range(callers)]

    def ask(headers: Mapping[str, str]) -> tuple[int, str | None, float, dict[str, Any]]:
        connection = Local(path)
        began = time.monotonic()
        try:
            answer = connection.ask("/connect/profile", headers)
            body = json.loads(answer.body)  # type: ignore[attr-defined]
            return answer.status, answer.getheader("Retry-After"), time.monotonic() - began, body
        finally:
            connection.close()

    with another(stack, "connect", CONNECT_REQUESTS_AT_ONCE=str(at_once)) as (_, path):
        with ThreadPoolExecutor(callers) as pool:
            with held(superuser):
                asked = [pool.submit(ask, headers) for headers in tokens]
                # While nothing is served all beyond those in work are refused: a line has an end, and a wait
                # too.
                until(lambda: sum(each.done() for each in asked) >= callers - at_once * processes)
                health = asked_once(path, "/health")
                assert health.status == 200
                early = [each.result() for each in asked if each.done()]
            everything = [each.result() for each in asked]
        again = [ask(headers) for headers in tokens]
    statuses = Counter(status for status, *_ in everything)
    slowest = max(seconds for *_, seconds, _ in early)
    print(f"{dict(statuses)} of {callers} at once, refusals within {slowest * 1e3:.0f} ms")
    assert set(statuses) == {200, 503}
    # A process may get fewer connections than it could take; none takes more.
    assert 1 <= statuses[200] <= at_once * processes
    assert [retry for status, retry, *_ in everything if status == 503] == ["1"] * statuses[503]
    assert {body["code"] for status, _, _, body in everything if status == 503} == {"unavailable"}
    assert [status for status, *_ in early] == [503] * statuses[503]
    assert {status for status, *_ in again} == {200}
