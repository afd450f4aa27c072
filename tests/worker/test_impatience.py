"""A caller that stops waiting, as pg_net does after five seconds, does not stop the run."""

from __future__ import annotations

import datetime
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from scripts.stack.home import ROOT
from shared.callers.bell import signed_headers
from tests.server.served import listens, until
from tests.worker.deployment import (
    BELL_KEY,
    ENVIRONMENT,
    NOBODY,
    RUN,
    candidates_answer,
    claims_answer,
    couple,
    done_answer,
)


class SlowDatabase(BaseHTTPRequestHandler):
    """PostgREST that takes a second to load candidates, and tells when proposals arrive."""

    waiting: ClassVar[list[Any]] = [claims_answer(couple()[:1])]
    stored: ClassVar[list[Any]] = []
    ended: ClassVar[threading.Event] = threading.Event()

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        function = self.path.rsplit("/", 1)[-1]
        if function == "load_candidates":
            time.sleep(1)
        answers: dict[str, Any] = {
            "claim_bell": {"fresh": True},
            "claim_matchmaking": NOBODY,
            "open_job_run": {"runId": RUN},
            "load_candidates": candidates_answer(couple()),
            "complete_matchmaking": done_answer(stored=1),
            "finish_job_run": {},
        }
        answer = answers[function]
        if function == "claim_matchmaking" and self.waiting:
            answer = self.waiting.pop()
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if function == "complete_matchmaking":
            self.stored.append(sent)
        elif function == "finish_job_run":
            self.ended.set()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """A worker under its real server, and the port it listens on."""
    database = ThreadingHTTPServer(("127.0.0.1", 0), SlowDatabase)
    threading.Thread(target=database.serve_forever, daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    environment = {
        **ENVIRONMENT,
        "SUPABASE_URL": f"http://127.0.0.1:{database.server_port}",
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-m", "functions_framework", "--source", "functions/worker/main.py"]
    command += ["--target", "worker", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        until(lambda: listens(port) or server.poll() is not None)
        assert server.poll() is None, "the worker did not start"
        yield port
    finally:
        server.terminate()
        server.wait(60)
        database.shutdown()
        database.server_close()


def test_the_run_goes_on_when_the_caller_has_gone(port: int) -> None:
    body = b'{"job": "matcher"}'
    now = datetime.datetime.now(datetime.UTC)
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=0.3)
    caller.request(
        "POST", "/matcher", body, signed_headers(BELL_KEY.encode(), "/matcher", body, now, str(uuid.uuid4()))
    )
    with pytest.raises(TimeoutError):
        caller.getresponse()
    caller.close()
    assert not SlowDatabase.stored
    # Long enough for an engine that has to be compiled first.
    assert SlowDatabase.ended.wait(240), "the run ended with its caller"
    assert len(SlowDatabase.stored[0]["proposals"]) == 1
