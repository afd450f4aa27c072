"""How many connections each process of a deployment has in use, seen by all of them: a page of memory that
they share since before they were forked.

They all accept from one socket, and whoever wakes first takes the connection. On a busy machine that is again
and again the same one: it is awake already. A client keeps its connection, so it stays where it came first.
"""

from __future__ import annotations

import math
import mmap
import time

_PLACES = 16
"""More processes than ever live at once, old and new ones together."""
_NOBODY = math.inf
_GOING = 1e9  # more in use than anybody has


class Shares:
    """The page, and who has which place on it. Places are taken and given back by the one who forks."""

    def __init__(self) -> None:
        memory = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("d")
        self.in_use = memory[:_PLACES]
        """By place: connections in use."""
        self.told = memory[_PLACES : 2 * _PLACES]
        """By place: when that was told, by the monotonic clock."""
        for place in range(_PLACES):
            self.in_use[place] = _NOBODY

    def take(self) -> Share:
        """A place for one more process."""
        place = next((n for n in range(_PLACES) if self.in_use[n] == _NOBODY), 0)
        self.in_use[place] = _GOING
        return Share(self, place)


class Share:
    """One process among the others."""

    def __init__(self, shares: Shares, place: int) -> None:
        self._all = shares
        self._place = place

    def tell(self, in_use: float) -> None:
        """This process lives, and has so many connections in use."""
        self._all.in_use[self._place], self._all.told[self._place] = in_use, time.monotonic()

    def go(self) -> None:
        """This process is about to end, and takes nobody."""
        self._all.in_use[self._place] = _GOING

    def give_back(self) -> None:
        """This process has ended."""
        self._all.in_use[self._place] = _NOBODY

    def least(self, seconds: float) -> float:
        """How many connections the least busy of the others has in use that told within the last `seconds`;
        infinitely many where there is none."""
        since = time.monotonic() - seconds
        return min(
            (
                in_use
                for place, in_use in enumerate(self._all.in_use)
                if place != self._place and self._all.told[place] > since
            ),
            default=math.inf,
        )
