"""Everybody's best candidates, once it counts how sought after those are.

A member's own price is the same for all of their candidates, so they rank by K times the other's A: how
good the pair is, against how much else is asked of the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shared.engine.compiled import across_cores, compiled
from shared.engine.market.graph import Market, MarketError, Neighbours, Positions, Real, Whole
from shared.engine.market.prices import Levels, Prices, exponentials, levels_of, per_weight

SIZE = 50
_MEMBERS_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class Shortlist:
    """Member m's candidates stand at `start[m]` to `start[m + 1]` of `edges`, best first, as market edges."""

    start: Whole
    edges: Positions

    def of(self, member: int) -> Positions:
        """The edges of one member's candidates, best first."""
        return self.edges[self.start[member] : self.start[member + 1]]


def shortlist(market: Market, prices: Prices, size: int = SIZE) -> Shortlist:
    """The best `size` candidates of every member who has room, among those who have; ties by position."""
    near, weights = market.neighbours, market.weights

    def worth(places: slice) -> Real:
        levels = levels_of(weights, near.edge[places], per_weight(prices.scale))
        return _times(levels, exponentials(), near.other[places], prices.values)

    return best(near, worth, market.room, size)


def plain_shortlist(market: Market, size: int = SIZE) -> Shortlist:
    """The same without prices: everybody's best by the chance of a match."""
    near = market.neighbours
    return best(near, lambda places: market.weights[near.edge[places]], market.room, size)


def best(near: Neighbours, worth: Callable[[slice], Real], room: Whole, size: int) -> Shortlist:
    """The `size` places of highest worth among every member's, candidates without room left out.

    `worth` is asked for some places of `near` at a time, which are one member's after the other's.
    """
    if size < 1:
        raise MarketError("size: less than 1")

    def some(first: int, last: int) -> tuple[Whole, Positions]:
        places = slice(int(near.start[first]), int(near.start[last]))
        return _best(near, worth(places), room, size, first, last)

    found = across_cores(some, len(room), _MEMBERS_AT_ONCE)
    counts = np.concatenate([np.zeros(1, dtype=np.int64), *(part[0] for part in found)])
    edges = np.concatenate([np.empty(0, dtype=np.int32), *(part[1] for part in found)])
    return Shortlist(np.cumsum(counts), edges)


@compiled
def _times(levels: Levels, table: Real, other: Positions, values: Real) -> Real:
    found = np.empty(len(levels))
    for at in range(len(levels)):
        found[at] = table[levels[at]] * values[other[at]]
    return found


@compiled
def _best(
    near: Neighbours,
    worth: Real,
    room: Whole,
    size: int,
    first: int,
    last: int,
) -> tuple[Whole, Positions]:
    """How many each of the members first to last has, and their edges; `worth` is of their places alone."""
    counts = np.zeros(last - first, np.int64)
    bound = 0
    for member in range(first, last):
        bound += min(size, near.start[member + 1] - near.start[member])
    edges = np.empty(bound, np.int32)
    kept = np.empty(size)
    at_end = 0
    for member in range(first, last):
        if room[member] == 0:
            continue
        count = 0
        for at in range(near.start[member], near.start[member + 1]):
            mine = worth[at - near.start[first]]
            if room[near.other[at]] == 0 or (count == size and mine <= kept[count - 1]):
                continue
            # Sorted as they come: equal ones stay in the order of positions.
            place = min(count, size - 1)
            while place > 0 and kept[place - 1] < mine:
                kept[place] = kept[place - 1]
                edges[at_end + place] = edges[at_end + place - 1]
                place -= 1
            kept[place] = mine
            edges[at_end + place] = near.edge[at]
            count = min(count + 1, size)
        counts[member - first] = count
        at_end += count
    return counts, edges[:at_end]
