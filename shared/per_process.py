"""One of something per process, opened on first use: pools of connections above all.

Servers load, then fork. A connection that is shared over a fork hands answers to the wrong person, so what
a parent has opened is never touched by its children.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What can be put away."""

    def close(self) -> None:
        """Put it away."""
        ...


Pool = TypeVar("Pool", bound=Closable)


class PerProcess(Generic[Pool]):
    """`get()` is this process' own; `open_one` makes it, once per process, whichever thread asks first."""

    def __init__(self, open_one: Callable[[], Pool]) -> None:
        self._open_one = open_one
        self._opened: dict[int, Pool] = {}  # by process id
        self._opening = threading.Lock()
        os.register_at_fork(after_in_child=self._after_fork)

    def get(self) -> Pool:
        """Opened now if this process has none yet."""
        pool = self._opened.get(os.getpid())
        if pool is None:
            with self._opening:
                pool = self._opened.get(os.getpid())
                if pool is None:
                    pool = self._opened[os.getpid()] = self._open_one()
        return pool

    def is_open(self) -> bool:
        """Whether this process has one."""
        return os.getpid() in self._opened

    def close(self) -> None:
        """Close this process' own, if it has one (tests, orderly ends)."""
        pool = self._opened.pop(os.getpid(), None)
        if pool is not None:
            pool.close()

    def _after_fork(self) -> None:
        """In a child: a lock the parent held at the fork would never open again."""
        self._opening = threading.Lock()
