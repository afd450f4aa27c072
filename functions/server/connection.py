"""A connection whose socket never makes a thread wait.

A thread reads the bytes that have arrived and writes its answer without blocking. Bytes that the client does
not take at once are kept here. The loop of the process, which waits for all connections together, sends
them later (`functions.server.loop`).
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from gunicorn.workers.gthread import TConn  # type: ignore[import-untyped]

from functions.server.arrival import Arrival


class Socket(socket.socket):
    """An accepted socket that never blocks. Calls of gunicorn that would change this have no effect."""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(fileno=accepted.detach())
        super().setblocking(False)
        self.unsent = bytearray()

    def setblocking(self, _flag: bool) -> None:
        """Does nothing."""

    def settimeout(self, _value: float | None) -> None:
        """Does nothing, so that a time-out of one phase does not stay for the next."""

    def recv(self, size: int, flags: int = 0) -> bytes:
        """The bytes that have arrived; b"" at the end. Raises TimeoutError if there are none."""
        try:
            return super().recv(size, flags)
        except BlockingIOError:
            raise TimeoutError("nothing has arrived") from None

    def sendall(self, data: Any, _flags: int = 0) -> None:
        """Send what the client takes at once, and keep the rest. Raises OSError if the client is gone."""
        sent = 0 if self.unsent else self._send_some(data)
        self.unsent += memoryview(data)[sent:]

    def send_on(self) -> bool:
        """Send more of the kept bytes. True if none are left. Raises OSError if the client is gone."""
        del self.unsent[: self._send_some(self.unsent)]
        return not self.unsent

    def _send_some(self, data: Any) -> int:
        try:
            return super().send(data)
        except BlockingIOError:
            return 0


class Connection(TConn):  # type: ignore[misc]
    """One client's connection, with its phase and the time at which the loop gives it up."""

    def __init__(self, cfg: Any, accepted: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, Socket(accepted), client, server)
        self.arrival = Arrival()
        self.phase = "idle"
        """idle, arriving, working, leaving or closing: `functions.server.loop` explains them."""
        self.until = 0.0
        """When the loop gives up, by the monotonic clock."""
        self.spoke = time.monotonic()
        """When its last request had arrived; before the first one, when the connection was accepted."""
        self.kept = False
        """Whether it stays open for a further request after this answer."""
        self.dropped = 0
        """How many bytes came after the last answer and were dropped."""

    def give(self) -> None:
        """Hand the bytes that have arrived to gunicorn's parser, for a thread to read."""
        self.phase, self.spoke = "working", time.monotonic()
        self.init()
        self.parser.unreader.unread(bytes(self.arrival.data))

    def begin_anew(self) -> None:
        """Begin the next request, after an answer, with the bytes that its sender put behind the last one."""
        self.arrival = Arrival()
        more = self.parser.unreader.take_buffered()
        if more:
            self.arrival.add(more)

    def say(self, data: bytes) -> None:
        """Send it. If the client is gone, the next reading notices that."""
        with contextlib.suppress(OSError):
            self.sock.sendall(data)
