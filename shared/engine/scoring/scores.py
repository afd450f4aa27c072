"""How well two members fit: from parts to one score.

Every part gives a raw value for a pair (a cosine, the lower readiness, a sum of aspects …), standardised
by the constants of the reference population. Parts either side lacks are left out. With z of a part and
w its weight to this pair, the mean of both members' weights in the pair's mode,

    z of the pair = sum(w z) / sqrt(sum(w w))          score = 100 normal_cdf(z / spread)

over the shared parts. Weights need no renormalising: multiplying all w by one number changes nothing.
Sums run in a fixed order with separate multiplications and additions, so that the last bit does not depend
on the machine's vector instructions nor on which other pairs are in the run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from shared.engine.compiled import across_cores, compiled
from shared.engine.configuration import CONFIGURATION, Configuration
from shared.engine.filters.eligibility import Pairs
from shared.engine.pool.pool import MODE_BITS, Bits, Flags, Numbers, Pool, Real, Whole
from shared.engine.scoring.modes import Wishes, modes_of, shared_modes, wishes_of
from shared.engine.scoring.parts import PARTS

_ROWS = 512
"""Members whose pairs are scored together by one thread."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Per pair: standardised total (0 where nothing is shared), and whether any part is shared."""

    z: Real
    known: Flags


def pair_scores(pool: Pool, pairs: Pairs, configuration: Configuration = CONFIGURATION) -> Scores:
    """Totals of all pairs, in their order. Of `configuration` the constants of the parts are used."""
    wishes = wishes_of(pool)
    z = np.zeros(len(pairs))
    known = np.zeros(len(pairs), dtype=np.bool_)

    def score_rows(first: int, last: int) -> None:
        edges = slice(int(pairs.start[first]), int(pairs.start[last]))
        counts = np.diff(pairs.start[first : last + 1])
        low = np.repeat(np.arange(first, last, dtype=np.int32), counts)
        z[edges], known[edges] = some_scores(pool, wishes, low, pairs.high[edges], configuration)

    # Rows before the first and after the last pair have nothing to do: one member's pairs are one row.
    filled = np.flatnonzero(np.diff(pairs.start))
    begin, end = (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (0, 0)
    across_cores(lambda first, last: score_rows(begin + first, begin + last), end - begin, _ROWS)
    return Scores(z, known)


def some_scores(
    pool: Pool, wishes: Wishes, low: Numbers, high: Numbers, configuration: Configuration = CONFIGURATION
) -> tuple[Real, Flags]:
    """Totals of a few pairs, and whether any part is shared. Pairs of one `low` should follow each other."""
    z = np.zeros(len(low))
    known = np.zeros(len(low), dtype=np.bool_)
    modes = modes_of(wishes, low, high)
    for at, shared in _alike(modes):
        some = low[at], high[at], modes[at]
        weighted, squares = np.zeros(len(some[0])), np.zeros(len(some[0]))
        for number in shared:
            values = _raw(pool, number, *some[:2])
            of = configuration.blocks[number]
            _add(values, pool.weights, number, *some, of.mean, of.deviation, weighted, squares)
        z[at] = totals_of(weighted, squares)
        known[at] = squares > 0.0
    return z, known


@dataclass(frozen=True, eq=False)
class Detail:
    """The exact terms behind some pairs' totals; (pairs, parts) in the configuration's order."""

    modes: Bits
    """A bit of `MODE_BITS` per pair: what it is proposed for."""
    raw: Real
    present: Flags
    z: Real
    """0 where not present."""
    weights: Real
    """What each part weighs to this pair; 0 where it plays no part in the mode."""


def detail(pool: Pool, low: Whole, high: Whole) -> Detail:
    """The terms of chosen pairs (positions, low below high, any order)."""
    shape = (len(low), len(PARTS))
    raw, z, weights = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    present = np.zeros(shape, dtype=np.bool_)
    # The formulas take the least time for pairs of one member after the other.
    order = np.lexsort((high, low))
    ones, others = low[order].astype(np.int32), high[order].astype(np.int32)
    modes = shared_modes(pool, ones, others)
    weights[order] = (pool.weights[ones, modes >> 1] + pool.weights[others, modes >> 1]) * 0.5
    for at, shared in _alike(modes):
        for number in shared:
            values = _raw(pool, number, ones[at], others[at])
            there = ~np.isnan(values)
            rows, constants = order[at][there], CONFIGURATION.blocks[number]
            raw[rows, number], present[rows, number] = values[there], True
            z[rows, number] = (values[there] - constants.mean) / constants.deviation
    in_order = np.empty_like(modes)
    in_order[order] = modes
    return Detail(in_order, raw, present, z, weights)


SHARED = {
    bit: tuple(number for number, part in enumerate(PARTS) if part.shares.get(mode))
    for mode, bit in MODE_BITS.items()
}
"""By the bit of a mode, the parts that play a part in it, by their places in `PARTS`."""


def _alike(modes: Bits) -> Iterator[tuple[slice | Whole, tuple[int, ...]]]:
    """Places of pairs whose modes have the same parts, and these parts in the order of summation."""
    for shared in dict.fromkeys(SHARED.values()):
        alike = np.isin(modes, [bit for bit, parts in SHARED.items() if parts == shared])
        if alike.all():
            yield slice(None), shared
        elif alike.any():
            yield np.flatnonzero(alike), shared


def _raw(pool: Pool, number: int, low: Numbers, high: Numbers) -> Real:
    """A part's raw values, not a number where either side lacks what it needs."""
    values = np.full(len(low), np.nan)
    part = PARTS[number]
    part.formula(*pool.parts[part.name], low, high, values)
    return values


@compiled
def _add(
    values: Real,
    weights: Real,
    part: int,
    low: Numbers,
    high: Numbers,
    modes: Bits,
    mean: float,
    deviation: float,
    weighted: Real,
    squares: Real,
) -> None:
    for pair in range(len(values)):
        if not math.isnan(values[pair]):
            mode = modes[pair] >> 1  # the place of the bit
            weight = (weights[low[pair], mode, part] + weights[high[pair], mode, part]) * 0.5
            weighted[pair] += weight * ((values[pair] - mean) / deviation)
            squares[pair] += weight * weight


@compiled
def totals_of(weighted: Real, squares: Real) -> Real:
    """The standardised totals, 0 where nothing is shared."""
    z = np.zeros(len(weighted))
    for pair in range(len(z)):
        if squares[pair] > 0.0:
            z[pair] = weighted[pair] / math.sqrt(squares[pair])
    return z


def score(z: float, configuration: Configuration = CONFIGURATION) -> float:
    """0 to 100, rising with z; exactly 50 for z = 0."""
    return 50.0 * math.erfc(-z / (configuration.score_spread * math.sqrt(2.0)))


def least_z(minimum: float, configuration: Configuration = CONFIGURATION) -> float:
    """The z from which on a pair scores at least `minimum` (0 to 100)."""
    if minimum <= 0.0:
        return -math.inf
    if minimum >= 100.0:
        return math.inf
    return configuration.score_spread * NormalDist().inv_cdf(minimum / 100.0)


def two_decimals(value: float) -> float:
    """For storage only: half to even. Ranking never sees a rounded number."""
    return round(value, 2)
