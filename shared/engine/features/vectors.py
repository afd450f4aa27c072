"""Unit vectors of members, and how alike two of them are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.engine.columns import Members, given, unit_vectors
from shared.engine.compiled import compiled

DIMENSIONS = 16
"""Of each vector, as the database fixes it."""
EXAMPLE = [1.0] * DIMENSIONS


def read_vectors(members: Members, column: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """(members, `DIMENSIONS`) unit vectors, zeros where absent, and where there is one."""
    return members.read(column, unit_vectors, DIMENSIONS), members.read(column, given)


@compiled
def cosines(
    vectors: npt.NDArray[np.float64],
    has_vector: npt.NDArray[np.bool_],
    low: npt.NDArray[np.int32],
    high: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
) -> None:
    """A formula as `shared.engine.part.Part` takes it: -1 to 1."""
    for pair in range(len(low)):
        i, j = low[pair], high[pair]
        if has_vector[i] and has_vector[j]:
            cosine = 0.0
            for dimension in range(vectors.shape[1]):
                cosine += vectors[i, dimension] * vectors[j, dimension]
            values[pair] = cosine
