"""One answer for everybody who asks at about the same time: a crowd costs as much as one.

Whoever comes first asks. Who comes meanwhile gets the answer before, while that is not too old, or waits for
the one under way; and only a few wait, for each of them holds a thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from shared.errors import Unavailable

WAITING = 4

Found = TypeVar("Found")


class Lately(Generic[Found]):
    """What `ask` answered, or raised, within the last `seconds`.

    While it is being asked again the answer before serves up to `meanwhile` seconds of age.
    """

    def __init__(self, seconds: float, meanwhile: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._meanwhile = meanwhile
        self._clock = clock
        self._lock = threading.Lock()
        self._places = threading.Semaphore(WAITING)
        self._last: Future[Found] = Future()
        self._since = float("-inf")
        self._asking: Future[Found] | None = None

    def get(self, ask: Callable[[], Found]) -> Found:
        """The answer. Raises what `ask` raised; Unavailable where too many wait for it already."""
        with self._lock:
            age = self._clock() - self._since
            if age < (self._seconds if self._asking is None else self._meanwhile):
                return _told(self._last)
            under_way, mine = self._asking, Future[Found]()
            if under_way is None:
                self._asking = mine
        if under_way is not None:
            return self._wait(under_way)
        try:
            mine.set_result(ask())
        except BaseException as error:  # whoever waits must hear of it, whatever it is
            mine.set_exception(error)
        with self._lock:
            self._last, self._since, self._asking = mine, self._clock(), None
        return _told(mine)

    def _wait(self, under_way: Future[Found]) -> Found:
        if not self._places.acquire(blocking=False):
            raise Unavailable(reason="too many wait for one answer")
        try:
            return _told(under_way)
        finally:
            self._places.release()


def _told(found: Future[Found]) -> Found:
    """The outcome, waited for. An error is raised without the traces of those who met it before."""
    error = found.exception()
    if error is not None:
        raise error.with_traceback(None)
    return found.result()
