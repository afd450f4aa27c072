"""Who is proposed to whom, when everybody can take only so many.

Pairs are taken greedily in rank order, but in rounds: in round r nobody holds more than r of this run's
proposals, and within a round the pairs of somebody who holds none yet come first. The popular therefore
wait with their second proposal until everybody who can be served has had a first. The last round allows
everybody their whole capacity, so no eligible pair is left whose two members both have room: running
again over unchanged data adds nothing.

Measured on 5,000 members of the sample community with room for three proposals each, against plain greedy
in rank order: of 4,481 members with a candidate above the minimum 4,476 are served instead of 4,214, in
5,811 pairs instead of 5,654; Gini of proposals .172 instead of .199; mean z of a proposal 1.58 instead of
1.64.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.engine.eligibility import Positions, slices
from shared.engine.pool import Flags, Whole

_LOOK = 1 << 13
"""Pairs looked at together before those that became impossible are dropped again."""


def allocate(low: Positions, high: Positions, capacities: Whole) -> Whole:
    """Which of the pairs (best first) are proposed: ascending places in the two arrays.

    Nobody appears more often than `capacities` allows, counting less than nothing as nothing.
    """
    served = _Served(len(capacities), len(low))
    waiting = np.arange(len(low), dtype=np.int64)
    for most in range(1, int(capacities.max(initial=0)) + 1):
        served.limit(np.minimum(capacities, most))
        for only_unserved in (True, False):
            served.take(low, high, waiting, only_unserved)
        full = served.held >= capacities
        waiting = waiting[~(full[low[waiting]] | full[high[waiting]])]
        if not len(waiting):
            break
    return np.flatnonzero(served.done)


class _Served:
    """What everybody holds so far.

    `held` and `room` are kept twice, as arrays to drop hopeless pairs by the thousand and as lists to
    decide one pair at a time: reading single entries of an array is ten times slower.
    """

    def __init__(self, members: int, pairs: int) -> None:
        self.held = np.zeros(members, dtype=np.int64)
        self.room = np.zeros(members, dtype=np.int64)
        self.done = np.zeros(pairs, dtype=np.bool_)
        """Pairs taken: nobody is proposed the same person twice."""

    def limit(self, limits: Whole) -> None:
        """From now on nobody may hold more than this."""
        self.room = limits - self.held

    def take(self, low: Positions, high: Positions, waiting: Whole, only_unserved: bool) -> None:
        """Take what is possible of `waiting`, in its order."""
        room, held = self.room.tolist(), self.held.tolist()
        for part in slices(len(waiting), _LOOK):
            look = waiting[part]
            possible = self._possible(low[look], high[look], only_unserved)
            look = look[possible & ~self.done[look]]
            for pair, one, other in zip(look.tolist(), low[look].tolist(), high[look].tolist(), strict=True):
                if room[one] < 1 or room[other] < 1:
                    continue
                if only_unserved and held[one] and held[other]:
                    continue
                self.done[pair] = True
                for member in (one, other):
                    room[member] -= 1
                    held[member] += 1
                    self.room[member] = room[member]
                    self.held[member] = held[member]

    def _possible(self, low: Positions, high: Positions, only_unserved: bool) -> Flags:
        possible: Flags = (self.room[low] > 0) & (self.room[high] > 0)
        if only_unserved:
            possible &= (self.held[low] == 0) | (self.held[high] == 0)
        return possible


def gini(loads: Sequence[int] | Whole) -> float:
    """Inequality of what people received: 0 when all have the same, near 1 when one has everything.

    0 for nobody and for nothing received.
    """
    ordered = np.sort(np.asarray(loads, dtype=np.int64))
    total = int(ordered.sum())
    if not total:
        return 0.0
    ranks = 2 * np.arange(1, len(ordered) + 1) - len(ordered) - 1
    return float(int((ranks * ordered).sum()) / (len(ordered) * total))
