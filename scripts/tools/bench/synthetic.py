"""Synthetic two-sided markets, what proposing on them comes to, and simple ways to propose.

The members of either side stand in buckets of 500, which is what hard filters leave. Inside a bucket

    P(i likes j) = (1 - taste in common) * uniform(0, 1) + taste in common * popularity of j

with popularities evenly over 0 to 1. The larger the taste in common, the more want the same few. A proposal
becomes a match with the chance that both like each other, times the attention of either side: who holds more
proposals than they can take looks at a share of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]

BUCKET = 500


@dataclass(frozen=True, eq=False)
class Synthetic:
    """`likes[b, i, j]`: the chance that left i likes right j in bucket b; `liked` the other way round."""

    likes: npt.NDArray[np.float32]
    liked: npt.NDArray[np.float32]

    @property
    def per_side(self) -> int:
        """Members on either side."""
        return int(self.likes.shape[0] * self.likes.shape[1])

    @property
    def worth(self) -> Real:
        """The chance of a match, by bucket, left and right."""
        return self.likes.astype(np.float64) * self.liked

    def write(self, path: Path) -> None:
        """As `scripts/market` reads it."""
        buckets, width, _ = self.likes.shape
        bucket, left, right = np.indices((buckets, width, width), dtype=np.int32).reshape(3, -1)
        bucket *= np.int32(width)
        np.savez(
            path,
            i=left + bucket,
            j=right + bucket,
            p=self.likes.ravel(),
            q=self.liked.ravel(),
            n=self.per_side,
        )


@dataclass(frozen=True)
class Outcome:
    """Over the members of both sides."""

    expected_matches: float
    without_proposal: float
    """A share, 0 to 1."""
    gini: float
    largest_load: int


def draw(per_side: int, common: float, seed: int) -> Synthetic:
    """A market of whole buckets."""
    if per_side % BUCKET:
        raise ValueError(f"per_side: not a multiple of {BUCKET}")
    rng = np.random.default_rng(seed)
    buckets = per_side // BUCKET
    popularity = np.linspace(0.0, 1.0, BUCKET, dtype=np.float32)
    sides = []
    for _ in range(2):
        taste = rng.random((buckets, BUCKET, BUCKET), dtype=np.float32)
        popular = np.stack([rng.permutation(popularity) for _ in range(buckets)])
        mixed = np.float32(1 - common) * taste + np.float32(common) * popular[:, None, :]
        sides.append(mixed.astype(np.float32, copy=False))
    return Synthetic(sides[0], np.ascontiguousarray(sides[1].transpose(0, 2, 1)))


def outcome(market: Synthetic, left: Whole, right: Whole, capacity: int) -> Outcome:
    """What comes of proposing the pairs (left, right). Raises ValueError for no pair, or one twice."""
    width, size = BUCKET, market.per_side
    bucket = left // width
    keys = left * size + right
    if (bucket != right // width).any() or len(np.unique(keys)) != len(keys):
        raise ValueError("proposals: a pair of two buckets, or one twice")
    worth = market.worth[bucket, left % width, right % width]
    loads = [np.bincount(side, minlength=size) for side in (left, right)]
    attention = [
        np.minimum(1.0, capacity / load[side]) for load, side in zip(loads, (left, right), strict=True)
    ]
    every = np.concatenate(loads)
    return Outcome(
        float((worth * attention[0] * attention[1]).sum() / size),
        float((every == 0).mean()),
        _gini(every),
        int(every.max()),
    )


def own_best(market: Synthetic, count: int) -> tuple[Whole, Whole]:
    """Everybody's own `count` best by the chance of a match, whoever else wants them."""
    worth = market.worth
    chosen = np.zeros(worth.shape, dtype=np.bool_)
    best = np.argpartition(-worth, count - 1, axis=2)[:, :, :count]
    np.put_along_axis(chosen, best, True, axis=2)
    best = np.argpartition(-worth, count - 1, axis=1)[:, :count]
    np.put_along_axis(chosen, best, True, axis=1)
    return _pairs(chosen)


def greedy(market: Synthetic, capacity: int, shortlist: int = 50) -> tuple[Whole, Whole]:
    """The best pairs first, of everybody's `shortlist` best, while both have room."""
    left, right = own_best(market, shortlist)
    worth = market.worth[left // BUCKET, left % BUCKET, right % BUCKET]
    order = np.argsort(-worth, kind="stable")
    room = [[capacity] * market.per_side for _ in range(2)]
    taken = []
    for at, one, other in zip(order.tolist(), left[order].tolist(), right[order].tolist(), strict=True):
        if room[0][one] and room[1][other]:
            room[0][one] -= 1
            room[1][other] -= 1
            taken.append(at)
    return left[taken], right[taken]


def limit(market: Synthetic, capacity: int, steps: int = 60) -> float:
    """More matches per member than this cannot be expected, whoever is proposed to whom.

    With any prices u and v that are not negative, no allocation is worth more than
    capacity * (sum u + sum v) + sum max(0, worth - u - v): the dual of the linear programme. Prices are
    brought near the best ones by subgradient steps, which leaves about a thousandth.
    """
    total = 0.0
    for worth in market.worth:
        v, best = np.zeros(BUCKET), np.inf
        for step in range(steps):
            left = worth - v
            u = np.maximum(0.0, np.partition(left, BUCKET - capacity - 1, axis=1)[:, BUCKET - capacity - 1])
            gain = left - u[:, None]
            best = min(best, capacity * (u.sum() + v.sum()) + np.maximum(gain, 0.0).sum())
            missing = capacity - (gain > 0.0).sum(axis=0)
            v = np.maximum(0.0, v - 0.05 / (1 + step / 5) * missing / capacity)
        total += best
    return total / market.per_side


def _pairs(chosen: npt.NDArray[np.bool_]) -> tuple[Whole, Whole]:
    bucket, left, right = (at.astype(np.int64) for at in np.nonzero(chosen))
    return left + bucket * BUCKET, right + bucket * BUCKET


def _gini(loads: Whole) -> float:
    ordered = np.sort(loads).astype(np.float64)
    ranks = 2.0 * np.arange(1, len(ordered) + 1) - len(ordered) - 1
    return float((ranks * ordered).sum() / (len(ordered) * ordered.sum())) if ordered.sum() else 0.0
