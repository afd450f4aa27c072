"""Where members live, as the engine sees it: centres of coarse grid cells on the unit sphere.

Comparing straight lines through the sphere is comparing distances along its surface, without the arc
cosine that is coarse between neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.engine.columns import PoolError
from shared.places.grid import EARTH_RADIUS_KM, cell_centre

NEAR_KM = 100.0
"""Closeness of two homes falls from 1 in the same grid cell to 0 at this distance."""


def square_chords(kilometres: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Squared straight lines through the unit sphere for ways along the earth's surface, in kilometres."""
    chords = {math.inf: math.inf}
    for way in kilometres.tolist():
        if way not in chords:
            chords[way] = 4.0 * math.sin(min(way / (2.0 * EARTH_RADIUS_KM), math.pi / 2.0)) ** 2
    return np.array([chords[way] for way in kilometres.tolist()], dtype=np.float64)


def unit_vectors_of_cells(
    name: str, cells: Sequence[Any]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Cell centres as unit vectors (members, 3), and where there is one. Raises `PoolError`.

    A text that is no cell of the grid counts as no cell: members reach that column, and nobody may stop
    everybody's run by it. Trigonometry runs once per cell and in scalars: vectorised sines may differ in
    the last bit between machines and array lengths, and a distance on the limit would then depend on the
    other members.
    """
    points: dict[str, tuple[float, float, float] | None] = {}
    places = np.zeros((len(cells), 3))
    has_place = np.zeros(len(cells), dtype=np.bool_)
    for at, cell in enumerate(cells):
        if cell is None:
            continue
        if not isinstance(cell, str):
            raise PoolError(f"{name}[{at}]: not a text")
        if cell not in points:
            points[cell] = _unit_vector(cell)
        point = points[cell]
        if point is not None:
            places[at], has_place[at] = point, True
    return places, has_place


def _unit_vector(cell: str) -> tuple[float, float, float] | None:
    try:
        latitude, longitude = map(math.radians, cell_centre(cell))
    except ValueError:
        return None
    flat = math.cos(latitude)
    return flat * math.cos(longitude), flat * math.sin(longitude), math.sin(latitude)
