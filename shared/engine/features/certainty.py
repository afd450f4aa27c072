"""What may be said of a pair's charts: which kind of terms carries the value, and how surely.

Where a time of birth is uncertain the value is an expectation, and a sentence about it may hold at some of
the instants and not at others. So the few pairs that are to be explained are looked at instant by instant:
48 where one side is uncertain; where both are, 576 of the 48 times 48 pairs of instants, spread evenly: every
instant of one side meets twelve of the other, each time a few later ones. Held against all of them, a
likelihood is off by .008 (standard deviation), .03 at worst; twelve by twelve were off by .06 and .22.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import across_cores, compiled
from shared.engine.features.chart_features import ChartFeatures, Instants
from shared.engine.features.interpolation import INSTANTS

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MEETINGS = 12
"""Instants of the other side that each instant of one side meets where both are uncertain."""
TURN = 7
"""How many instants later the next one's meetings begin: no factor in common with 48."""
AT_ONCE = 64
"""Pairs in one piece of work."""


@dataclass(frozen=True, eq=False)
class PairInstants:
    """The instants that pairs are looked at."""

    instants: Instants
    pairs: int
    """How many pairs were asked for."""
    there: Whole
    """Which of them have both charts; the next two have one entry for each of these."""
    one: Whole
    """(pairs there, 2): for one side, the first row of `instants` and how many rows."""
    other: Whole
    """(pairs there, 4): for the other side, the first row, how many rows each row of `one` meets, how far
    apart these are, and how much later they begin with each next row of `one`; rows count modulo 48."""

    def where(self, marked: Flags) -> PairInstants:
        """Those of the pairs marked true (one mark per pair)."""
        kept, place = marked[self.there], np.cumsum(marked) - 1
        there = place[self.there[kept]]
        return PairInstants(self.instants, int(marked.sum()), there, self.one[kept], self.other[kept])


def pair_instants(features: ChartFeatures, low: Whole, high: Whole) -> PairInstants:
    """The instants of the pairs (low, high), to be read by `synastry.readings` and `composite.readings`."""
    there = np.flatnonzero(features.present[low] & features.present[high])
    members, sides = np.unique(np.concatenate([low[there], high[there]]), return_inverse=True)
    instants = features.instants(members)
    # Both blocks are symmetric: the side with fewer instants goes first, as its part is worked out longer.
    sides = sides.reshape(2, -1)
    swapped = instants.counts[sides[0]] > instants.counts[sides[1]]
    one, other = np.where(swapped, sides[::-1], sides)
    both = instants.counts[one] > 1
    met = np.where(both, MEETINGS, instants.counts[other])
    step = np.where(both, INSTANTS // MEETINGS, 1)
    return PairInstants(
        instants,
        len(low),
        there,
        np.stack([instants.first[one], instants.counts[one]], axis=1),
        np.stack([instants.first[other], met, step, np.where(both, TURN, 0)], axis=1),
    )


@compiled
def met_row(other: Whole, mine: int, theirs: int) -> int:
    """The row of `other` (an entry of `PairInstants.other`) at meeting `theirs` of row `mine` of one side."""
    return int(other[0] + (other[3] * mine + other[2] * theirs) % INSTANTS)


Fill = Callable[[Instants, Whole, Whole, Real], None]
"""(instants, one, other, sums): puts the sum of each family's terms at each pair of instants into sums
(pairs, pairs of instants, families), those of `one` changing slowest."""


@dataclass(frozen=True, eq=False)
class Readings:
    """One entry per pair. Zeros where either lacks a chart."""

    families: Mapping[str, Real]
    """By family, how far the expected sum of its terms is above that of the usual pair. Together they are the
    raw value less its mean, but for rounding and the instants left out where both are uncertain."""
    strength: Real
    """How likely the raw value is above `above`, 0 to 1."""
    tension: Real
    """How likely it is below `below`."""
    family: Real
    """How likely the family that carries in expectation does at an instant; 0 where none does. A family
    carries when it is more than the part `carries` of all families that are above the usual pair's."""


def read(
    pairs: PairInstants,
    usual: Mapping[str, float],
    fill: Fill,
    above: float,
    below: float,
    carries: float,
) -> Readings:
    """The readings of one block, whose terms `fill` knows and whose families have these means. `carries` is
    at least 0.5, so that at most one family does."""
    names = list(usual)
    means = np.array(list(usual.values()))
    found = np.zeros((pairs.pairs, len(names) + 3))

    filled = pairs.one[:, 1] * pairs.other[:, 1]
    # Pairs with as many instants stand together.
    order = np.argsort(filled, kind="stable")

    def part(start: int, stop: int) -> None:
        at = order[start:stop]
        sums = np.empty((len(at), int(filled[at].max()), len(names)))
        fill(pairs.instants, pairs.one[at], pairs.other[at], sums)
        counted = np.zeros((len(at), len(names) + 3))
        _count(sums, filled[at], means, above, below, carries, counted)
        found[pairs.there[at]] = counted

    across_cores(part, len(order), AT_ONCE)
    families = {name: found[:, at] for at, name in enumerate(names)}
    return Readings(families, *(found[:, len(names) + at] for at in range(3)))


@compiled
def _carrier(sums: Real, carries: float) -> int:
    """The family that is more than this part of all positive ones; -1 where none is."""
    in_favour = 0.0
    for value in sums:
        in_favour += max(0.0, value)
    for family in range(len(sums)):
        if sums[family] > carries * in_favour:
            return family
    return -1


@compiled
def carriers(families: Real, carries: float) -> Whole:
    """The family that carries each pair's part in expectation, from (pairs, families); -1 where none does."""
    found = np.empty(len(families), dtype=np.int64)
    for pair in range(len(families)):
        found[pair] = _carrier(families[pair], carries)
    return found


@compiled
def _count(
    sums: Real, filled: Whole, usual: Real, above: float, below: float, carries: float, found: Real
) -> None:
    """Fills found (pairs, families + 3): means of the families, then the three likelihoods. Takes the usual
    values out of the sums."""
    families = sums.shape[2]
    for pair in range(len(sums)):
        of_pair = found[pair]
        for instant in range(filled[pair]):
            total = 0.0
            for family in range(families):
                of_pair[family] += sums[pair, instant, family]
                total += sums[pair, instant, family]
                sums[pair, instant, family] -= usual[family]
            of_pair[families] += total > above
            of_pair[families + 1] += total < below
        of_pair /= filled[pair]
        of_pair[:families] -= usual
        carrier = _carrier(of_pair[:families], carries)
        if carrier >= 0:
            carried = 0
            for instant in range(filled[pair]):
                carried += _carrier(sums[pair, instant], carries) == carrier
            of_pair[families + 2] = carried / filled[pair]
