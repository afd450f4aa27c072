"""A logistic regression in which every family of columns learns how much it may matter.

    logit P(yes) = columns · coefficients + gathering + yeses given by the giver + yeses got by the receiver

Coefficients of one family are drawn around 0 with a variance of its own, and so are the effects of
gatherings and of members. The variances are not tuned: they are the ones under which the decisions are
most likely (MacKay 1992, evidence framework; Breslow and Clayton 1993, penalised quasi-likelihood). The
effects of members matter even where nobody is known: a member met 18 others, which are not 18 witnesses for
what people of that kind are like. Without them the regression believes itself far too much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from shared.engine.learning.rows import Real, Whole
from shared.engine.learning.solving import PROBES, incidence, solve

FREE = 10.0
"""The variance of the two columns that every fit may use freely: the constant and the giver's side."""
KINDS = ("gathering", "given", "received")
"""The kinds of effects, in the order of their codes."""

_FIRST_COLUMN = 0.01
_FIRST_EFFECT = {"gathering": 0.05, "given": 0.5, "received": 0.5}
_SMALLEST = 1e-8
_ROUNDS = 30
_ROUNDS_HELD = 3
_CALM = 0.01
_NOTHING = 1e-3
_EASY = 4


@dataclass(frozen=True, eq=False)
class Mixed:
    """Coefficients (p), effects and their posterior variances by kind, variances by family and kind."""

    coefficients: Real
    effects: dict[str, Real]
    spreads: dict[str, Real]
    variances: dict[str, float]


def fit_mixed(
    columns: Real,
    labels: list[str],
    free: str,
    codes: dict[str, Whole],
    accepted: Real,
    variances: dict[str, float] | None = None,
) -> Mixed:
    """Fits n decisions (1 or 0).

    columns (n, p) with the family of each in `labels`; the family `free` keeps a wide fixed variance.
    `codes[kind]` (n) numbers the effects of each kind from 0. With `variances` given they are held and only
    coefficients and effects are found. Needs at least one row.
    """
    with threadpool_limits(limits=1):  # several threads add up in an order of their own
        return _fit(columns, labels, free, codes, accepted, variances)


def _fit(
    columns: Real,
    labels: list[str],
    free: str,
    codes: dict[str, Whole],
    accepted: Real,
    held: dict[str, float] | None,
) -> Mixed:
    counts = [int(codes[kind].max(initial=-1)) + 1 for kind in KINDS]
    which = incidence([codes[kind] for kind in KINDS], counts)
    families = {name: np.flatnonzero(np.array(labels) == name) for name in dict.fromkeys(labels)}
    ends = np.cumsum([0, *counts])
    kinds = {kind: np.arange(ends[at], ends[at + 1]) for at, kind in enumerate(KINDS)}
    current = dict(held) if held is not None else _first(families, free)
    share = min(max(float(accepted.mean()), 0.02), 0.98)
    linear = np.full(len(accepted), np.log(share / (1.0 - share)))
    for turn in range(_ROUNDS if held is None else _ROUNDS_HELD):
        chance = 1.0 / (1.0 + np.exp(-np.clip(linear, -12.0, 12.0)))
        weights = np.maximum(chance * (1.0 - chance), 1e-4)
        target = linear + (accepted - chance) / weights
        precision = np.array([1.0 / current[name] for name in labels])
        effect_precision = np.concatenate([np.full(len(kinds[kind]), 1.0 / current[kind]) for kind in KINDS])
        probes = PROBES if held is None else 0
        solved = solve(columns, which, weights, target, precision, effect_precision, probes)
        linear = columns @ solved.coefficients + which @ solved.effects
        if held is not None:
            continue
        before = dict(current)
        spread = np.diag(solved.covariance)
        for name, at in families.items():
            if name != free:
                current[name] = _variance(solved.coefficients[at], spread[at], current[name], turn)
        for kind, at in kinds.items():
            if len(at):
                current[kind] = _variance(solved.effects[at], solved.effect_spread[at], current[kind], turn)
        if all(abs(current[name] - old) <= _CALM * (old + _NOTHING) for name, old in before.items()):
            break
    # A single member's variance: its own decisions against the prior, others' uncertainty left aside.
    own = 1.0 / (np.asarray(which.T @ weights).ravel() + effect_precision)
    return Mixed(
        solved.coefficients,
        {kind: solved.effects[at] for kind, at in kinds.items()},
        {kind: own[at] for kind, at in kinds.items()},
        current,
    )


def _first(families: dict[str, Whole], free: str) -> dict[str, float]:
    found = {name: _FIRST_COLUMN if name != free else FREE for name in families}
    return {**found, **_FIRST_EFFECT}


def _variance(values: Real, spread: Real, before: float, turn: int) -> float:
    """The next variance: expectation steps first, which never overshoot, then MacKay's faster ones."""
    squares = float((values * values).sum())
    if turn < _EASY:
        return max((squares + float(spread.sum())) / len(values), _SMALLEST)
    determined = len(values) - float(spread.sum()) / before
    return max(squares / max(determined, 1e-6), _SMALLEST) if determined > 1e-6 else _SMALLEST
