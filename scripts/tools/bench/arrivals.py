"""Requests that come when they come, whether or not earlier ones were answered: `apart("arrivals", FILE)`.

FILE is `{"port", "requests": [[second, method, path, body or null, token], …]}`, ascending by time. Each
request is sent at its second over a connection nobody waits on, kept alive as an app keeps its own; a new one
is opened when all are waiting. Latency runs from the second a request was due, so that a stall is paid by
everybody who came during it. Prints `{"answers": [[second, status, milliseconds, retry-after or null], …],
"cpu", "late", "connections", "seconds"}`: status 0 is a connection that broke, 1 an answer that took longer
than 30 s; `cpu` are our own processor seconds, `late` the 99th percentile of how late we sent, milliseconds.
With `"connections": N` in FILE nobody comes by the clock: N ask one thing after the other.

Written on bare sockets, because it shares the machine with what it measures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from pathlib import Path
from typing import Any, cast

from scripts.tools.bench.apart import tell

PATIENCE = 30.0
BROKEN, TOO_LATE = 0, 1

Sent = tuple[float, int, float, int | None]


class Connection(asyncio.Protocol):
    """One connection of one app: a request, then its answer, then the next."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.transport: asyncio.Transport | None = None
        self.received = b""
        self.due: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self.transport = cast(asyncio.Transport, transport)

    def send(self, due: float, raw: bytes) -> None:
        """Ask; `due` is when this should have happened."""
        self.due = due
        if self.transport is not None:
            self.transport.write(raw)

    def data_received(self, data: bytes) -> None:
        """Whatever came; an answer is whole when its declared length is there."""
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.received[:end].decode("latin-1").lower()
        length = _header(head, "content-length")
        if length is None or len(self.received) < end + 4 + length or self.due is None:
            return
        status, due = int(head[9:12]), self.due
        retry_after = _header(head, "retry-after")
        self.received, self.due = b"", None
        self.crowd.answered(due, status, retry_after)
        if self.crowd.queue:
            self.send(self.crowd.now(), self.crowd.queue.pop())
        elif "connection: close" in head and self.transport is not None:
            self.transport.close()
        else:
            self.crowd.idle.append(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The other side is gone: an idle connection is forgotten, a waiting request has failed."""
        if self in self.crowd.idle:
            self.crowd.idle.remove(self)
        if self.due is not None:
            self.crowd.answered(self.due, BROKEN, None)
            self.due = None


def _header(head: str, name: str) -> int | None:
    at = head.find(f"\r\n{name}: ")
    return None if at < 0 else int(head[at + len(name) + 4 :].split("\r\n", 1)[0])


class Crowd:
    """Everybody who asks."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.idle: list[Connection] = []
        self.answers: list[Sent] = []
        self.late: list[float] = []
        self.connections = 0
        self.queue: list[bytes] = []
        """What those ask next who ask one thing after the other."""
        self.began = 0.0

    def now(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self.began

    def answered(self, due: float, status: int, retry_after: int | None) -> None:
        """One answer has come."""
        self.answers.append((due, status, round((self.now() - due) * 1000, 2), retry_after))

    async def ask(self, due: float, raw: bytes) -> None:
        """Send one request over a connection of its own."""
        try:
            _, one = await asyncio.get_running_loop().create_connection(
                lambda: Connection(self), "127.0.0.1", self.port
            )
        except OSError:
            self.answered(due, BROKEN, None)
            return
        self.connections += 1
        one.send(due, raw)

    async def take_turns(self, requests: list[tuple[float, bytes]], connections: int) -> None:
        """Send them all over so many connections, each as soon as its last answer is there."""
        self.queue = [raw for _, raw in requests[connections:]]
        self.late = [0.0]
        self.began = time.perf_counter()
        await asyncio.gather(*(self.ask(0.0, raw) for _, raw in requests[:connections]))
        while len(self.answers) < len(requests) and self.now() < PATIENCE * 10:
            await asyncio.sleep(0.005)

    async def come(self, requests: list[tuple[float, bytes]]) -> None:
        """Send them all, each in its time, and wait for the last answer."""
        opening: set[asyncio.Task[None]] = set()
        self.began = time.perf_counter() + 0.5
        for due, raw in requests:
            pause = due - self.now()
            if pause > 0:
                await asyncio.sleep(pause)
            self.late.append(self.now() - due)
            if self.idle:
                self.idle.pop().send(due, raw)
            else:
                task = asyncio.create_task(self.ask(due, raw))
                opening.add(task)
                task.add_done_callback(opening.discard)
        last = self.now()
        while len(self.answers) < len(requests) and self.now() < last + PATIENCE:
            await asyncio.sleep(0.05)


def _raw(port: int, method: str, path: str, body: Any, token: str) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    kind = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}{kind}\r\n".encode() + content


def main(arguments: list[str]) -> None:
    """Send what the file says and print what came of it."""
    plan = json.loads(Path(arguments[0]).read_text())
    port: int = plan["port"]
    requests = [(due, _raw(port, *rest)) for due, *rest in plan["requests"]]
    plan["requests"] = None
    gc.freeze()
    crowd = Crowd(port)
    before = time.process_time()
    connections = plan.get("connections")
    asyncio.run(crowd.take_turns(requests, connections) if connections else crowd.come(requests))
    missing = len(requests) - len(crowd.answers)
    tell(
        {
            "answers": crowd.answers + [(requests[-1][0], TOO_LATE, PATIENCE * 1000, None)] * missing,
            "cpu": time.process_time() - before,
            "seconds": crowd.now(),
            "late": sorted(crowd.late)[int(len(crowd.late) * 0.99)] * 1000,
            "connections": crowd.connections,
        }
    )


if __name__ == "__main__":
    main(sys.argv[1:])
