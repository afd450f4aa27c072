"""How many of the proposals would have become matches, when everybody gets three."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scripts.tools.evaluate.judged import Judged, Real, Whole
from shared.engine.market import market_of_pairs, propose, without_prices

CAPACITY = 3
_DRAWS = 200
_SEED = 5


class Realised(NamedTuple):
    """One way of proposing: matches among the proposals, proposals, and people who got at least one."""

    name: str
    matches: float
    proposals: float
    served: float


def realised(judged: Judged, rates: Real | None) -> list[Realised]:
    """Everybody takes part in at most three proposals, each made to both.

    Ours is the allocation with prices; "greedy" takes the best pairs by p · q without prices; "popular"
    goes by yeses received (`rates` by member, known decisions; without them as the model expects them to be
    received), "random" is the mean of 200 draws. "perfect" goes by the outcomes themselves.
    """
    order = np.lexsort((judged.high, judged.low))
    low, high = judged.low[order], judged.high[order]
    members = int(high.max()) + 1 if len(high) else 0
    capacity = np.full(members, CAPACITY)
    market = market_of_pairs(
        low.astype(np.int32),
        high.astype(np.int32),
        judged.low_likes[order],
        judged.high_likes[order],
        capacity,
    )
    matched = judged.matched[order]
    if rates is None:
        expected = np.bincount(high, judged.low_likes[order], members)
        expected += np.bincount(low, judged.high_likes[order], members)
        met = np.bincount(high, minlength=members) + np.bincount(low, minlength=members)
        rates = expected / np.maximum(met, 1)
    random = np.random.default_rng(_SEED)
    draws = [_greedy(low, high, random.random(len(low)), members) for _ in range(_DRAWS)]
    by_chance = [_count("random", low, high, matched, chosen) for chosen in draws]
    return [
        _count("model, prices", low, high, matched, propose(market).chosen),
        _count("model, greedy", low, high, matched, without_prices(market)),
        _count("popular", low, high, matched, _greedy(low, high, rates[low] + rates[high], members)),
        *mean_of([[draw] for draw in by_chance]),
        _count("perfect", low, high, matched, _greedy(low, high, matched, members)),
    ]


def mean_of(splits: Sequence[list[Realised]]) -> list[Realised]:
    """Each way of proposing, its numbers averaged over several divisions of the same pairs."""
    return [
        Realised(ways[0].name, *(float(np.mean(column)) for column in list(zip(*ways, strict=True))[1:]))
        for ways in zip(*splits, strict=True)
    ]


def _greedy(low: Whole, high: Whole, worth: Real, members: int) -> Whole:
    room = np.full(members, CAPACITY)
    chosen = []
    for edge in np.argsort(-worth, kind="stable"):
        if room[low[edge]] and room[high[edge]]:
            room[low[edge]] -= 1
            room[high[edge]] -= 1
            chosen.append(edge)
    return np.array(chosen, dtype=np.int64)


def _count(name: str, low: Whole, high: Whole, matched: Real, chosen: Whole) -> Realised:
    served = len(np.unique(np.concatenate((low[chosen], high[chosen]))))
    return Realised(name, float(matched[chosen].sum()), float(len(chosen)), float(served))
