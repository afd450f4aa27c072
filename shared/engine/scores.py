"""How well two members fit: from blocks to one score.

Every block gives a raw value for a pair (a cosine, or the lower readiness), standardised by the constants
of the reference population. Blocks either side lacks are left out. With z of a block and w its share,

    z of the pair = sum(w z) / sqrt(sum(w w))          score = 100 normal_cdf(z / spread)

over the shared blocks. Shares need no renormalising: multiplying all w by one number changes nothing.
Sums run in a fixed order with separate multiplications and additions, so that the last bit does not depend
on the machine's vector instructions nor on which other pairs are in the run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from shared.engine.configuration import CONFIGURATION, Block, Configuration
from shared.engine.eligibility import Pairs, Positions, slices
from shared.engine.pool import Flags, Pool, Real


@dataclass(frozen=True, eq=False)
class Scores:
    """Per pair: standardised total (0 where nothing is shared), and whether any block is shared."""

    z: Real
    known: Flags


def raw_block(pool: Pool, block: str, low: Positions, high: Positions) -> tuple[Real, Flags]:
    """Raw value of one block per pair, and whether both sides have it; 0 where they have not.

    Vectors: cosine, -1 to 1. Readiness: the lower of the two, 0 to 100.
    """
    signal = pool.signals[block]
    shared = signal.present[low] & signal.present[high]
    if block == "readiness":
        ready = signal.values[:, 0]
        return np.where(shared, np.minimum(ready[low], ready[high]), 0.0), shared
    cosine = np.zeros(len(low))
    for column in np.ascontiguousarray(signal.values.T):
        cosine += column[low] * column[high]
    return cosine, shared


def standardised(block: Block, raw: Real) -> Real:
    """Deviations above the usual pair of the reference population."""
    z: Real = (raw - block.mean) / block.deviation
    return z


def pair_scores(pool: Pool, pairs: Pairs, configuration: Configuration = CONFIGURATION) -> Scores:
    """Totals of all pairs, in their order."""
    z = np.zeros(len(pairs))
    known = np.zeros(len(pairs), dtype=np.bool_)
    for part in slices(len(pairs)):
        low, high = pairs.low[part], pairs.high[part]
        weighted = np.zeros(len(low))
        squares = np.zeros(len(low))
        for block in configuration.blocks:
            raw, shared = raw_block(pool, block.name, low, high)
            weighted += np.where(shared, block.share * standardised(block, raw), 0.0)
            squares += np.where(shared, block.share * block.share, 0.0)
        known[part] = squares > 0.0
        z[part] = weighted / np.sqrt(np.where(squares > 0.0, squares, 1.0))
    return Scores(z, known)


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
