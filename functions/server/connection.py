"""A connection whose socket makes no thread wait, whoever is at its other end.

A thread reads from it what has arrived and writes to it whatever it likes. What the other end does not take
at once is kept here, and sent by the one loop of the process that waits for all connections together
(`functions.server.loop`).
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from gunicorn.workers.gthread import TConn  # type: ignore[import-untyped]

from functions.server.arrival import Arrival


class Socket(socket.socket):
    """An accepted socket, never blocking: gunicorn's threads may say otherwise and are not heard."""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(fileno=accepted.detach())
        super().setblocking(False)
        self.unsent = bytearray()

    def setblocking(self, _flag: bool) -> None:
        """Nothing changes."""

    def settimeout(self, _value: float | None) -> None:
        """Nothing changes: no time-out of one phase is left to the next."""

    def recv(self, size: int, flags: int = 0) -> bytes:
        """What is there; b"" at the end. Raises TimeoutError when nothing is."""
        try:
            return super().recv(size, flags)
        except BlockingIOError:
            raise TimeoutError("nothing has arrived") from None

    def sendall(self, data: Any, _flags: int = 0) -> None:
        """Send what is taken at once, and keep the rest. Raises OSError when nobody is there."""
        sent = 0 if self.unsent else self._send_some(data)
        self.unsent += memoryview(data)[sent:]

    def send_on(self) -> bool:
        """Send more of what is kept; whether nothing is left. Raises OSError when nobody is there."""
        del self.unsent[: self._send_some(self.unsent)]
        return not self.unsent

    def _send_some(self, data: Any) -> int:
        try:
            return super().send(data)
        except BlockingIOError:
            return 0


class Connection(TConn):  # type: ignore[misc]
    """One client's connection, and what the loop waits for on it."""

    def __init__(self, cfg: Any, accepted: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, Socket(accepted), client, server)
        self.arrival = Arrival()
        self.phase = "idle"
        """idle, arriving, working, leaving or closing, as `functions.server.loop` tells."""
        self.until = 0.0
        """When the loop gives up, by the monotonic clock."""
        self.spoke = time.monotonic()
        """When its last request had arrived; before any, when it came itself."""
        self.kept = False
        """Whether it is kept for a further request after this answer."""
        self.dropped = 0
        """Bytes that came after the last answer, and were read by nobody."""

    def give(self) -> None:
        """Hand what has arrived to gunicorn's parser, for a thread to read."""
        self.phase, self.spoke = "working", time.monotonic()
        self.init()
        self.parser.unreader.unread(bytes(self.arrival.data))

    def begin_anew(self) -> None:
        """The request is answered: what its sender put behind it belongs to the next."""
        self.arrival = Arrival()
        more = self.parser.unreader.take_buffered()
        if more:
            self.arrival.add(more)

    def say(self, data: bytes) -> None:
        """Send it, if anybody is there: the next reading tells otherwise."""
        with contextlib.suppress(OSError):
            self.sock.sendall(data)
