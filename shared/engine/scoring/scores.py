"""How well two members fit: from blocks to one score.

Every block gives a raw value for a pair (a cosine, the lower readiness, a sum of aspects …), standardised
by the constants of the reference population. Blocks either side lacks are left out. With z of a block and
w its weight to this pair, the mean of both members' weights in the pair's mode,

    z of the pair = sum(w z) / sqrt(sum(w w))          score = 100 normal_cdf(z / spread)

over the shared blocks. Weights need no renormalising: multiplying all w by one number changes nothing.
Sums run in a fixed order with separate multiplications and additions, so that the last bit does not depend
on the machine's vector instructions nor on which other pairs are in the run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from shared.engine.compiled import across_cores, compiled
from shared.engine.configuration import CONFIGURATION, Configuration
from shared.engine.filters.eligibility import Pairs
from shared.engine.pool.pool import Bits, Flags, Numbers, Pool, Real, Whole
from shared.engine.scoring import composite, synastry
from shared.engine.scoring.modes import Wishes, mode_of, shared_modes, wishes_of
from shared.engine.scoring.parts import Terms, pair_terms, terms_of

_ROWS = 512
"""Members whose pairs are scored together by one thread."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Per pair: standardised total (0 where nothing is shared), and whether any block is shared."""

    z: Real
    known: Flags


def pair_scores(pool: Pool, pairs: Pairs, configuration: Configuration = CONFIGURATION) -> Scores:
    """Totals of all pairs, in their order. Of `configuration` the constants of the blocks are used."""
    terms = terms_of(pool, configuration)
    wishes = wishes_of(pool)
    z = np.zeros(len(pairs))
    known = np.zeros(len(pairs), dtype=np.bool_)

    def score_rows(first: int, last: int) -> None:
        edges = slice(int(pairs.start[first]), int(pairs.start[last]))
        if edges.start == edges.stop:
            return
        astro = synastry.raw(pool.charts, pairs.start, pairs.high, first, last)
        hd = composite.raw(pool.charts, pairs.start, pairs.high, first, last)
        _score_rows(terms, pairs.start, pairs.high, wishes, first, last, astro, hd, z[edges], known[edges])

    # Rows before the first and after the last pair have nothing to do: one member's pairs are one row.
    filled = np.flatnonzero(np.diff(pairs.start))
    begin, end = (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (0, 0)
    across_cores(lambda first, last: score_rows(begin + first, begin + last), end - begin, _ROWS)
    return Scores(z, known)


@dataclass(frozen=True, eq=False)
class Detail:
    """The exact terms behind some pairs' totals; (pairs, blocks) in the configuration's order."""

    modes: Bits
    """A bit of `MODE_BITS` per pair: what it is proposed for."""
    raw: Real
    present: Flags
    z: Real
    """0 where not present."""
    weights: Real
    """What each block weighs to this pair; 0 where it plays no part in the mode."""


def detail(pool: Pool, low: Whole, high: Whole) -> Detail:
    """The terms of chosen pairs (positions, low below high, any order)."""
    order = np.lexsort((high, low))
    start = np.searchsorted(low[order], np.arange(len(pool) + 1)).astype(np.int64)
    ends = high[order].astype(np.int32)
    astro, hd = np.empty(len(low)), np.empty(len(low))
    astro[order] = synastry.raw(pool.charts, start, ends, 0, len(pool))
    hd[order] = composite.raw(pool.charts, start, ends, 0, len(pool))
    terms = terms_of(pool, CONFIGURATION)
    shape = (len(low), len(CONFIGURATION.blocks))
    raw, z, weights = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    present = np.zeros(shape, dtype=np.bool_)
    positions = low.astype(np.int64), high.astype(np.int64)
    _fill(terms, *positions, wishes_of(pool), astro, hd, raw, present, z, weights)
    return Detail(shared_modes(pool, *positions), raw, present, z, weights)


@compiled
def _score_rows(
    terms: Terms,
    start: Whole,
    high: Numbers,
    wishes: Wishes,
    first: int,
    last: int,
    astro: Real,
    hd: Real,
    z: Real,
    known: Flags,
) -> None:
    blocks = terms.mean.shape[0]
    raw = np.zeros(blocks)
    present = np.zeros(blocks, dtype=np.bool_)
    begin = start[first]
    for i in range(first, last):
        for edge in range(start[i], start[i + 1]):
            j = high[edge]
            at = edge - begin
            mode = mode_of(wishes, i, j) >> 1  # the place of the bit
            pair_terms(terms, mode, i, j, astro[at], hd[at], raw, present)
            weighted = 0.0
            squares = 0.0
            for block in range(blocks):
                if present[block]:
                    weight = (terms.weights[i, mode, block] + terms.weights[j, mode, block]) * 0.5
                    weighted += weight * ((raw[block] - terms.mean[block]) / terms.deviation[block])
                    squares += weight * weight
            if squares > 0.0:
                z[at] = weighted / math.sqrt(squares)
                known[at] = True


@compiled
def _fill(
    terms: Terms,
    low: Whole,
    high: Whole,
    wishes: Wishes,
    astro: Real,
    hd: Real,
    raw: Real,
    present: Flags,
    z: Real,
    weights: Real,
) -> None:
    for pair in range(low.shape[0]):
        i, j = low[pair], high[pair]
        mode = mode_of(wishes, i, j) >> 1
        pair_terms(terms, mode, i, j, astro[pair], hd[pair], raw[pair], present[pair])
        for block in range(terms.mean.shape[0]):
            weights[pair, block] = (terms.weights[i, mode, block] + terms.weights[j, mode, block]) * 0.5
            if present[pair, block]:
                z[pair, block] = (raw[pair, block] - terms.mean[block]) / terms.deviation[block]


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
