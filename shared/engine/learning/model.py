"""`fit` and `predict`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from shared.engine.learning.calibration import Calibration, calibrate
from shared.engine.learning.features import SIDE_LABEL, Encoder, encoder_of
from shared.engine.learning.mixed import Mixed, fit_mixed
from shared.engine.learning.rows import Flags, Real, Rows, RowsError, Whole
from shared.engine.learning.schema import Schema

FEWEST = 20
"""Fewer decisions than this are no ground for a model."""

_SEED = 7
_FOLDS = 5
_CHUNK = 20_000


class Standing(NamedTuple):
    """What decisions say about one member, on the logistic scale, beyond the sign-up answers.

    `given`: how readily the member says yes, `received`: how readily others say yes to the member; 0 is
    what the answers promise. The spreads are variances.
    """

    given: float
    given_spread: float
    received: float
    received_spread: float


@dataclass(frozen=True, eq=False)
class LearnedModel:
    """Everything `predict` needs.

    coefficients: one per column of the encoder. variances: by family and kind of effect. standings: by
    member id. gatherings: by (group, side) effect and variance. cold and warm: the calibration of pairs of
    whom at least one, or neither, is new. decisions: how many it was fitted on.
    """

    encoder: Encoder
    coefficients: Real
    variances: Mapping[str, float]
    standings: Mapping[str, Standing]
    gatherings: Mapping[tuple[int, int], tuple[float, float]]
    cold: Calibration
    warm: Calibration
    decisions: int


class Predictions(NamedTuple):
    """Per row: P(giver accepts receiver), P(both accept), both 0 to 1, and whether both are known members."""

    accepts: Real
    match: Real
    known: Flags


def fit(rows: Rows, schema: Schema) -> LearnedModel:
    """Learns from the rows whose decision is known.

    Raises RowsError when answers are missing, decisions are too few or all alike. The chance of a match is
    calibrated on gatherings and pairs that were held out.
    """
    if lacking := rows.lacking(schema):
        raise RowsError(f"columns missing: {', '.join(lacking)}")
    decided = rows.only(~np.isnan(rows.accepted))
    if len(decided) < FEWEST:
        raise RowsError(f"accepted: {len(decided)} known decisions, at least {FEWEST} are needed")
    if decided.accepted.min() == decided.accepted.max():
        raise RowsError("accepted: every decision is the same, there is nothing to learn")
    model = _fitted(decided, schema, None)
    cold = _held_out(decided, schema, model, _gatherings_apart(decided))
    warm = _held_out(decided, schema, model, _pairs_apart(decided))
    calibrated = calibrate(*cold) if len(cold[2]) else calibrate(*warm)
    return replace(model, cold=calibrated, warm=calibrate(*warm))


def predict(model: LearnedModel, rows: Rows) -> Predictions:
    """The chances of every row. Decisions in `rows` are not looked at: only those of the fit count.

    Raises RowsError when answers that the model reads are missing.
    """
    if lacking := rows.lacking(model.encoder.schema):
        raise RowsError(f"columns missing: {', '.join(lacking)}")
    accepts = _accepts(model, rows)
    returned = np.full(len(rows), np.nan)
    other = rows.other_direction()
    returned[other >= 0] = accepts[other[other >= 0]]
    alone = np.flatnonzero(other < 0)
    if len(alone):
        returned[alone] = _accepts(model, _turned(rows.only(alone)))
    seen = np.array([name in model.standings for name in rows.profiles.ids], dtype=bool)
    known = seen[rows.givers] & seen[rows.receivers]
    match = np.where(known, model.warm.match(accepts, returned), model.cold.match(accepts, returned))
    return Predictions(accepts, match, known)


def _fitted(decided: Rows, schema: Schema, variances: Mapping[str, float] | None) -> LearnedModel:
    encoder = encoder_of(schema, decided)
    sides = _sides(decided)
    gatherings, gathering = np.unique(decided.groups * 3 + sides, return_inverse=True)
    members, codes = np.unique(np.concatenate((decided.givers, decided.receivers)), return_inverse=True)
    mixed = fit_mixed(
        encoder.columns(decided),
        encoder.labels,
        SIDE_LABEL,
        {"gathering": gathering, "given": codes[: len(decided)], "received": codes[len(decided) :]},
        decided.accepted,
        dict(variances) if variances is not None else None,
    )
    return LearnedModel(
        encoder=encoder,
        coefficients=mixed.coefficients,
        variances=mixed.variances,
        standings=_standings(decided, members, mixed),
        gatherings={
            (int(key) // 3, int(key) % 3): (float(effect), float(spread))
            for key, effect, spread in zip(
                gatherings, mixed.effects["gathering"], mixed.spreads["gathering"], strict=True
            )
        },
        cold=Calibration(),
        warm=Calibration(),
        decisions=len(decided),
    )


def _standings(decided: Rows, members: Whole, mixed: Mixed) -> dict[str, Standing]:
    given, received = mixed.effects["given"], mixed.effects["received"]
    found = {}
    for at, member in enumerate(members):
        # A member who only ever gave has no effect as a receiver if nobody after them in order got one.
        found[decided.profiles.ids[int(member)]] = Standing(
            float(given[at]) if at < len(given) else 0.0,
            float(mixed.spreads["given"][at]) if at < len(given) else mixed.variances["given"],
            float(received[at]) if at < len(received) else 0.0,
            float(mixed.spreads["received"][at]) if at < len(received) else mixed.variances["received"],
        )
    return found


def _accepts(model: LearnedModel, rows: Rows) -> Real:
    new = Standing(0.0, model.variances["given"], 0.0, model.variances["received"])
    standing = np.array([model.standings.get(name, new) for name in rows.profiles.ids]).reshape(-1, 4)
    unmet = (0.0, model.variances["gathering"])
    keys = rows.groups * 3 + _sides(rows)
    met = {key: model.gatherings.get((key // 3, key % 3), unmet) for key in np.unique(keys).tolist()}
    gathering = np.array([met[key] for key in keys.tolist()]).reshape(-1, 2)
    linear = standing[rows.givers, 0] + standing[rows.receivers, 2] + gathering[:, 0]
    spread = standing[rows.givers, 1] + standing[rows.receivers, 3] + gathering[:, 1]
    for start in range(0, len(rows), _CHUNK):  # the columns of all rows at once would not fit
        part = rows.only(np.arange(start, min(start + _CHUNK, len(rows))))
        linear[start : start + _CHUNK] += (model.encoder.columns(part) * model.coefficients).sum(axis=1)
    # The mean of a logistic over a normal uncertainty (MacKay 1992): unsure means nearer to one half.
    unsure = np.clip(linear / np.sqrt(1.0 + np.pi / 8.0 * spread), -30.0, 30.0)
    accepts: Real = 1.0 / (1.0 + np.exp(-unsure))
    return accepts


def _sides(rows: Rows) -> Whole:
    sides = rows.profiles.sides[rows.givers]
    return np.where(np.isnan(sides), 2, sides).astype(np.int64)


def _turned(rows: Rows) -> Rows:
    """Every row seen by the receiver; what is known about a pair is the same for both."""
    return Rows(
        rows.profiles, rows.receivers, rows.givers, rows.groups, rows.pair, np.full(len(rows), np.nan)
    )


def _held_out(
    decided: Rows, schema: Schema, model: LearnedModel, folds: Iterator[Flags]
) -> tuple[Real, Real, Real]:
    """Both directions' chances and the outcome of pairs, each judged by a fit that never saw them."""
    other = decided.other_direction()
    pairs = (other >= 0) & (decided.givers < decided.receivers)
    parts: list[tuple[Real, Real, Real]] = []
    for out in folds:
        kept = decided.only(~out)
        if len(kept) < FEWEST or kept.accepted.min() == kept.accepted.max() or not (out & pairs).any():
            continue
        accepts = _accepts(_fitted(kept, schema, model.variances), decided)
        at = np.flatnonzero(out & pairs)
        back = other[at]
        parts.append((accepts[at], accepts[back], decided.accepted[at] * decided.accepted[back]))
    if not parts:
        return np.empty(0), np.empty(0), np.empty(0)
    return (
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
    )


def _gatherings_apart(decided: Rows) -> Iterator[Flags]:
    """Whole gatherings out, a fifth of them at a time: nobody in them is known."""
    groups = np.random.default_rng(_SEED).permutation(np.unique(decided.groups))
    if len(groups) > 1:
        for at in range(min(_FOLDS, len(groups))):
            yield np.isin(decided.groups, groups[at::_FOLDS])


def _pairs_apart(decided: Rows) -> Iterator[Flags]:
    """A fifth of the pairs out at a time, both directions together: everybody stays known by the others."""
    low = np.minimum(decided.givers, decided.receivers)
    high = np.maximum(decided.givers, decided.receivers)
    _, pair = np.unique(low * len(decided.profiles) + high, return_inverse=True)
    fold = np.random.default_rng(_SEED).permutation(pair.max() + 1) % _FOLDS
    for at in range(_FOLDS):
        yield fold[pair] == at
