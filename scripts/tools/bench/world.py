"""A simulated world: one drawn community many times over, each copy moved across the map.

Copies are too far from each other to be one city, and near enough for reaches to cross from one to the next.
Of all members it is held where they are and how far they reach. Rows are made for one region at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.tools.bench.pools import copied_id
from shared.engine import Pool
from shared.engine.pool.pool import COLUMNS
from shared.places.grid import cell_centres, home_cell

_STEP = 2.0
"""Degrees between copies."""
_ROW = 10
"""Copies beside each other, before the next stand north of them."""
_ID, _CELL, _ZONE, _REACH = (COLUMNS.index(name) for name in ("id", "homeCell", "tz", "distanceKm"))
_USUAL_REACH = 100.0
"""Of who names no distance: on earth as it is, such members meet anywhere."""

Real = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class World:
    """Members are numbered copy by copy."""

    def __init__(self, rows: list[list[Any]], copies: int) -> None:
        """`rows` of one community, in the order of `COLUMNS`."""
        self._rows = [[*row[:_REACH], row[_REACH] or _USUAL_REACH, *row[_REACH + 1 :]] for row in rows]
        self._latitudes, self._longitudes = self._places()
        east, north = np.arange(copies) % _ROW * _STEP, np.arange(copies) // _ROW * _STEP
        self.latitudes: Real = np.minimum(north[:, None] + self._latitudes, 89.0).ravel()
        self.longitudes: Real = ((east[:, None] + self._longitudes + 180.0) % 360.0 - 180.0).ravel()
        self.reaches: Real = np.tile([float(row[_REACH]) for row in self._rows], copies)

    def _places(self) -> tuple[Real, Real]:
        """Where everybody lives; without a home cell, where somebody of their zone does."""
        near = {row[_ZONE]: row[_CELL] for row in self._rows if row[_CELL]}
        return cell_centres([row[_CELL] or near.get(row[_ZONE], home_cell(0, 0)) for row in self._rows])

    def load(self, numbers: Whole) -> tuple[Pool, Whole]:
        """The pool of these members, and the number at each of its positions."""
        rows = [self._row(number) for number in numbers.tolist()]
        number = {row[_ID]: at for row, at in zip(rows, numbers.tolist(), strict=True)}
        pool = Pool.parse({"members": {"columns": list(COLUMNS), "rows": rows}, "excluded": []})
        return pool, np.array([number[id_] for id_ in pool.ids], dtype=np.int64)

    def _row(self, number: int) -> list[Any]:
        copy, at = divmod(number, len(self._rows))
        row = self._rows[at].copy()
        row[_ID] = copied_id(row[_ID], copy)
        row[_ZONE] = f"{row[_ZONE]}/{copy}"
        if row[_CELL]:
            row[_CELL] = home_cell(float(self.latitudes[number]), float(self.longitudes[number]))
        return row
