"""Changed members among many: their candidates and proposals, without running everybody again.

What everybody else asks stays as the last full run found it: a few members move the prices of the others by
less than the tolerance such a run stops at. Members are placed one after the other, and each sees the places
that those before it have taken.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shared.engine import market
from shared.engine.configuration import CONFIGURATION
from shared.engine.pool.pool import Flags, Numbers, Pool, Real, Whole
from shared.engine.runs.acceptance import acceptance
from shared.engine.runs.lists import Candidates, candidates
from shared.engine.runs.run_settings import Rules


@dataclass(frozen=True, eq=False)
class Update:
    """What a run would now say of one member; the arrays have one entry per candidate on the shortlist."""

    member: int
    """Position in the pool."""
    candidates: Numbers
    """Positions of the shortlist, best first: what a pair promises and what the market asks both count."""
    z: Real
    proposed: Numbers
    """Whom to propose to the member, best first."""
    proposed_z: Real
    price: float
    """What the market now asks for the member, to be kept with the others'; 0 where it asks nothing."""


def update(pool: Pool, rules: Rules, now: datetime.datetime, member: int, scale: float) -> Update:
    """Candidates and proposals of the member at position `member`.

    `pool.prices` are those of the last full run and `scale` its `Prices.scale`; `pool.capacities` say who
    can still take a proposal. Candidates and scores are those of one market over all pairs, to the last bit;
    candidates of whom nothing is known stand last.
    """
    if not 0 <= member < len(pool):
        raise ValueError("member: no position of this pool")
    found = candidates(pool, rules, now, np.array([member]))
    return updates(pool, found, [member], {}, scale)[0]


def updates(
    pool: Pool, found: Candidates, members: Sequence[int], met: Mapping[int, Collection[int]], scale: float
) -> list[Update]:
    """The members at these positions, one after the other, among their candidates in `found`.

    `met`: whom a member was proposed to before, as positions; they are not proposed again.
    """
    room = pool.capacities.copy()
    taken: dict[int, set[int]] = {member: set(met.get(member, ())) for member in members}
    done = []
    for member in members:
        row = found.row(member)
        others, z, known = found.pairs.high[row], found.z[row], found.known[row]
        apart = np.fromiter(taken[member], dtype=np.int64, count=len(taken[member]))
        open_ = (room[others] > 0) & ~np.isin(others, apart)
        placed = _place(pool, others[open_], z[open_], known[open_], room, member, scale)
        for other in placed.proposed.tolist():
            room[[member, other]] -= 1
            if other in taken:
                taken[other].add(member)
        done.append(placed)
    return done


def usual_scale(found: Candidates) -> float:
    """What weights are measured by before any run over everybody has found it: the mean of what the best
    candidates of these members are worth."""
    likes = acceptance(found.z, found.known)
    best = np.array(
        [
            likes[row].max() ** 2
            for row in map(found.row, range(len(found.pairs.start) - 1))
            if row.start < row.stop
        ]
    )
    return max(float(best.mean()), market.LEAST_SCALE) if len(best) else market.LEAST_SCALE


def _place(
    pool: Pool,
    others: Numbers,
    z: Real,
    known: Flags,
    room: Whole,
    member: int,
    scale: float,
) -> Update:
    if not len(others):
        return Update(member, np.empty(0, np.int32), np.empty(0), np.empty(0, np.int32), np.empty(0), 0.0)
    likes = acceptance(z, known)
    placed = market.place(
        likes,
        likes,
        pool.prices[others],
        room[others],
        int(room[member]),
        scale,
        CONFIGURATION.shortlist,
    )
    shortlisted, chosen = placed.shortlist, placed.chosen
    return Update(member, others[shortlisted], z[shortlisted], others[chosen], z[chosen], placed.price)
