"""How ready a pair is for somebody new: as ready as the less ready of the two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.engine import population
from shared.engine.columns import Members, given, numbers
from shared.engine.compiled import compiled
from shared.engine.part import Arrays, Part, Saying, personal


def _read(members: Members) -> Arrays:
    return members.read("readiness", numbers, 0, 100, 0.0), members.read("readiness", given)


@compiled
def _lower(
    readiness: npt.NDArray[np.float64],
    has_readiness: npt.NDArray[np.bool_],
    low: npt.NDArray[np.int32],
    high: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
) -> None:
    """0 to 100."""
    for pair in range(len(low)):
        i, j = low[pair], high[pair]
        if has_readiness[i] and has_readiness[j]:
            values[pair] = min(readiness[i], readiness[j])


PART = Part(
    name="readiness",
    switch="values",
    shares=personal(0.20),
    mean=53.4805,
    deviation=11.4497,
    columns={"readiness": lambda: [50]},
    read=_read,
    formula=_lower,
    population=population.answered("readiness"),
    sayings=personal(Saying("ready_together", "gentle_pace")),
)
