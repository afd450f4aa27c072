"""Processor time in a measure that hardly depends on how busy the machine is."""

import re
import time
from collections.abc import Callable

_WORDS = 10 * [
    *("the", "quick", "brown", "fox", "jumps", "over"),
    *("the", "lazy", "dog", "and", "says", "nothing"),
]
_VOWELS = re.compile("[aeiou]+")
_USUAL = 0.00008  # what _WORDS take on a core that no other program uses


def slowness() -> float:
    """How many times longer than usual fixed work takes at this moment, at least; 1 where it takes no longer.

    Other programs on the machine slow this work and a test's own work alike. On a quiet machine it changes
    nothing.
    """
    least = float("inf")
    for _ in range(5):
        began = time.thread_time()
        for word in _WORDS:
            _VOWELS.sub("", word)
        least = min(least, time.thread_time() - began)
    return max(1.0, least / _USUAL)


def seconds_of(work: Callable[[], object], tries: int = 5) -> float:
    """Processor time of all threads that `work` takes, as on a quiet machine: the least of several tries."""
    least = float("inf")
    for _ in range(tries):
        pace = slowness()
        began = time.process_time()
        work()
        least = min(least, (time.process_time() - began) / pace)
    return least
