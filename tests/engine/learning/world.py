"""Toy worlds of evenings: who is there, what they answered, and whom they said yes to."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from shared.engine.learning import Family, LearnedModel, Profiles, Rows, Schema, fit, predict

Real = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SCHEMA = Schema(
    families=(
        Family("age", ("age",), reading="logarithm"),
        Family("tastes", ("art", "sports", "film"), level=True),
        Family("seeks", ("looks", "wit"), reading="shares"),
    ),
    pair=("shared",),
    gaps=("age",),
    same=("trade",),
    wishes=(("looks", "art"),),
)

Taste = Callable[[dict[str, Real], Rows], Real]
"""From the answers and the rows to the log-odds of a yes per row."""


def make_world(taste: Taste, evenings: int = 8, side: int = 8, seed: int = 1) -> Rows:
    """`evenings` gatherings of `side` women and `side` men, everybody meeting everybody of the other side."""
    random = np.random.default_rng(seed)
    count = 2 * evenings * side
    answers = {
        "age": random.integers(20, 45, count).astype(np.float64),
        **{name: random.integers(1, 11, count).astype(np.float64) for name in ("art", "sports", "film")},
        **{name: random.integers(1, 60, count).astype(np.float64) for name in ("looks", "wit")},
        "trade": random.integers(0, 4, count).astype(np.float64),
    }
    sides = np.tile(np.repeat([0.0, 1.0], side), evenings)
    givers, receivers, groups = [], [], []
    for evening in range(evenings):
        start = 2 * side * evening
        for one in range(start, start + side):
            for other in range(start + side, start + 2 * side):
                givers += [one, other]
                receivers += [other, one]
                groups += [evening, evening]
    shared = np.repeat(random.normal(size=len(givers) // 2), 2)
    rows = Rows(
        Profiles([f"p{at:04d}" for at in range(count)], sides, answers),
        np.array(givers),
        np.array(receivers),
        np.array(groups),
        {"shared": shared},
        np.full(len(givers), np.nan),
    )
    chance = 1.0 / (1.0 + np.exp(-taste(answers, rows)))
    return decided(rows, (random.random(len(rows)) < chance).astype(np.float64))


def decided(rows: Rows, accepted: Real) -> Rows:
    """The same rows with other decisions."""
    return Rows(rows.profiles, rows.givers, rows.receivers, rows.groups, rows.pair, accepted)


def answered(rows: Rows, **answers: Real) -> Rows:
    """The same rows with some answers replaced."""
    profiles = Profiles(rows.profiles.ids, rows.profiles.sides, {**rows.profiles.answers, **answers})
    return Rows(profiles, rows.givers, rows.receivers, rows.groups, rows.pair, rows.accepted)


def auc(score: Real, outcome: Real) -> float:
    """The share of (yes, no) couples in which the yes has the higher score, ties half."""
    yes, no = score[outcome == 1], score[outcome == 0]
    higher = (yes[:, None] > no[None, :]).mean()
    return float(higher + (yes[:, None] == no[None, :]).mean() / 2.0)


def last_evenings(rows: Rows, count: int = 2) -> Flags:
    """The rows of the last gatherings: what a cold start is judged on."""
    found: Flags = rows.groups >= rows.groups.max() + 1 - count
    return found


def cold_auc(rows: Rows) -> float:
    """How well single decisions of the last two gatherings are foretold from all others."""
    out = last_evenings(rows)
    model: LearnedModel = fit(rows.only(~out), SCHEMA)
    return auc(predict(model, rows.only(out)).accepts, rows.accepted[out])
