"""One answer shared by all threads that ask at about the same time.

The first thread asks. A thread that comes meanwhile gets the previous answer if that is fresh enough.
Otherwise it waits for the answer under way. At most four threads wait, so that the others stay free.
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
    """Keeps what `ask` answered, or raised, for `seconds`.

    While a thread asks again, the previous answer serves until it is `meanwhile` seconds old.
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
        """The answer. Raises what `ask` raised, and Unavailable if four threads wait for it already.

        >>> answers = Lately(seconds=60, meanwhile=120)
        >>> answers.get(lambda: 1), answers.get(lambda: 2)
        (1, 1)
        """
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
        except BaseException as error:  # any error is passed on to the threads that wait
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
    """Waits for the outcome. An error is raised without the traces of threads that got it before."""
    error = found.exception()
    if error is not None:
        raise error.with_traceback(None)
    return found.result()
