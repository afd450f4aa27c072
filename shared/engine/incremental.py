"""One changed member among many: their candidates and proposals, without running everybody again.

What everybody else asks stays as the last full run found it: one member moves the prices of the others by
less than the tolerance such a run stops at.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from shared.engine import market
from shared.engine.acceptance import acceptance
from shared.engine.configuration import CONFIGURATION
from shared.engine.eligibility import Pairs, candidates_of
from shared.engine.pool import Numbers, Pool, Real, Whole
from shared.engine.rules import Rules
from shared.engine.scores import least_z, pair_scores


@dataclass(frozen=True, eq=False)
class Update:
    """What a run would now say of one member; the arrays have one entry per candidate on the shortlist."""

    candidates: Numbers
    """Positions in the pool, best first."""
    z: Real
    proposed: Numbers
    """Whom to propose to the member, best first."""
    price: float
    """What the market now asks for the member, to be kept with the others'."""


def update(pool: Pool, rules: Rules, now: datetime.datetime, member: int, scale: float) -> Update:
    """Candidates and proposals of the member at position `member`.

    `pool.prices` are those of the last full run and `scale` its `Prices.scale`; `pool.capacities` say who
    can still take a proposal. Candidates and scores are those of one market over all pairs, to the last bit;
    candidates of whom nothing is known stand last.
    """
    if not 0 <= member < len(pool):
        raise ValueError("member: no position of this pool")
    nobody = Update(np.empty(0, np.int32), np.empty(0), np.empty(0, np.int32), 0.0)
    others = candidates_of(pool, now, member)
    if len(others) < rules.min_pool:
        return nobody
    others = others[pool.capacities[others] > 0]
    start = np.zeros(len(pool) + 1, dtype=np.int64)
    start[member + 1 :] = len(others)
    # Every block is the same from both sides, so one row may hold candidates below and above the member.
    scores = pair_scores(pool, Pairs(start, others))
    enough = scores.z >= least_z(rules.match_min_score)
    others, z = others[enough], scores.z[enough]
    if not len(others):
        return nobody
    likes = acceptance(z, scores.known[enough])
    placed = market.place(
        likes,
        likes,
        pool.prices[others],
        pool.capacities[others],
        int(pool.capacities[member]),
        scale,
        CONFIGURATION.shortlist,
    )
    shortlisted: Whole = placed.shortlist
    return Update(others[shortlisted], z[shortlisted], others[placed.chosen], placed.price)
