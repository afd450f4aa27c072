"""Home cells: places rounded to a grid of about 10 km, and the distance between two of them.

A cell is written ``"ROW.COL"``. Rows are bands of 0.1 degrees of latitude, counted from the south
pole (0..1799). A row holds as many columns as keep its cells roughly square, so there are 3600 at
the equator and three beside a pole; columns are counted eastwards from longitude -180.

Distances are measured between the centres of cells, never between places. So a distance filter can
reveal the cell and nothing finer.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_KM = 6371.0088  # mean radius R1 of the earth (IUGG)
ROWS = 1800
ROWS_PER_DEGREE = 10
COLUMNS_AT_EQUATOR = 3600

_CELL = re.compile(r"\d{1,4}\.\d{1,4}", re.ASCII)


def home_cell(lat: float, lon: float) -> str:
    """The cell of a point; degrees, latitude -90..90, longitude -180..180.

    Raises ValueError outside these ranges and for NaN.

    >>> home_cell(52.52, 13.405), home_cell(52.53, 13.41)
    ('1425.1176', '1425.1176')
    """
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise ValueError("latitude must be within -90..90 and longitude within -180..180")
    row = min(max(math.floor((lat + 90.0) * ROWS_PER_DEGREE), 0), ROWS - 1)
    columns = _columns(row)
    # Longitude 180 is longitude -180: the remainder sends it to the first column.
    column = math.floor((lon + 180.0) / 360.0 * columns) % columns
    return f"{row}.{column}"


def cell_centre(cell: str) -> tuple[float, float]:
    """Latitude and longitude, in degrees, of the middle of a cell.

    Raises ValueError if the text is no cell of the grid.

    >>> [round(degrees, 3) for degrees in cell_centre("1425.1176")]
    [52.55, 13.486]
    """
    if not _CELL.fullmatch(cell):
        raise ValueError("a home cell is written ROW.COL")
    row, column = map(int, cell.split("."))
    if row >= ROWS or column >= _columns(row):
        raise ValueError("no such home cell")
    return _middle(row), (column + 0.5) / _columns(row) * 360.0 - 180.0


def distance_km(cell_a: str, cell_b: str) -> float:
    """Great-circle distance between the centres of two cells, in kilometres.

    Raises ValueError if either text is no cell of the grid.

    >>> round(distance_km(home_cell(52.52, 13.405), home_cell(53.55, 10.0)))  # Berlin to Hamburg
    262
    """
    lat_a, lon_a = map(math.radians, cell_centre(cell_a))
    lat_b, lon_b = map(math.radians, cell_centre(cell_b))
    chord = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2.0 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def cell_centres(cells: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes of the middles of many cells, two arrays as long as `cells`."""
    import numpy as np

    centres = np.array([_cached_centre(cell) for cell in cells], dtype=np.float64).reshape(-1, 2)
    return centres[:, 0], centres[:, 1]


def distances_km(
    lat_a: ArrayLike, lon_a: ArrayLike, lat_b: ArrayLike, lon_b: ArrayLike
) -> NDArray[np.float64]:
    """Great-circle distances in kilometres between points in degrees, element by element.

    The four arguments broadcast against each other as numpy arrays do.
    """
    # Importing numpy takes a tenth of a second, and the edge needs only the functions above.
    import numpy as np

    lat_a, lat_b = np.radians(lat_a), np.radians(lat_b)
    half_lon = np.radians(np.subtract(lon_b, lon_a)) / 2.0
    chord = np.sin((lat_b - lat_a) / 2.0) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin(half_lon) ** 2
    distances: NDArray[np.float64] = 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, chord)))
    return distances


def _middle(row: int) -> float:
    """Latitude of the middle of a row, degrees."""
    return (row + 0.5) / ROWS_PER_DEGREE - 90.0


def _columns(row: int) -> int:
    """How many columns a row holds, at least one."""
    return max(1, round(COLUMNS_AT_EQUATOR * math.cos(math.radians(_middle(row)))))


_cached_centre = lru_cache(maxsize=8192)(cell_centre)
