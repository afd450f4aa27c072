"""Between pg_net and the workers: passes every bell to one of them, unless it is told to lose or double it.

The Vault of the stack names it as the worker's address, so whatever the schedule rings comes through here.
"""

import datetime
import itertools
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from scripts.tools.chaos.fleet import Worker
from shared.callers.bell import NONCE, SIGNATURE, TIMESTAMP, signed_headers

_AT_ONCE = 32


@dataclass(frozen=True)
class Bell:
    """What pg_net sent: everything that a worker sees of it."""

    path: str
    headers: dict[str, str]
    body: bytes

    def signed_again(self, key: str, shift: datetime.timedelta = datetime.timedelta()) -> "Bell":
        """The bell that a database whose clock is off by `shift` would have sent instead."""
        now = datetime.datetime.now(datetime.UTC) + shift
        signed = signed_headers(key.encode(), self.path, self.body, now, str(uuid.uuid4()))
        return Bell(self.path, self.headers | signed, self.body)


Change = Callable[[Bell], list[Bell]]
"""What becomes of a bell: none when it is lost, two when it is doubled."""

UNKNOWN = 0
"""The status of a bell whose worker died, or did not answer."""


@dataclass
class Spell:
    """A time in which bells become what `change` says: how each was answered, and how many wait for that."""

    change: Change
    answers: list[list[int]] = field(default_factory=list)
    open: int = 0

    @property
    def statuses(self) -> Counter[int]:
        """How often each status."""
        return Counter(status for each in self.answers for status in each)


class Switchboard:
    """An HTTP server; `workers` in turn get the bells."""

    def __init__(self, workers: list[Worker]) -> None:
        self.spell = Spell(lambda bell: [bell])
        self.rung = 0
        self.last: Bell | None = None
        self._turn = itertools.cycle(workers)
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        board = self

        class Handler(_Handler):
            switchboard = board

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        """Take no further bells."""
        self._server.shutdown()
        self._server.server_close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def take(self, bell: Bell) -> list[int]:
        """Pass a bell on as the change of the hour has it; the statuses it was answered with."""
        with self._lock:
            self.rung += 1
            self.last = bell
            spell = self.spell
            spell.open += 1
        answers: list[int] = []
        try:
            sent = [self._pool.submit(self.send, one) for one in spell.change(bell)]
            answers = [Future.result(one) for one in sent]
        except (RuntimeError, CancelledError):  # closed meanwhile
            return []
        finally:
            with self._lock:
                spell.answers.append(answers)
                spell.open -= 1
        return answers

    def send(self, bell: Bell) -> int:
        """Ring the next worker. One whose process is being started anew is not asked: another is."""
        with self._lock:
            chosen = next(self._turn)
            for _ in range(3):
                if chosen.processes():
                    break
                chosen = next(self._turn)
        return chosen.ring(bell.path, bell.headers, bell.body)[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    switchboard: Switchboard

    def do_POST(self) -> None:
        """One bell."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        names = ("Content-Type", TIMESTAMP, NONCE, SIGNATURE)
        kept = {name: self.headers[name] for name in names if name in self.headers}
        statuses = self.switchboard.take(Bell(self.path, kept, body))
        try:
            self.send_response_only(statuses[0] if statuses and statuses[0] != UNKNOWN else 502)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:  # pg_net has stopped waiting: the work went on
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""
