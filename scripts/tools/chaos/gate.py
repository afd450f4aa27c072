"""Between one worker and the data API: passes every call on, and is where a point of the work can be hit.

A worker is given its gate's address as SUPABASE_URL. Nothing in the worker knows of it: it sees a slow
network, a call that never came back, or its own death.
"""

import http.client
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Protocol

from scripts.tools.chaos.books import Books

_PATIENCE = 330.0  # seconds; longer than the worker waits for anything
_PASSED_ON = ("apikey", "Authorization", "Content-Type")

Moment = Literal["asked", "running", "answered"]
"""Before the database hears of a call; while it works; when it is done and the worker has not heard."""


@dataclass
class Call:
    """One call of a worker: the number of the worker, the SQL function, what it was given and answered."""

    worker: int
    function: str
    asked: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def busy(self) -> bool:
        """Whether the answer brought the worker something to do, where it asked for that."""
        wanted = {"claim_matchmaking": "claimed", "claim_night": "runId"}.get(self.function)
        return wanted is None or bool(self.answer.get(wanted))


class Director(Protocol):
    """Who decides what happens to a call."""

    def at(self, call: Call, moment: Moment) -> bool:
        """Whether the worker was killed here: then nobody waits for the answer any more."""


class Gate:
    """An HTTP server for one worker."""

    def __init__(self, worker: int, api_port: int, books: Books) -> None:
        self.worker = worker
        self.director: Director | None = None
        self.names: set[str] = set()  # under which the process that runs now has claimed
        self._api_port = api_port
        self._books = books
        gate = self

        class Handler(_Handler):
            passes = gate

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        """Take no further calls."""
        self._server.shutdown()
        self._server.server_close()

    def _hit(self, call: Call, moment: Moment) -> bool:
        return self.director is not None and self.director.at(call, moment)

    def carry(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes] | None:
        """Status, content type and body of the answer; None when there is nobody to give it to."""
        call = Call(self.worker, path.rsplit("/", 1)[-1], json.loads(body or b"{}"))
        if call.function in ("claim_matchmaking", "claim_night"):
            self.names.add(call.asked["worker"])
        if self._hit(call, "asked"):
            return None
        with self._books.call():
            passed = self._pass_on(call, path, headers, body)
        if passed is None or self._hit(call, "answered"):
            return None
        return passed

    def _pass_on(
        self, call: Call, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, bytes] | None:
        upstream = http.client.HTTPConnection("127.0.0.1", self._api_port, timeout=_PATIENCE)
        try:
            upstream.request("POST", path, body, headers)
            gone = self._hit(call, "running")
            response = upstream.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self._books.unanswered(call.function, call.asked)
            return None
        finally:
            upstream.close()
        kind = response.headers.get("Content-Type", "")
        answer = json.loads(text) if "json" in kind and text else {}
        call.answer = answer if isinstance(answer, dict) else {}
        self._books.answered(call.function, call.asked, response.status, call.answer)
        return None if gone else (response.status, kind, text)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    passes: Gate

    def do_POST(self) -> None:
        """Pass one call on."""
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:  # the worker died while it asked
            self.close_connection = True
            return
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        answer = self.passes.carry(self.path, headers, body)
        if answer is None:
            self.close_connection = True
            return
        status, kind, text = answer
        try:
            self.send_response_only(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            self.wfile.flush()
        except OSError:  # the worker is gone
            self.close_connection = True

    def handle(self) -> None:
        """A worker that is killed breaks its connections; that is no news."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def finish(self) -> None:
        """Likewise."""
        try:
            super().finish()
        except OSError:
            return

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the stack keeps its own logs."""
