"""A hard limit on how long something may take, whatever it waits for."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from scripts.stack.home import Trouble
from scripts.stack.reporter import Reporter

STEP_SECONDS = 180.0


@contextmanager
def limit(seconds: float, what: str) -> Iterator[None]:
    """Raise Trouble inside the block when it takes longer. One at a time, in the main thread."""

    def late(_number: int, _frame: FrameType | None) -> NoReturn:
        raise Trouble(f"{what}: not done after {seconds:.0f} s.")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class LimitedReporter(Reporter):
    """A reporter whose steps end in time, with their work or with Trouble."""

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """As every reporter's step, and limited."""
        with limit(STEP_SECONDS, text), super().step(text):
            yield
