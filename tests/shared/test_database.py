"""One pool per process, one identity per request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import respx

from scripts.stack.home import ROOT
from shared.callers import database
from shared.callers.database import Database
from shared.callers.service import Service
from shared.errors import Internal
from shared.version import VERSION
from tests.functions.deployment import PROJECT, PUBLISHABLE, RATE

CALL = f"{PROJECT}/rest/v1/rpc/get_status"


@pytest.fixture(autouse=True)
def _closed_afterwards() -> Iterator[None]:
    yield
    database.close()


@pytest.fixture
def postgrest() -> Iterator[respx.Route]:
    with respx.mock(assert_all_called=False) as router:
        yield router.post(CALL).mock(return_value=httpx.Response(200, json={}, headers=RATE))


def test_identity_travels_in_each_request_alone(postgrest: respx.Route) -> None:
    members = Database(PROJECT, PUBLISHABLE)
    for token in ("token-a", "token-b", "token-a"):
        members.call(token, "get_status")
        sent = postgrest.calls.last.request.headers
        assert sent["Authorization"] == f"Bearer {token}"
        assert sent["apikey"] == PUBLISHABLE


def test_a_cookie_of_one_answer_rides_on_no_other_request(postgrest: respx.Route) -> None:
    cookie = {"Set-Cookie": "sticky=alice; Path=/"}
    postgrest.mock(return_value=httpx.Response(200, json={}, headers=cookie))
    members = Database(PROJECT, PUBLISHABLE)
    members.call("token-a", "get_status")
    members.call("token-b", "get_status")
    assert "cookie" not in postgrest.calls.last.request.headers


def test_only_the_limits_are_passed_on(postgrest: respx.Route) -> None:
    noise = {"Server": "postgrest", "X-User": "alice", "Content-Location": "/rpc/get_status"}
    postgrest.mock(return_value=httpx.Response(200, json={"a": 1}, headers=RATE | noise))
    answer = Database(PROJECT, PUBLISHABLE).call("token", "get_status", {"x": None})
    assert (answer.body, answer.headers) == ({"a": 1}, RATE)
    assert json.loads(postgrest.calls.last.request.content) == {"x": None}


@pytest.mark.parametrize(
    ("key", "authorization"), [("e30.e30.sig", "Bearer e30.e30.sig"), ("sb_secret_x", None)]
)
def test_the_service_key_is_a_bearer_only_when_it_is_a_token(
    postgrest: respx.Route, key: str, authorization: str | None
) -> None:
    Service(PROJECT, key).call(None, "get_status")
    sent = postgrest.calls.last.request.headers
    assert (sent["apikey"], sent.get("Authorization")) == (key, authorization)


def test_without_a_service_key_nobody_calls_without_a_token(postgrest: respx.Route) -> None:
    with pytest.raises(Internal):
        Database(PROJECT, PUBLISHABLE).call(None, "get_status")
    assert not postgrest.called


def test_a_number_that_is_not_json_is_never_sent(postgrest: respx.Route) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        Database(PROJECT, PUBLISHABLE).call("token", "get_status", {"x": float("nan")})


def test_who_sends_is_said(postgrest: respx.Route) -> None:
    Database(PROJECT, PUBLISHABLE).call("token", "get_status")
    assert postgrest.calls.last.request.headers["User-Agent"] == f"connect/{VERSION}"


def test_the_version_is_that_of_the_project() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert told["project"]["version"] == VERSION


def test_a_text_takes_the_room_of_its_characters(postgrest: respx.Route) -> None:
    """A message of 2,000 characters of any alphabet is far below what the data API takes."""
    text = "Привет, 世界 👋 ü" * 100
    Database(PROJECT, PUBLISHABLE).call("token", "get_status", {"text": text})
    sent = postgrest.calls.last.request.content
    assert sent == b'{"text":"' + text.encode() + b'"}'


def test_half_a_character_never_gets_on_its_way(postgrest: respx.Route) -> None:
    with pytest.raises(UnicodeEncodeError):
        Database(PROJECT, PUBLISHABLE).call("token", "get_status", {"text": "a\ud83d"})
    assert not postgrest.called


def test_loading_opens_nothing() -> None:
    code = (
        "import functions.connect.routes, shared.callers.member\n"
        "from shared.callers import database\n"
        "assert not database._POOL.is_open()\n"
    )
    environment = {"PYTHONPATH": ".", "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)


class Echo(BaseHTTPRequestHandler):
    """Answers who asked, over a connection that is kept."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body are two writes

    def do_POST(self) -> None:
        """The token, the caller's port and nothing else."""
        self.rfile.read(int(self.headers["Content-Length"]))
        said = {"token": self.headers["Authorization"], "port": self.client_address[1]}
        raw = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def echo() -> Iterator[Database]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Database(f"http://127.0.0.1:{server.server_port}", PUBLISHABLE)
    database.close()
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_connection_is_kept_between_calls(echo: Database) -> None:
    ports = {echo.call(f"token-{n}", "who").body["port"] for n in range(20)}
    assert len(ports) == 1


def test_threads_never_hear_each_others_answers(echo: Database) -> None:
    wrong: list[str] = []

    def ask(name: str) -> None:
        answers = [echo.call(name, "who").body["token"] for _ in range(100)]
        wrong.extend(answer for answer in answers if answer != f"Bearer {name}")

    threads = [threading.Thread(target=ask, args=(f"token-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# In its own interpreter: a fork of the test runner with its threads would be another test.
FORKED = """
import json, os, sys
from shared.callers import database
from shared.callers.database import Database
from shared.callers.service import Service
there = Database(sys.argv[1], "key")
mine = there.call("parent", "who").body["port"]
pool = database._POOL.get()
for child in range(2):
    reader, writer = os.pipe()
    if os.fork() == 0:
        answers = [there.call(f"child-{child}", "who").body for _ in range(50)]
        assert database._POOL.get() is not pool
        assert {a["token"] for a in answers} == {f"Bearer child-{child}"}
        os.write(writer, json.dumps(sorted({a["port"] for a in answers})).encode())
        os._exit(0)
    os.close(writer)
    theirs = json.loads(os.fdopen(reader).read())
    assert os.wait()[1] == 0
    assert mine not in theirs, "the child used the connection of its parent"
assert there.call("parent", "who").body == {"token": "Bearer parent", "port": mine}
print("apart")
"""


def test_no_connection_is_shared_with_a_forked_worker(echo: Database) -> None:
    environment = {"PYTHONPATH": ".", "PATH": os.environ["PATH"]}
    ended = subprocess.run(
        [sys.executable, "-c", FORKED, echo.url],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.stdout.strip(), ended.returncode) == ("apart", 0), ended.stderr
