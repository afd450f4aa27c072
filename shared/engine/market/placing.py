"""One changed member, without running the market again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.engine.market.graph import MarketError, Real, Whole
from shared.engine.market.prices import LEAST_SCALE, LEVELS, exponentials, per_weight, price
from shared.engine.market.shortlist import SIZE


@dataclass(frozen=True, eq=False)
class Placed:
    """Where one member stands in the market; places are those of the candidates as they were given."""

    shortlist: Whole
    """Best first, as in a full run."""
    chosen: Whole
    """Whom to propose, highest chance first."""
    price: float
    """The member's own A, to be kept with those of the others."""


def place(
    p: Real, q: Real, values: Real, room: Whole, capacity: int, scale: float, size: int = SIZE
) -> Placed:
    """Shortlist and proposals of one member among candidates, given the prices of the last run.

    One entry per candidate, in the order of positions: `p`, `q` the chances that either likes the other,
    `values` the candidate's price (0: none yet), `room` how many proposals the candidate can still take.
    `capacity` is what the member can still take, `scale` that of the prices. Prices of the others stay as
    they are: a single member moves them by less than the tolerance of a run.
    """
    count = len(p)
    if not len(q) == len(values) == len(room) == count:
        raise MarketError("p, q, values, room: not of the same length")
    if size < 1:
        raise MarketError("size: less than 1")
    for name, chances in (("p", p), ("q", q)):
        wrong = np.flatnonzero(~((chances >= 0.0) & (chances <= 1.0)))
        if len(wrong):
            raise MarketError(f"{name}[{wrong[0]}]: not a number from 0 to 1")
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0.0)))
    if len(wrong):
        raise MarketError(f"values[{wrong[0]}]: not a finite number from 0 up")
    if not LEAST_SCALE <= scale < np.inf:
        raise MarketError("scale: not that of any prices")
    weights = p * q
    free = np.maximum(room, 0)
    # Who has no price yet is priced as if nobody asked for them.
    known = np.where(free == 0, 0.0, np.where(values > 0.0, values, np.sqrt(free)))
    levels = np.minimum(weights * per_weight(scale), LEVELS - 1).astype(np.int64)
    worth = exponentials()[levels] * known
    order = np.argsort(-worth, kind="stable")
    order = order[free[order] > 0][:size] if capacity > 0 else order[:0]
    chosen = order[: max(0, capacity)]
    room_here = min(max(0, capacity), int((free > 0).sum()))
    # cumsum adds one after the other; the order in which sum adds depends on the processor.
    demand = 0.5 * float(np.cumsum(worth)[-1]) if count else 0.0
    return Placed(
        shortlist=order,
        chosen=chosen[np.argsort(-weights[chosen], kind="stable")],
        price=float(price(float(room_here), demand)) if room_here else 0.0,
    )
