"""Rows of edges in the order in which exchanges look at them."""

from __future__ import annotations

import numpy as np

from shared.engine.compiled import compiled
from shared.engine.market.graph import Neighbours, Real


@compiled
def sorted_rows(near: Neighbours, weights: Real, worth: Real, size: int) -> Neighbours:
    """Each member's best `size` edges by weight less the other's worth, best first, ties by position."""
    members = len(near.start) - 1
    begin = np.zeros(members + 1, np.int64)
    for member in range(members):
        begin[member + 1] = begin[member] + min(size, near.start[member + 1] - near.start[member])
    others = np.empty(begin[members], np.int32)
    edges = np.empty(begin[members], np.int32)
    kept = np.empty(size)
    for member in range(members):
        base, count = begin[member], 0
        for at in range(near.start[member], near.start[member + 1]):
            rest = weights[near.edge[at]] - worth[near.other[at]]
            if count == size and rest <= kept[count - 1]:
                continue
            place = min(count, size - 1)
            while place > 0 and kept[place - 1] < rest:
                kept[place] = kept[place - 1]
                others[base + place] = others[base + place - 1]
                edges[base + place] = edges[base + place - 1]
                place -= 1
            kept[place] = rest
            others[base + place] = near.other[at]
            edges[base + place] = near.edge[at]
            count = min(count + 1, size)
    return Neighbours(begin, others, edges)
