"""The workers: the deployment as everywhere, under gunicorn, one process each, so that a kill hits one.

The server's own process stays and starts the next worker process at once, as on any platform.
"""

import contextlib
import http.client
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psutil

from scripts.stack import deployments
from scripts.stack.children import Child
from scripts.stack.home import Trouble
from scripts.stack.throwaway import Running
from scripts.tools.chaos.books import Books
from scripts.tools.chaos.gate import Director, Gate

BATCH = 6
"""Members per claim: so few that much is claimed, and can be lost, in little time."""
RUNTIME_MS = 5000
"""A bell's work ends after so long, below every lease of a run."""
_START_PATIENCE = 90.0
_APP = "scripts.tools.chaos.worker_app:app()"


@dataclass
class Worker:
    """One worker deployment behind its gate."""

    number: int
    gate: Gate
    child: Child
    listens: Path

    def processes(self) -> list[psutil.Process]:
        """The process that works: none in the moment between two."""
        if self.child.process is None:
            return []
        with contextlib.suppress(psutil.Error):
            return [
                one
                for one in psutil.Process(self.child.process.pid).children()
                if one.status() != psutil.STATUS_ZOMBIE
            ]
        return []

    def ring(
        self, path: str, headers: dict[str, str], body: bytes, seconds: float = 60, method: str = "POST"
    ) -> tuple[int, bytes]:
        """One request to the deployment itself: status and body; 0 when it died or did not answer."""
        connection = _Local(self.listens, seconds)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()


class _Local(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("worker", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def worker(stack: Running, number: int, gate: Gate, **names: str) -> Worker:
    """A worker deployment that is not started yet; `names` go into its environment."""
    like = deployments.child("worker", stack.options, stack.keys)
    usual = deployments.listens(stack.options.home, "worker")
    listens = usual.with_name(f"worker-{number}.sock")
    command = [word.replace(str(usual), str(listens)) for word in like.command]
    command[-1:] = ["--workers", "1", _APP]
    told = like.env | {"SUPABASE_URL": gate.url, "BATCH_SIZE": str(BATCH), "MAX_RUNTIME_MS": str(RUNTIME_MS)}
    log = like.log.with_name(f"worker-{number}.log")
    return Worker(number, gate, Child(f"worker-{number}", command, told | names, log, patience=3), listens)


class Fleet:
    """Context manager: so many workers, ready to be rung. Made in the main thread: their lives hang on it."""

    def __init__(self, stack: Running, books: Books, size: int) -> None:
        gates = [Gate(number, stack.options.api_port, books) for number in range(size)]
        self.workers = [worker(stack, gate.worker, gate) for gate in gates]

    def direct(self, director: Director | None) -> None:
        """From now on `director` decides what happens to calls; None: nothing happens to any."""
        for one in self.workers:
            one.gate.director = director

    def kill(self, number: int) -> set[str] | None:
        """Kill -9 of one worker process; the names it had claimed under. None when there was no process."""
        hit = self.workers[number]
        there = hit.processes()
        if not there:
            return None
        for process in there:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
        names, hit.gate.names = hit.gate.names, set()
        return names

    def freeze(self, number: int, seconds: float) -> bool:
        """Stop one worker process as a paused machine stops it, and let it go on later."""
        there = self.workers[number].processes()
        for process in there:
            with contextlib.suppress(psutil.Error):
                process.suspend()
        time.sleep(seconds)
        for process in there:
            with contextlib.suppress(psutil.Error):
                process.resume()
        return bool(there)

    def __enter__(self) -> "Fleet":
        try:
            for one in self.workers:
                one.child.start()
            for one in self.workers:
                await_health(one)
        except BaseException:
            self._stop()
            raise
        return self

    def _stop(self) -> None:
        for one in self.workers:
            for process in one.processes():
                with contextlib.suppress(psutil.Error):
                    process.resume()
        for one in self.workers:
            one.child.stop()
            one.gate.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()


def await_health(one: Worker) -> None:
    """Return when a worker answers; raise Trouble when it ends or stays silent."""
    end = time.monotonic() + _START_PATIENCE
    while one.ring("/health", {}, b"", method="GET")[0] == 0:
        if not one.child.alive() or time.monotonic() > end:
            raise Trouble(f"{one.child.name} does not start; its log was {one.child.log}.")
        time.sleep(0.05)
