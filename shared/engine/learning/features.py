"""From two members' answers to the columns of the regression.

Directional: row "giver looks at receiver". Per family of answers four families of columns: what the giver
is like (how choosy), what the receiver is like (how attractive), how far apart the two are, and what they
share to either side of the mean (products). One more family holds what was asked about the pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.engine.learning.rows import Profiles, Real, Rows
from shared.engine.learning.schema import Schema

SIDE_LABEL = "side"
"""The family of the two columns that are always free: a constant and the giver's side."""

_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Encoder:
    """Traits and columns as they were scaled when the model was fitted; `width` columns.

    `trait_means` and `trait_deviations` have one entry per trait, `column_means` and `column_deviations`
    one per column; a column that never varied has deviation 0 and stays out (all zero).
    """

    schema: Schema
    trait_means: Real
    trait_deviations: Real
    column_means: Real
    column_deviations: Real

    @property
    def labels(self) -> list[str]:
        """The family of each column."""
        return _labels(self.schema)

    def columns(self, rows: Rows) -> Real:
        """(n, width): the columns of each row, mean 0 and deviation 1 over the rows of the fit."""
        found = _columns(self.schema, rows, self._scaled(rows.profiles))
        safe = np.where(self.column_deviations > 0, self.column_deviations, 1.0)
        found[:, 2:] = np.nan_to_num((found[:, 2:] - self.column_means[2:]) / safe[2:])
        found[:, self.column_deviations == 0] = 0.0
        return found

    def _scaled(self, profiles: Profiles) -> Real:
        return _scale(_traits(self.schema, profiles), self.trait_means, self.trait_deviations)


def encoder_of(schema: Schema, rows: Rows) -> Encoder:
    """Learns the scaling from the rows and the members that occur in them; decisions play no part."""
    present = np.unique(np.concatenate((rows.givers, rows.receivers)))
    traits = _traits(schema, rows.profiles)[present]
    given = ~np.isnan(traits)
    counts = np.maximum(given.sum(axis=0), 1)
    means = np.where(given, traits, 0.0).sum(axis=0) / counts
    spread = np.where(given, traits - means, 0.0)
    deviations = _deviation(spread, counts)
    raw = _columns(schema, rows, _scale(_traits(schema, rows.profiles), means, deviations))
    known = ~np.isnan(raw)
    known_counts = np.maximum(known.sum(axis=0), 1)
    column_means = np.where(known, raw, 0.0).sum(axis=0) / known_counts
    column_deviations = _deviation(np.where(known, raw - column_means, 0.0), known_counts)
    column_deviations[:2] = 1.0
    return Encoder(schema, means, deviations, column_means, column_deviations)


def _deviation(spread: Real, counts: Real) -> Real:
    found = np.sqrt((spread * spread).sum(axis=0) / counts)
    return np.where(found > _TINY, found, 0.0)


def _traits(schema: Schema, profiles: Profiles) -> Real:
    """(m, traits), NaN where an answer is missing."""
    found: list[Real] = []
    for family in schema.families:
        values = np.stack([profiles.answers[name] for name in family.columns], axis=1)
        if family.reading == "logarithm":
            values = np.log(np.where(values > 0, values, np.nan))
        if family.reading == "shares":
            sums = np.nansum(values, axis=1, keepdims=True)
            sums[sums <= 0] = np.nan
            values = np.sqrt(np.maximum(values, 0.0) / sums)
        found.append(values)
        if family.level:
            given = ~np.isnan(values)
            counts = given.sum(axis=1, keepdims=True).astype(np.float64)
            counts[counts == 0] = np.nan
            found.append(np.where(given, values, 0.0).sum(axis=1, keepdims=True) / counts)
    return np.concatenate(found, axis=1) if found else np.zeros((len(profiles), 0))


def _trait_labels(schema: Schema) -> list[str]:
    return [
        family.name
        for family in schema.families
        for _ in range(len(family.columns) + (1 if family.level else 0))
    ]


def _trait_position(schema: Schema, column: str) -> int:
    at = 0
    for family in schema.families:
        if column in family.columns:
            return at + family.columns.index(column)
        at += len(family.columns) + (1 if family.level else 0)
    raise KeyError(column)


def _scale(traits: Real, means: Real, deviations: Real) -> Real:
    """A missing answer counts as the mean, and so does everything that never varied."""
    scaled = (traits - means) / np.where(deviations > 0, deviations, 1.0)
    return np.where(np.isnan(scaled) | (deviations == 0), 0.0, np.clip(scaled, -5.0, 5.0))


def _labels(schema: Schema) -> list[str]:
    traits = _trait_labels(schema)
    about_pair = len(schema.pair) + 3 * len(schema.gaps) + len(schema.same) + len(schema.wishes)
    about_pair += 1 + len(schema.families)
    views = [f"{view} {name}" for view in ("giver", "receiver", "distance", "product") for name in traits]
    return [SIDE_LABEL] * 2 + views + ["pair"] * about_pair


def _columns(schema: Schema, rows: Rows, traits: Real) -> Real:
    giver, receiver = traits[rows.givers], traits[rows.receivers]
    side = np.nan_to_num(rows.profiles.sides[rows.givers] * 2.0 - 1.0)
    product = giver * receiver
    about: list[Real] = [np.ones(len(rows)), side]
    # NaN among what is known about the pair becomes the mean of the fit once the columns are scaled.
    pair: list[Real] = [rows.pair[name] for name in schema.pair]
    for name in schema.gaps:
        at = _trait_position(schema, name)
        gap = giver[:, at] - receiver[:, at]
        pair += [gap * side, -np.abs(gap), -gap * gap]
    for name in schema.same:
        values = rows.profiles.answers[name]
        pair.append((values[rows.givers] == values[rows.receivers]).astype(np.float64))
    for wish, has in schema.wishes:
        pair.append(giver[:, _trait_position(schema, wish)] * receiver[:, _trait_position(schema, has)])
    pair.append(_likeness(giver, receiver, product))
    labels = np.array(_trait_labels(schema))
    for family in schema.families:
        within = labels == family.name
        pair.append(_likeness(giver[:, within], receiver[:, within], product[:, within]))
    return np.concatenate(
        [
            np.stack(about, axis=1),
            giver,
            receiver,
            -np.abs(giver - receiver),
            product,
            np.stack(pair, axis=1),
        ],
        axis=1,
    )


def _likeness(giver: Real, receiver: Real, product: Real) -> Real:
    """The cosine between the two members' traits, 0 where either has none."""
    lengths = np.sqrt((giver * giver).sum(axis=1) * (receiver * receiver).sum(axis=1))
    return np.where(lengths > _TINY, product.sum(axis=1) / np.maximum(lengths, _TINY), 0.0)
