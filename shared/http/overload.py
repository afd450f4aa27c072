"""How many requests one process works on at once. Further ones wait in a short line or are refused.

    at_once      in work: as many as the database serves without queueing
    IN_LINE      waiting for a turn, at most WAIT_SECONDS, first come, first served
    OUTSIDE      waiting for a server that is not ours; other requests have their turns meanwhile
    beyond       503 with Retry-After at once

A server that takes every request answers all of them too late. A refusal costs a millisecond, so admitted
requests stay fast. When the rush is over, no backlog is left. The server needs more threads than all of
these together, so that one is always free to refuse.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from shared.errors import Unavailable

WAIT_SECONDS = 1.0
"""Rarely reached: the line is short and moves faster than this unless the database stands still."""
IN_LINE = 24
"""Together with `at_once` it exceeds the connections that a load balancer keeps in a calm hour. By chance all
of them may reach one process."""
OUTSIDE = 8
RETRY_SECONDS = 1
NEVER_SHED = "/health"
"""A health check must not take a busy server for a dead one and restart it."""


class Turns:
    """The turns of one process. Opened by each process for itself: a fork starts with all turns free."""

    def __init__(self, at_once: int, in_line: int = IN_LINE, wait_seconds: float = WAIT_SECONDS) -> None:
        self._free = at_once
        self._in_line = in_line
        self._wait_seconds = wait_seconds
        self._line: deque[threading.Lock] = deque()
        """The waiting requests, the first one first: each is a lock that opens when its turn comes."""
        self._lock = threading.Lock()
        self._outside = threading.Semaphore(OUTSIDE)

    @contextmanager
    def turn(self, path: str) -> Iterator[None]:
        """Run the block when its turn comes. Raises Unavailable if the line is full or no turn comes in time.

        >>> with Turns(at_once=8).turn("/connect/status"):
        ...     pass
        """
        if path == NEVER_SHED:
            yield
            return
        self._enter()
        turn = _Turn(self)
        token = _current.set(turn)
        try:
            yield
        finally:
            _current.reset(token)
            if turn.held:
                self._leave()

    @contextmanager
    def _aside(self, turn: _Turn) -> Iterator[None]:
        if not self._outside.acquire(blocking=False):
            raise _busy("too many wait outside")
        self._leave()
        turn.held = False
        try:
            yield
        finally:
            self._outside.release()
        self._enter()
        turn.held = True

    def _enter(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if len(self._line) >= self._in_line:
                raise _busy("too many in line")
            mine = threading.Lock()
            mine.acquire()
            self._line.append(mine)
        if mine.acquire(timeout=self._wait_seconds):
            return
        with self._lock:
            # The turn may have come at the very last moment.
            if mine in self._line:
                self._line.remove(mine)
                raise _busy("no turn in time")

    def _leave(self) -> None:
        """Hand the turn to the first in line directly. If newcomers could take it, a steady stream of them
        would keep the line waiting."""
        with self._lock:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1


@dataclass
class _Turn:
    """The turn of one request's thread: `held` is false while it waits for an outside server."""

    turns: Turns
    held: bool = True


_current: ContextVar[_Turn | None] = ContextVar("turn", default=None)


@contextmanager
def outside() -> Iterator[None]:
    """Gives the turn away while the block waits for a server that is not ours, and waits for a new turn
    afterwards. Raises Unavailable."""
    turn = _current.get()
    if turn is None:
        yield
        return
    with turn.turns._aside(turn):
        yield


def _busy(reason: str) -> Unavailable:
    return Unavailable(retry_after=RETRY_SECONDS, reason=reason)
