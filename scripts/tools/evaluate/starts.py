"""Cold and warm start: what is learned from, and which pairs are judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scripts.tools.evaluate.judged import Judged, Real, Whole
from scripts.tools.evaluate.questionnaire import SCHEMA
from shared.engine.learning import Rows, fit, predict

FOLDS = 7
SPLITS = 4
"""One division into halves alone moves the AUC by .02: two of them are judged, from both sides."""

Progress = Callable[[str], None]


class Warm(NamedTuple):
    """The judged half by the model and by plain rates, and the rates of yeses received in the known half."""

    model: Judged
    four_rates: Judged
    received: Real


def meetings(rows: Rows) -> tuple[Whole, Whole]:
    """The pairs of which both decisions are known, as the positions of their two rows, one entry a pair."""
    other = rows.other_direction()
    first = np.flatnonzero((other >= 0) & (rows.givers < rows.receivers))
    both = ~np.isnan(rows.accepted[first]) & ~np.isnan(rows.accepted[other[first]])
    first = first[both]
    return first, other[first]


def cold_start(rows: Rows, folds: int, seed: int, progress: Progress) -> Judged | None:
    """Every wave judged by a model that saw only other waves; None with a single wave."""
    waves = np.random.default_rng(seed).permutation(np.unique(rows.groups))
    folds = min(folds, len(waves))
    if folds < 2:
        return None
    match, constant = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    accepts = np.full(len(rows), np.nan)
    first, second = meetings(rows)
    for fold in range(folds):
        progress(f"cold start, fold {fold + 1} of {folds}")
        out = np.isin(rows.groups, waves[fold::folds])
        model = fit(rows.only(~out), SCHEMA)
        # What was decided in these waves is taken out of the rows before the model sees them.
        predicted = predict(model, _undecided(rows.only(out)))
        accepts[out], match[out] = predicted.accepts, predicted.match
        constant[out] = _share_of_matches(rows, first[~out[first]], second[~out[first]])
    return _judged(rows, accepts, match, constant, first, second, 0)


def warm_start(rows: Rows, seed: int, progress: Progress, splits: int = SPLITS) -> list[Warm]:
    """Half of each wave's pairs judged by a model that knows the other half; each half in turn."""
    first, second = meetings(rows)
    found: list[Warm] = []
    for split in range(splits):
        progress(f"warm start, split {split + 1} of {splits}")
        known = known_half(rows, first, seed + split // 2)
        if split % 2:
            known = ~known
        keep = np.zeros(len(rows), dtype=bool)
        keep[first[known]] = keep[second[known]] = True
        learned = rows.only(keep)
        predicted = predict(fit(learned, SCHEMA), _undecided(rows))
        constant = np.full(len(rows), _share_of_matches(rows, first[known], second[known]))
        out = first[~known], second[~known]
        rates = shrunk_rates(learned.receivers, learned.accepted, len(rows.profiles))
        found.append(
            Warm(
                _judged(rows, predicted.accepts, predicted.match, constant, *out, split),
                _four_rates(rows, learned, rates, constant, *out, split),
                rates,
            )
        )
    return found


def known_half(rows: Rows, first: Whole, seed: int) -> npt.NDArray[np.bool_]:
    """Which pairs are known: half of each wave's, drawn with the seed."""
    random = np.random.default_rng(seed)
    known = np.zeros(len(first), dtype=bool)
    for wave in np.unique(rows.groups):
        pairs = np.flatnonzero(rows.groups[first] == wave)
        known[random.permutation(pairs)[: len(pairs) // 2]] = True
    return known


def shrunk_rates(members: Whole, accepted: Real, count: int, prior: float = 5.0) -> Real:
    """(yeses + prior · mean) / (decisions + prior) of each member, counted over rows that name the member."""
    mean = float(accepted.mean()) if len(accepted) else 0.5
    yeses = np.bincount(members, accepted, count)
    return (yeses + prior * mean) / (np.bincount(members, minlength=count) + prior)


def _four_rates(
    rows: Rows, learned: Rows, received: Real, constant: Real, first: Whole, second: Whole, split: int
) -> Judged:
    """The plain rival of the warm start: the four shrunk yes-rates of a pair, as odds multiplied."""
    given = shrunk_rates(learned.givers, learned.accepted, len(rows.profiles))
    likes = np.sqrt(_odds(given[rows.givers]) * _odds(received[rows.receivers]))
    match = np.full(len(rows), np.nan)
    match[first] = likes[first] * likes[second] / (1.0 + likes[first] * likes[second])
    return _judged(rows, likes / (1.0 + likes), match, constant, first, second, split)


def _odds(chance: Real) -> Real:
    inside = np.clip(chance, 1e-6, 1.0 - 1e-6)
    return inside / (1.0 - inside)


def _undecided(rows: Rows) -> Rows:
    return Rows(
        rows.profiles, rows.givers, rows.receivers, rows.groups, rows.pair, np.full(len(rows), np.nan)
    )


def _share_of_matches(rows: Rows, first: Whole, second: Whole) -> float:
    if not len(first):
        return 0.5
    matches = float((rows.accepted[first] * rows.accepted[second]).sum())
    return (matches + 0.5) / (len(first) + 1.0)  # never a sure thing


def _judged(
    rows: Rows, accepts: Real, match: Real, constant: Real, first: Whole, second: Whole, split: int
) -> Judged:
    return Judged(
        low=rows.givers[first],
        high=rows.receivers[first],
        wave=rows.groups[first],
        low_likes=accepts[first],
        high_likes=accepts[second],
        chance=match[first],
        constant=constant[first],
        matched=rows.accepted[first] * rows.accepted[second],
        split=np.full(len(first), split),
    )
