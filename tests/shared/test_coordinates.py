"""Coordinates as texts, and what is kept of a home."""

import math
import random

from shared.places.coordinates import coarse, read, written
from shared.places.grid import home_cell


def _points() -> list[tuple[float, float]]:
    rng = random.Random(11)
    poles = [
        (lat, lon) for lat in (-90.0, -89.999, 89.999, 90.0, 0.0) for lon in (-180.0, 179.999, 180.0, 0.0)
    ]
    return poles + [
        (round(math.degrees(math.asin(rng.uniform(-1, 1))), 3), round(rng.uniform(-180, 180), 3))
        for _ in range(3000)
    ]


def test_a_point_is_read_as_it_is_written() -> None:
    for point in _points():
        assert read(written(*point)) == point


def test_the_middle_of_a_cell_lies_in_it_and_is_its_own_middle_however_it_is_rounded() -> None:
    for point in _points():
        kept = read(written(*coarse(*point)))
        assert kept is not None
        assert home_cell(*kept) == home_cell(*point)
        assert written(*coarse(*kept)) == written(*coarse(*point))
