"""How many connections each process of a deployment has in use. The numbers lie on a page of memory that all
processes share, because it was made before they were forked.

All processes accept from one socket, and the process that wakes first takes the connection. On a busy machine
that is often the same one, because it is awake already. A client keeps its connection, so it stays there.
"""

from __future__ import annotations

import math
import mmap
import time

_PLACES = 16
"""More processes than ever live at once, old and new ones together."""
_NOBODY = math.inf
_GOING = 1e9  # more than any process has in use


class Shares:
    """The page of memory, with one place for each process. The parent process takes and gives back places."""

    def __init__(self) -> None:
        memory = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("d")
        self.in_use = memory[:_PLACES]
        """By place: connections in use."""
        self.told = memory[_PLACES : 2 * _PLACES]
        """By place: when that was told, by the monotonic clock."""
        for place in range(_PLACES):
            self.in_use[place] = _NOBODY

    def take(self) -> Share:
        """A place for one more process. The parent takes it before the fork."""
        place = next((n for n in range(_PLACES) if self.in_use[n] == _NOBODY), 0)
        self.in_use[place] = _GOING
        return Share(self, place)


class Share:
    """The place of one process.

    >>> shares = Shares()
    >>> busy, calm = shares.take(), shares.take()
    >>> calm.tell(3)
    >>> busy.least(seconds=2)
    3.0
    """

    def __init__(self, shares: Shares, place: int) -> None:
        self._all = shares
        self._place = place

    def tell(self, in_use: float) -> None:
        """Tell the others that this process lives and has so many connections in use."""
        self._all.in_use[self._place], self._all.told[self._place] = in_use, time.monotonic()

    def go(self) -> None:
        """Tell the others that this process is about to end and takes no clients."""
        self._all.in_use[self._place] = _GOING

    def give_back(self) -> None:
        """Give the place back after this process has ended."""
        self._all.in_use[self._place] = _NOBODY

    def least(self, seconds: float) -> float:
        """Connections in use by the least busy other process. Only processes that told their number within
        the last `seconds` count; infinite if there is none."""
        since = time.monotonic() - seconds
        return min(
            (
                in_use
                for place, in_use in enumerate(self._all.in_use)
                if place != self._place and self._all.told[place] > since
            ),
            default=math.inf,
        )
