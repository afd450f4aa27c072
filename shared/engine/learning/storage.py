"""A model as JSON, with a version.

The standings of members are personal data and go with them; `without_members` leaves the part that says
nothing about anybody.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from shared.engine.learning.calibration import Calibration
from shared.engine.learning.features import Encoder
from shared.engine.learning.model import LearnedModel, Standing
from shared.engine.learning.rows import Real
from shared.engine.learning.schema import Family, Schema

FORMAT = 1
"""Raise by one when a stored model would be read differently."""


class StorageError(ValueError):
    """What is stored is no model of this format."""


def to_json(model: LearnedModel) -> str:
    """The model as one line of JSON: sorted keys, every number with all its digits."""
    encoder = model.encoder
    return json.dumps(
        {
            "format": FORMAT,
            "schema": asdict(encoder.schema),
            "trait_means": encoder.trait_means.tolist(),
            "trait_deviations": encoder.trait_deviations.tolist(),
            "column_means": encoder.column_means.tolist(),
            "column_deviations": encoder.column_deviations.tolist(),
            "coefficients": model.coefficients.tolist(),
            "variances": dict(model.variances),
            "standings": {member: list(standing) for member, standing in model.standings.items()},
            "gatherings": [[*key, *value] for key, value in sorted(model.gatherings.items())],
            "cold": list(model.cold),
            "warm": list(model.warm),
            "decisions": model.decisions,
        },
        sort_keys=True,
        allow_nan=False,
    )


def from_json(text: str) -> LearnedModel:
    """The model that `to_json` wrote; raises StorageError for anything else."""
    try:
        stored = json.loads(text)
        if not isinstance(stored, dict) or stored.get("format") != FORMAT:
            raise StorageError(f"the stored model is not of format {FORMAT}: fit it again")
        model = _read(stored)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError("the stored model cannot be read: fit it again") from None
    width = len(model.encoder.labels)
    arrays = (model.coefficients, model.encoder.column_means, model.encoder.column_deviations)
    if any(array.shape != (width,) for array in arrays):
        raise StorageError("the stored model does not fit its own schema: fit it again")
    return model


def version(model: LearnedModel) -> str:
    """Twelve hexadecimal digits that differ whenever a prediction could."""
    return hashlib.sha256(to_json(model).encode()).hexdigest()[:12]


def without_members(model: LearnedModel) -> LearnedModel:
    """The model in which everybody is new again."""
    return replace(model, standings={}, gatherings={})


def _read(stored: dict[str, Any]) -> LearnedModel:
    schema = stored["schema"]
    return LearnedModel(
        encoder=Encoder(
            Schema(
                families=tuple(
                    Family(**{**family, "columns": tuple(family["columns"])}) for family in schema["families"]
                ),
                pair=tuple(schema["pair"]),
                gaps=tuple(schema["gaps"]),
                same=tuple(schema["same"]),
                wishes=tuple((wish, has) for wish, has in schema["wishes"]),
            ),
            *(
                _reals(stored[name])
                for name in ("trait_means", "trait_deviations", "column_means", "column_deviations")
            ),
        ),
        coefficients=_reals(stored["coefficients"]),
        variances={name: float(value) for name, value in stored["variances"].items()},
        standings={member: Standing(*values) for member, values in stored["standings"].items()},
        gatherings={(group, side): (value, spread) for group, side, value, spread in stored["gatherings"]},
        cold=Calibration(*stored["cold"]),
        warm=Calibration(*stored["warm"]),
        decisions=int(stored["decisions"]),
    )


def _reals(values: Any) -> Real:
    return np.array(values, dtype=np.float64)
