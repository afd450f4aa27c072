"""How fair an outcome is, in numbers about the whole and nobody in particular."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.engine.compiled import compiled
from shared.engine.market.allocation import by_weight, closest
from shared.engine.market.exchange import greedy
from shared.engine.market.graph import Market, Neighbours, Real, Whole, both_ways
from shared.engine.market.held import nothing_held
from shared.engine.market.shortlist import SIZE, plain_shortlist

SAMPLE = 500
"""Members asked whom they envy."""


@dataclass(frozen=True)
class Fairness:
    """What members with room got out of a run.

    A match is expected of a proposal with the chance p·q. All means are over members with room.
    """

    members: int
    """With room for a proposal; the counts below are of these."""
    members_with_candidates: int
    """Who share an eligible pair with another member with room."""
    members_with_proposal: int
    proposals: int
    expected_matches: float
    """Per member."""
    tenth_percentile: float
    """Of expected matches: a tenth of the members expect no more (nearest lower rank)."""
    gini: float
    """Of proposals received: 0 when all got the same."""
    envy: float
    """Share of sampled members with candidates who would expect more matches from what somebody else got,
    counting only those who are eligible for them."""
    largest_load: int
    """The most proposals anybody got."""


def fairness(market: Market, chosen: Whole, sample: int = SAMPLE) -> Fairness:
    """The numbers of proposing the market edges `chosen`; at most `sample` members are asked about envy."""
    members = market.members
    edges = np.sort(chosen)
    low, high, weights = market.low[edges], market.high[edges], market.weights[edges]
    load = np.bincount(low, minlength=members) + np.bincount(high, minlength=members)
    # bincount and cumsum add one after the other; the order in which sum adds depends on the processor.
    matches = np.bincount(low, weights, members).astype(np.float64)
    matches += np.bincount(high, weights, members)
    roomy = market.capacity > 0
    total = int(roomy.sum())
    reachable = _reachable(market)
    asked = np.flatnonzero(reachable)
    asked = asked[np.arange(min(sample, len(asked))) * len(asked) // max(1, min(sample, len(asked)))]
    envious = _envious(asked, market.neighbours, market.weights, both_ways(low, high, members), matches)
    ordered = np.sort(matches[roomy])
    return Fairness(
        members=total,
        members_with_candidates=int(reachable.sum()),
        members_with_proposal=int((load[roomy] > 0).sum()),
        proposals=len(edges),
        expected_matches=float(np.cumsum(ordered)[-1]) / total if total else 0.0,
        tenth_percentile=float(ordered[(total - 1) // 10]) if total else 0.0,
        gini=gini(load[roomy]),
        envy=envious / len(asked) if len(asked) else 0.0,
        largest_load=int(load.max(initial=0)),
    )


def without_prices(market: Market, shortlist_size: int = SIZE) -> Whole:
    """What a run without any thought of fairness would propose, best first: the "before" of the statement.

    Greedily the pairs of highest chance among everybody's `shortlist_size` best, while both have room.
    """
    edges = closest(market, plain_shortlist(market, shortlist_size), shortlist_size)
    held = nothing_held(market.low[edges], market.high[edges], market.room)
    greedy(np.argsort(-market.weights[edges], kind="stable"), held)
    return by_weight(market, edges[held.taken == 1])


def gini(loads: Sequence[int] | Whole) -> float:
    """Inequality of what people received: 0 when all have the same, near 1 when one has everything.

    0 for nobody and for nothing received.
    """
    ordered = np.sort(np.asarray(loads, dtype=np.int64))
    total = int(ordered.sum())
    if not total:
        return 0.0
    ranks = 2 * np.arange(1, len(ordered) + 1) - len(ordered) - 1
    return float(int((ranks * ordered).sum()) / (len(ordered) * total))


def _reachable(market: Market) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Members with room in an edge with another member with room."""
    found = np.zeros(market.members, dtype=np.bool_)
    both = (market.room[market.low] > 0) & (market.room[market.high] > 0)
    found[market.low[both]] = True
    found[market.high[both]] = True
    return found


@compiled
def _envious(asked: Whole, near: Neighbours, weights: Real, held: Neighbours, matches: Real) -> int:
    """How many of `asked` would expect more matches from another member's proposals."""
    worth = np.zeros(len(near.start) - 1)
    count = 0
    for member in asked:
        most = 0.0
        for at in range(near.start[member], near.start[member + 1]):
            candidate = near.other[at]
            for place in range(held.start[candidate], held.start[candidate + 1]):
                holder = held.other[place]
                worth[holder] += weights[near.edge[at]]
                most = max(most, worth[holder])
        # One's own is among them: within rounding of it is no envy.
        if most > matches[member] + 1e-9:
            count += 1
        for at in range(near.start[member], near.start[member + 1]):
            candidate = near.other[at]
            for place in range(held.start[candidate], held.start[candidate + 1]):
                worth[held.other[place]] = 0.0
    return count
