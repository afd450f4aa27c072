"""Who is proposed to whom.

Pairs from everybody's shortlist are first taken greedily, the highest weight less both prices first, then
exchanged along chains, which brings the sum of weights to within a thousandth of the optimum of the linear
programme on the synthetic markets. Serving everybody goes before the sum: whoever is left without a
proposal gets one from somebody who has several, wherever a chain of exchanges leads there. At the end no
pair is left whose two members both have room, on the shortlist or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.engine.market.exchange import greedy, improve, serve
from shared.engine.market.graph import Market, Real, Whole, both_ways
from shared.engine.market.held import Held, nothing_held
from shared.engine.market.prices import Prices
from shared.engine.market.prices import prices as find_prices
from shared.engine.market.rows import sorted_rows
from shared.engine.market.shortlist import SIZE, Shortlist, shortlist
from shared.engine.market.worth import price_worths, worths

CLOSEST = 16
"""Of each shortlist this many take part in exchanges; with 24 the sum is the same to four digits."""
_LONGEST = 8
"""Steps of a chain."""
_SLACK = 0.005
"""Share of the scale by which an edge may fall short of its ends' worths and still be tried."""
_LEAST = 1e-9
"""Share of the scale a gain must exceed: below, it is rounding."""


@dataclass(frozen=True, eq=False)
class Proposed:
    """A run's outcome: the proposals as market edges, best first, and what led to them."""

    chosen: Whole
    shortlist: Shortlist
    prices: Prices


def propose(market: Market, start: Real | None = None, shortlist_size: int = SIZE) -> Proposed:
    """Prices, shortlist and allocation of a market; `start` holds the prices of an earlier run, if any."""
    found = find_prices(market, start)
    candidates = shortlist(market, found, shortlist_size)
    return Proposed(allocate(market, candidates, found), candidates, found)


def allocate(market: Market, shortlist: Shortlist, prices: Prices) -> Whole:
    """The market edges to propose, best first; nobody is in more than they have capacity for."""
    held = nothing_held(market.low, market.high, market.room)
    greedy(_from_shortlist(market, shortlist, prices), held)
    serve(market.neighbours, market.weights, held)
    _fill(market, held)
    return by_weight(market, np.flatnonzero(held.taken))


def by_weight(market: Market, edges: Whole) -> Whole:
    """The same edges, highest weight first, ties by position."""
    found: Whole = edges[np.argsort(-market.weights[edges], kind="stable")]
    return found


def closest(market: Market, shortlist: Shortlist, size: int) -> Whole:
    """Market edges among the first `size` of anybody's shortlist, ascending."""
    counts: Whole = np.diff(shortlist.start)
    place = np.arange(len(shortlist.edges)) - np.repeat(shortlist.start[:-1], counts)
    marked = np.zeros(len(market), dtype=np.bool_)
    marked[shortlist.edges[place < size]] = True
    found: Whole = np.flatnonzero(marked)
    return found


def _from_shortlist(market: Market, shortlist: Shortlist, prices: Prices) -> Whole:
    """Market edges, chosen among the closest of everybody's shortlist."""
    edges = closest(market, shortlist, CLOSEST)
    low, high, weights = market.low[edges], market.high[edges], market.weights[edges]
    price = price_worths(prices)
    held = nothing_held(low, high, market.room)
    greedy(np.argsort(price[low] + price[high] - weights, kind="stable"), held)
    near = both_ways(low, high, market.members)
    serve(near, weights, held)
    worth = worths(near, weights, market.room, prices)
    rows = sorted_rows(near, weights, worth, CLOSEST)
    slack, least = _SLACK * prices.scale, _LEAST * prices.scale
    improve(rows, weights, worth, held, _LONGEST, slack, least)
    found: Whole = edges[held.taken == 1]
    return found


def _fill(market: Market, held: Held) -> None:
    """Take every pair of two members with room that is left, best first."""
    free = held.load < held.room
    left = np.flatnonzero(free[market.low] & free[market.high] & (held.taken == 0))
    greedy(by_weight(market, left), held)
