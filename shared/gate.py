"""How many requests one process works on at once; more wait briefly, in a short line, or are sent away.

    at_once      in work: as many as the database serves without queueing
    IN_LINE      waiting for their turn, at most WAIT_SECONDS
    beyond       503 with Retry-After at once

A server that takes all comes to answer everybody too late. Refusing costs a millisecond, so what is
let in keeps its speed, and the moment the rush is over nothing is left to catch up with. The server
needs more threads than both together, so that one is always free to refuse.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Unavailable

WAIT_SECONDS = 1.0
"""Rarely reached: the line is short, so it moves on sooner unless the database stands still."""
IN_LINE = 24
"""With `at_once` more than any front door keeps connections in a calm hour, all on one process by chance."""
RETRY_SECONDS = 1
NEVER_SHED = "/health"
"""Whoever watches a busy server must not take it for a dead one, and restart it."""


class Gate:
    """The turns of one process. Opened by each process for itself: a fork starts with all turns free."""

    def __init__(self, at_once: int, in_line: int = IN_LINE, wait_seconds: float = WAIT_SECONDS) -> None:
        self._turns = threading.Semaphore(at_once)
        self._line = threading.Semaphore(in_line)
        self._wait_seconds = wait_seconds

    @contextmanager
    def turn(self, path: str) -> Iterator[None]:
        """Run the block when it is its turn. Raises Unavailable when there is no turn to be had."""
        if path == NEVER_SHED:
            yield
            return
        if not self._turns.acquire(blocking=False):
            self._wait()
        try:
            yield
        finally:
            self._turns.release()

    def _wait(self) -> None:
        if not self._line.acquire(blocking=False):
            raise Unavailable(retry_after=RETRY_SECONDS, reason="too many in line")
        try:
            if not self._turns.acquire(timeout=self._wait_seconds):
                raise Unavailable(retry_after=RETRY_SECONDS, reason="no turn in time")
        finally:
            self._line.release()
