"""How many requests one process works on at once; more wait briefly, in a short line, or are sent away.

    at_once      in work: as many as the database serves without queueing
    IN_LINE      waiting for their turn, at most WAIT_SECONDS, and served as they came
    OUTSIDE      waiting for somebody else's server; their turns are others' meanwhile
    beyond       503 with Retry-After at once

A server that takes all comes to answer everybody too late. Refusing costs a millisecond, so what is
let in keeps its speed, and the moment the rush is over nothing is left to catch up with. The server
needs more threads than all of these together, so that one is always free to refuse.
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
"""Rarely reached: the line is short, so it moves on sooner unless the database stands still."""
IN_LINE = 24
"""With `at_once` more than any front door keeps connections in a calm hour, all on one process by chance."""
OUTSIDE = 8
RETRY_SECONDS = 1
NEVER_SHED = "/health"
"""Whoever watches a busy server must not take it for a dead one, and restart it."""


class Turns:
    """The turns of one process. Opened by each process for itself: a fork starts with all turns free."""

    def __init__(self, at_once: int, in_line: int = IN_LINE, wait_seconds: float = WAIT_SECONDS) -> None:
        self._free = at_once
        self._in_line = in_line
        self._wait_seconds = wait_seconds
        self._line: deque[threading.Lock] = deque()
        """Who waits, the first first: a lock that opens when it is their turn."""
        self._lock = threading.Lock()
        self._outside = threading.Semaphore(OUTSIDE)

    @contextmanager
    def turn(self, path: str) -> Iterator[None]:
        """Run the block when it is its turn. Raises Unavailable when there is no turn to be had."""
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
            # Unless it came at the very last moment.
            if mine in self._line:
                self._line.remove(mine)
                raise _busy("no turn in time")

    def _leave(self) -> None:
        """Hand the turn to the first in line. A newcomer who could take it meanwhile would keep others
        waiting for as long as newcomers come."""
        with self._lock:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1


@dataclass
class _Turn:
    """What the thread of one request has."""

    turns: Turns
    held: bool = True


_current: ContextVar[_Turn | None] = ContextVar("turn", default=None)


@contextmanager
def outside() -> Iterator[None]:
    """Around waiting for a server that is not ours: the turn is another's for as long as the block runs, and
    afterwards a new one is waited for. Raises Unavailable."""
    turn = _current.get()
    if turn is None:
        yield
        return
    with turn.turns._aside(turn):
        yield


def _busy(reason: str) -> Unavailable:
    return Unavailable(retry_after=RETRY_SECONDS, reason=reason)
