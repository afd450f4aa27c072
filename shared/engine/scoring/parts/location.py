"""How near two members live to each other. Nothing is said of it: see `labels`."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from shared.engine import population
from shared.engine.columns import Members
from shared.engine.compiled import compiled
from shared.engine.features.places import NEAR_KM, unit_vectors_of_cells
from shared.engine.part import Arrays, Part, personal
from shared.places.grid import EARTH_RADIUS_KM

_NEAR = NEAR_KM / EARTH_RADIUS_KM


def _read(members: Members) -> Arrays:
    places, has_place = members.read("homeCell", unit_vectors_of_cells)
    return places, has_place


@compiled
def _closeness(
    places: npt.NDArray[np.float64],
    has_place: npt.NDArray[np.bool_],
    low: npt.NDArray[np.int32],
    high: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
) -> None:
    """1 in the same cell, falling in a straight line to 0 at `NEAR_KM`."""
    for pair in range(len(low)):
        i, j = low[pair], high[pair]
        if has_place[i] and has_place[j]:
            square = 0.0
            for axis in range(3):
                step = places[i, axis] - places[j, axis]
                square += step * step
            values[pair] = max(0.0, 1.0 - math.sqrt(square) / _NEAR)


PART = Part(
    name="location",
    switch="location",
    # A twentieth of the whole, beside six parts whose shares add up to 1. Members choose themselves which
    # distance they accept, so within it a nearer home only tips the balance.
    shares={**personal(0.05 / 0.85), "professional": 0.20},
    mean=0.5568,
    deviation=0.2261,
    columns={"homeCell": lambda: ["1425.1155"]},
    read=_read,
    formula=_closeness,
    population=population.places,
)
