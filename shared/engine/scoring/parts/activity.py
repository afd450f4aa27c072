"""How alike two members' pace is, in professional mode."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.engine import population
from shared.engine.columns import Members, given, numbers
from shared.engine.compiled import compiled
from shared.engine.part import Arrays, Part, Saying


def _read(members: Members) -> Arrays:
    return members.read("activity", numbers, 0, 100, 0.0), members.read("activity", given)


@compiled
def _alike(
    activity: npt.NDArray[np.float64],
    has_activity: npt.NDArray[np.bool_],
    low: npt.NDArray[np.int32],
    high: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
) -> None:
    """1 for the same activity (0 to 100), 0 for the farthest apart."""
    for pair in range(len(low)):
        i, j = low[pair], high[pair]
        if has_activity[i] and has_activity[j]:
            values[pair] = 1.0 - abs(activity[i] - activity[j]) / 100.0


PART = Part(
    name="activity",
    switch="values",
    shares={"professional": 0.10},
    mean=0.7419,
    deviation=0.1848,
    columns={"activity": lambda: [50]},
    read=_read,
    formula=_alike,
    population=population.activity,
    sayings={"professional": Saying("similar_pace", "gentle_pace")},
)
