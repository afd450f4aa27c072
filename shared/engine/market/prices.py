"""What a proposal from each member's budget is worth: matching with transferable utility.

Everybody is in demand differently, and everybody can take only so many proposals. In a market with
transferable utility each member m has a price that clears it. Here A_m = exp(-price / spread) is kept:
small where many would like to meet m. With K = exp(weight / spread) and c = the proposals m can take

    A_m = c / (√(c + s²) + s),    s = ½ Σ K A over m's candidates,

which is Choo and Siow's (2006) equilibrium, solved by proportional fitting. The weight is p·q, the chance
that a proposal becomes a match, because that is what the run should bring about: prices of the surplus
(p + q) / 2 give 0.6 % fewer matches on the synthetic markets. The spread is a share of what members' best
candidates are worth, so that markets in which all chances are small are treated as any other.

Members are updated one after the other, each from the newest values of the others. Every such step
minimises a convex function in one coordinate, so it converges on any graph, one pool or two sides, without
knowing which; updating all at once would swing forever between the sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import compiled
from shared.engine.market.graph import Market, MarketError, Neighbours, Positions, Real, Whole

Levels = npt.NDArray[np.uint16]

SPREAD = 0.13
"""Share of the scale. Between .05 and .2 the outcome hardly differs; below, prices settle slowly."""
TOLERANCE = 1e-2
"""Prices have settled when no A changes by more than this share of itself."""
MOST_ITERATIONS = 200

LEAST_SCALE = 1e-6
"""Where even the best chances are below this, nobody has a chance, and squares would vanish in rounding."""

_LEVELS_PER_UNIT = 2048
_UNITS = 32
"""Exponents reach from 0 to this; what is beyond counts as this, some five times a usual best candidate."""
LEVELS = _LEVELS_PER_UNIT * _UNITS


@dataclass(frozen=True, eq=False)
class Prices:
    """A of every member, 0 for who can take nothing; the lower, the more sought after."""

    values: Real
    scale: float
    """Mean weight of the members' best candidates: what weights are measured by."""
    iterations: int
    change: float
    """The largest relative change in the last iteration."""


@cache
def exponentials() -> Real:
    """exp(level / 2048) of every level.

    The processor's own exp may differ in its last bit from machine to machine. Here 512 values come from
    decimal arithmetic, which is exact everywhere, and one multiplication makes each of the others.
    """
    arithmetic = Context(prec=40)
    fine = [float(arithmetic.exp(Decimal(k) / _LEVELS_PER_UNIT)) for k in range(256)]
    coarse = [float(arithmetic.exp(Decimal(256 * k) / _LEVELS_PER_UNIT)) for k in range(LEVELS // 256)]
    return np.ravel(np.array(coarse)[:, None] * np.array(fine))


def prices(
    market: Market,
    start: Real | None = None,
    tolerance: float = TOLERANCE,
    most_iterations: int = MOST_ITERATIONS,
) -> Prices:
    """Clearing prices of the market; about two multiplications per edge and iteration.

    `start` may hold the values of an earlier run, 0 for members without one: the result is the same within
    the tolerance, but reached in fewer iterations. Raises MarketError when `start` does not fit.
    """
    known = _checked_start(market, start)
    scale = scale_of(market)
    near = market.neighbours
    levels = levels_of(market.weights, near.edge, per_weight(scale))
    values, iterations, change = _settle(
        near, levels, exponentials(), market.room, known, tolerance, most_iterations
    )
    return Prices(values, float(scale), int(iterations), float(change))


def scale_of(market: Market) -> float:
    """Mean over members of the weight of their best candidate who has room, at least LEAST_SCALE."""
    near = market.neighbours
    total, count = _best_weights(near, market.weights, market.room)
    return max(total / count, LEAST_SCALE) if count else LEAST_SCALE


def per_weight(scale: float) -> float:
    """Levels per unit of weight."""
    return _LEVELS_PER_UNIT / (SPREAD * scale)


def _checked_start(market: Market, start: Real | None) -> Real:
    if start is None:
        return np.zeros(market.members)
    found = np.ascontiguousarray(start, dtype=np.float64)
    if found.shape != (market.members,):
        raise MarketError(f"start: {len(found)} prices for {market.members} members")
    wrong = np.flatnonzero(~(np.isfinite(found) & (found >= 0.0)))
    if len(wrong):
        raise MarketError(f"start[{wrong[0]}]: not a finite number from 0 up")
    return found


@compiled
def _best_weights(near: Neighbours, weights: Real, room: Whole) -> tuple[float, int]:
    """Sum and number of the best weights of members who can be served."""
    total, count = 0.0, 0
    for member in range(len(room)):
        best = -1.0
        if room[member] > 0:
            for at in range(near.start[member], near.start[member + 1]):
                if room[near.other[at]] > 0 and weights[near.edge[at]] > best:
                    best = weights[near.edge[at]]
        if best >= 0.0:
            total += best
            count += 1
    return total, count


@compiled
def levels_of(weights: Real, edge: Positions, per_unit: float) -> Levels:
    """The level of every place's weight, 16 bits each: a quarter of what the exponentials would take."""
    levels = np.empty(len(edge), np.uint16)
    for at in range(len(edge)):
        levels[at] = np.uint16(min(weights[edge[at]] * per_unit, 65535.0))
    return levels


@compiled
def _settle(
    near: Neighbours,
    levels: Levels,
    table: Real,
    room: Whole,
    known: Real,
    tolerance: float,
    most: int,
) -> tuple[Real, int, float]:
    """A of every member, iterations, and the last change."""
    members = len(room)
    values = np.zeros(members)
    for member in range(members):
        if room[member] > 0:
            values[member] = known[member]
            if known[member] == 0.0:
                # As if all had the same A: keeps the two sides of a market level from the beginning.
                total = 1.0
                for at in range(near.start[member], near.start[member + 1]):
                    if room[near.other[at]] > 0:
                        total += table[levels[at]]
                values[member] = np.sqrt(room[member] / total)
    change, iterations = 0.0, 0
    while iterations < most:
        change = 0.0
        for member in range(members):
            if room[member] == 0:
                continue
            found = price(float(room[member]), _demand(near, levels, table, values, member))
            change = max(change, abs(found - values[member]) / found)
            values[member] = found
        iterations += 1
        if change <= tolerance:
            break
    # Once more, all from the same values: members in the same position then cost exactly the same, whoever
    # came first above, and who waits longest can decide between them.
    settled = np.zeros(members)
    for member in range(members):
        if room[member] > 0:
            settled[member] = price(float(room[member]), _demand(near, levels, table, values, member))
    return settled, iterations, change


@compiled
def _demand(near: Neighbours, levels: Levels, table: Real, values: Real, member: int) -> float:
    """Half the sum of K A over a member's candidates."""
    # Two sums side by side: an addition need not wait for the one before it.
    even, odd = 0.0, 0.0
    at, end = near.start[member], near.start[member + 1]
    while at + 1 < end:
        even += table[levels[at]] * values[near.other[at]]
        odd += table[levels[at + 1]] * values[near.other[at + 1]]
        at += 2
    if at < end:
        even += table[levels[at]] * values[near.other[at]]
    return 0.5 * (even + odd)


@compiled
def price(room: float, demand: float) -> float:
    """A of a member with room, facing half the sum of K A."""
    found: float = room / (np.sqrt(room + demand * demand) + demand)
    return found
