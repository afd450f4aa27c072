"""Pairs with their outcome and a prediction, and how good the predictions were.

All figures compare within a wave only: who never met cannot be confused. Every pair counts once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

DRAWS = 1000
"""Bootstrap draws behind an interval."""
FEW_WAVES = 5
"""With fewer waves than this, persons are drawn instead of waves."""
_SEED = 11
_TOP_GAIN = 5
_TOP_PRECISION = 3


@dataclass(frozen=True, eq=False)
class Judged:
    """n pairs: positions of both people, the wave, the chance of each liking the other, the chance of a
    match and that of a constant, and the outcome (1 match, 0 none).

    `split` numbers the divisions into known and judged pairs: only pairs of one wave and split are compared.
    """

    low: Whole
    high: Whole
    wave: Whole
    low_likes: Real
    high_likes: Real
    chance: Real
    constant: Real
    matched: Real
    split: Whole

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.low)


def together(splits: Sequence[Judged]) -> Judged:
    """The pairs of several splits as one."""
    return Judged(*(np.concatenate([getattr(one, field.name) for one in splits]) for field in fields(Judged)))


class Figure(NamedTuple):
    """A figure with the borders between which 95 of 100 bootstrap draws lie; NaN where nothing is to say."""

    name: str
    value: float
    lower: float
    upper: float


def figures(judged: Judged) -> list[Figure]:
    """Each figure with its interval.

    AUC: of all comparisons between a match and a non-match of one wave, the share in which the match has
    the higher chance (ties half), all comparisons weighing the same; "mean of waves" weighs waves the same.
    log loss: per pair, in nats; "constant" is the same for the share of matches among the pairs learned
    from. AP: the average precision of each wave's list, waves weighing as their matches. NDCG@5 and P@3:
    each person's own list of partners, over persons with a match among them.
    """
    lists = sorted(set(zip(judged.wave.tolist(), judged.split.tolist(), strict=True)))
    parts = [_List(judged, wave, split) for wave, split in lists]
    names = ("AUC within waves", "  mean of waves", "log loss", "  of a constant", "AP", "NDCG@5", "P@3")
    value = _summary(parts, [part.all_once for part in parts])
    drawn = np.array([_summary(parts, weights) for weights in _draws(parts)])
    found = []
    for at, name in enumerate(names):
        kept = drawn[~np.isnan(drawn[:, at]), at]
        lower, upper = np.quantile(kept, [0.025, 0.975]) if len(kept) else (np.nan, np.nan)
        found.append(Figure(name, float(value[at]), float(lower), float(upper)))
    return found


class _List:
    """The pairs of one wave and split in order of their chance, best first, and every person's own list."""

    def __init__(self, judged: Judged, wave: int, split: int) -> None:
        self.wave = wave
        at = np.flatnonzero((judged.wave == wave) & (judged.split == split))
        at = at[np.argsort(-judged.chance[at], kind="stable")]
        self.people, ends = np.unique(np.concatenate((judged.low[at], judged.high[at])), return_inverse=True)
        self.low, self.high = ends[: len(at)], ends[len(at) :]
        self.matched = judged.matched[at]
        self.tied = np.concatenate(([0], np.cumsum(np.diff(judged.chance[at]) != 0))) if len(at) else at
        self.loss = _loss(judged.chance[at], self.matched)
        self.constant_loss = _loss(judged.constant[at], self.matched)
        self.all_once = np.ones(len(self.people))
        self.gain = np.full(len(self.people), np.nan)
        self.precision = np.full(len(self.people), np.nan)
        for person in range(len(self.people)):
            outcomes = self.matched[(self.low == person) | (self.high == person)]
            if outcomes.any():
                self.gain[person] = _gain(outcomes)
                self.precision[person] = outcomes[:_TOP_PRECISION].sum() / _TOP_PRECISION
        self.whole = self.sums(self.all_once)

    def sums(self, people: Real) -> Real:
        """Numerators and denominators of all figures, persons weighing as given."""
        weight = people[self.low] * people[self.high]
        hits, misses = weight * self.matched, weight * (1.0 - self.matched)
        size = int(self.tied[-1]) + 1 if len(self.tied) else 0
        hits_tied = np.bincount(self.tied, hits, size)
        misses_tied = np.bincount(self.tied, misses, size)
        below = misses.sum() - np.cumsum(misses_tied)
        right = float((hits_tied * (below + misses_tied / 2.0)).sum())
        compared = float(hits.sum() * misses.sum())
        reached = np.cumsum(hits) / np.maximum(np.cumsum(weight), 1e-12)
        listed = ~np.isnan(self.gain)
        ranked = people[listed]
        return np.array(
            [
                [right, compared],
                [right / compared if compared > 0 else 0.0, 1.0 if compared > 0 else 0.0],
                [(weight * self.loss).sum(), weight.sum()],
                [(weight * self.constant_loss).sum(), weight.sum()],
                [(hits * reached).sum(), hits.sum()],
                [(ranked * self.gain[listed]).sum(), ranked.sum()],
                [(ranked * self.precision[listed]).sum(), ranked.sum()],
            ]
        )


def _summary(parts: list[_List], weights: list[Real]) -> Real:
    total = np.zeros((7, 2))
    for part, people in zip(parts, weights, strict=True):
        if (people == people[0]).all():
            # A wave drawn k times counts k times: its copies do not meet each other.
            total += float(people[0]) * part.whole
        else:
            total += part.sums(people)
    found: Real = np.divide(total[:, 0], total[:, 1], out=np.full(7, np.nan), where=total[:, 1] > 0)
    return found


def _draws(parts: list[_List]) -> Iterator[list[Real]]:
    """Weights of every person per draw: whole waves with replacement, or persons where waves are few."""
    random = np.random.default_rng(_SEED)
    waves = sorted({part.wave for part in parts})
    place = {wave: at for at, wave in enumerate(waves)}
    everybody = {
        wave: np.unique(np.concatenate([p.people for p in parts if p.wave == wave])) for wave in waves
    }
    for _ in range(DRAWS):
        if len(waves) >= FEW_WAVES:
            times = np.bincount(random.integers(0, len(waves), len(waves)), minlength=len(waves))
            yield [part.all_once * float(times[place[part.wave]]) for part in parts]
            continue
        drawn = {
            wave: np.bincount(random.integers(0, len(people), len(people)), minlength=len(people))
            for wave, people in everybody.items()
        }
        yield [
            drawn[part.wave][np.searchsorted(everybody[part.wave], part.people)].astype(np.float64)
            for part in parts
        ]


def _loss(chance: Real, matched: Real) -> Real:
    inside = np.clip(chance, 1e-12, 1.0 - 1e-12)
    return -np.where(matched > 0, np.log(inside), np.log(1.0 - inside))


def _gain(outcomes: Real) -> float:
    discount = 1.0 / np.log2(np.arange(2, _TOP_GAIN + 2))
    top = outcomes[:_TOP_GAIN]
    best = discount[: min(int(outcomes.sum()), _TOP_GAIN)].sum()
    return float((top * discount[: len(top)]).sum() / best)
