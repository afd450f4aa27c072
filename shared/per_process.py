"""One object per process, such as a pool of connections, opened on first use.

A server loads the program, then forks. Two processes that share a connection may read each other's answers.
So a child never uses what its parent has opened.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """An object that can be closed."""

    def close(self) -> None:
        """Close it."""
        ...


Pool = TypeVar("Pool", bound=Closable)


class PerProcess(Generic[Pool]):
    """`get()` returns the object of this process. The first thread that asks makes it with `open_one`."""

    def __init__(self, open_one: Callable[[], Pool]) -> None:
        self._open_one = open_one
        self._opened: dict[int, Pool] = {}  # by process id
        self._opening = threading.Lock()
        os.register_at_fork(after_in_child=self._after_fork)

    def get(self) -> Pool:
        """The object of this process, opened now if there is none yet."""
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
        """Close the object of this process, if it has one. Tests and an orderly end call it."""
        pool = self._opened.pop(os.getpid(), None)
        if pool is not None:
            pool.close()

    def _after_fork(self) -> None:
        """Gives a child a new lock: a lock that the parent held at the fork would never open again."""
        self._opening = threading.Lock()
