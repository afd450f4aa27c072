"""What a member may have us do that the database never hears of: refusals here, and looking up places for
them.

The database counts every call that reaches it. A request that is refused before (400, 413, 422) is work too,
and so each one takes something from a small allowance that fills up again by itself; once it is empty, the
member is refused before anything is looked at. It is kept by each process for itself, in memory: it protects
the process, and whoever calls as an app does never meets it.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import RateLimited

MOST = 60
"""Refusals in a row: an app whose every request is wrong notices before."""
A_SECOND = 1.0
"""What comes back: with it, as many refusals a minute as a member has writes."""
MEMBERS = 10_000
"""Of whom something is remembered, about 2 MB; forgotten is who was refused longest ago, and has most of it
back."""

_REFUSAL = "Too many requests. Try again in a moment."  # as the database says it


class Allowances:
    """Everybody's. Safe to use from many threads."""

    def __init__(
        self,
        most: int = MOST,
        a_second: float = A_SECOND,
        members: int = MEMBERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = most
        self._a_second = a_second
        self._members = members
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By member: what was left, and when; the latest change last. Who is absent has all of it."""
        self._lock = threading.Lock()

    def of(self, user_id: str) -> Allowance:
        """One member's. Raises RateLimited when nothing is left of it."""
        allowance = Allowance(self, user_id)
        left = self.left(user_id)
        if left < 1:
            seconds = math.ceil((1 - left) / self._a_second)
            limits = {"Limit": self.most, "Remaining": 0, "Reset": seconds}
            headers = {f"RateLimit-{name}": str(value) for name, value in limits.items()}
            raise RateLimited(_REFUSAL, retry_after=seconds, headers=headers, reason="too many refusals")
        return allowance

    def left(self, user_id: str) -> float:
        """What a member may still take, at most `most`; below nothing after something dear."""
        with self._lock:
            return self._now_left(user_id)

    def take(self, user_id: str, cost: float) -> None:
        """Take it, whether or not there is as much."""
        with self._lock:
            self._left[user_id] = (self._now_left(user_id) - cost, self._clock())
            self._left.move_to_end(user_id)
            if len(self._left) > self._members:
                self._left.popitem(last=False)

    def _now_left(self, user_id: str) -> float:
        left, since = self._left.get(user_id, (float(self.most), 0.0))
        return min(float(self.most), left + (self._clock() - since) * self._a_second)


@dataclass(frozen=True, slots=True)
class Allowance:
    """One member's, during one request."""

    _all: Allowances
    _user_id: str

    def take(self, cost: float = 1) -> None:
        """For something that ended here."""
        self._all.take(self._user_id, cost)
