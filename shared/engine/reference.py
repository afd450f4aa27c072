"""The constants that standardise the parts: `python -m shared.engine.reference` prints them.

A part's mean and deviation are those of its own formula over all pairs of each community of its reference
population, pooled over the communities. They are written down in the part's file; a test holds them equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.engine.compiled import across_cores
from shared.engine.part import Arrays, Part
from shared.engine.population import Real
from shared.engine.scoring.parts import PARTS

_AT_ONCE = 1 << 16
"""Pairs in one piece of work."""


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of a raw value over pairs."""

    mean: float
    deviation: float


def moments(part: Part) -> Moments:
    """The constants of a part, unrounded."""
    values = np.concatenate([raw_of_all(part, arrays) for arrays in part.population()])
    return Moments(float(values.mean()), float(values.std()))


def raw_of_all(part: Part, arrays: Arrays) -> Real:
    """The raw values of all pairs of these members that have what the part reads."""
    low, high = (side.astype(np.int32) for side in np.triu_indices(len(arrays[0]), 1))
    values = np.full(len(low), np.nan)

    def fill(start: int, stop: int) -> None:
        part.formula(*arrays, low[start:stop], high[start:stop], values[start:stop])

    across_cores(fill, len(low), _AT_ONCE)
    shared: Real = values[~np.isnan(values)]
    return shared


if __name__ == "__main__":
    for part in PARTS:
        found = moments(part)
        print(f"{part.name:14} mean {found.mean:9.4f}  deviation {found.deviation:9.4f}")
