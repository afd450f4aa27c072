"""Home cells and the distances between them."""

import math

import numpy as np
import pytest

from shared.places.grid import (
    COLUMNS_AT_EQUATOR,
    ROWS,
    cell_centre,
    cell_centres,
    distance_km,
    distances_km,
    home_cell,
)


def columns(row: int) -> int:
    """The rule of the grid, written a second time."""
    return max(1, round(3600 * math.cos(math.radians((row + 0.5) / 10 - 90))))


@pytest.mark.parametrize(
    ("lat", "lon", "cell"),
    [
        (0.0, 0.0, "900.1800"),
        (-0.0001, 0.0, "899.1800"),
        (52.52437, 13.41053, "1425.1176"),
        (-90.0, -180.0, "0.0"),
        (-90.0, 179.9, "0.2"),
        (90.0, 0.0, "1799.1"),
        (0.05, -180.0, "900.0"),
        (0.05, 180.0, "900.0"),
        (0.05, 179.9999, "900.3599"),
    ],
)
def test_points_fall_into_their_cells(lat: float, lon: float, cell: str) -> None:
    assert home_cell(lat, lon) == cell


def test_the_centre_of_every_cell_of_a_row_lies_in_that_cell() -> None:
    for row in (0, 1, 2, 450, 899, 900, 1425, 1798, ROWS - 1):
        for column in range(columns(row)):
            assert home_cell(*cell_centre(f"{row}.{column}")) == f"{row}.{column}"


def test_a_point_is_at_most_eight_kilometres_from_the_centre_of_its_cell() -> None:
    """Half the diagonal of a cell of about 11 by 11 km; beside the poles cells are wider."""
    rng = np.random.default_rng(1)
    lat = np.degrees(np.arcsin(rng.uniform(-0.999, 0.999, 3000)))
    lon = rng.uniform(-180, 180, 3000)
    centre_lat, centre_lon = cell_centres([home_cell(*point) for point in zip(lat, lon, strict=True)])
    assert distances_km(lat, lon, centre_lat, centre_lon).max() < 8.0


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(90.1, 0), (-90.1, 0), (0, 180.1), (0, -180.1), (math.nan, 0), (0, math.nan), (math.inf, 0)],
)
def test_points_off_the_earth_are_refused(lat: float, lon: float) -> None:
    with pytest.raises(ValueError, match="latitude"):
        home_cell(lat, lon)


@pytest.mark.parametrize(
    "cell", ["", "1", "1.", ".1", "1.2.3", "-1.0", "1800.0", "0.3", "900.3600", "٩.1", "1.1\n"]
)
def test_texts_that_are_no_cells_are_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="cell"):
        cell_centre(cell)


def test_distance_is_symmetric_and_nothing_within_a_cell() -> None:
    berlin, munich = home_cell(52.52437, 13.41053), home_cell(48.13743, 11.57549)
    assert distance_km(berlin, berlin) == 0.0
    assert distance_km(berlin, munich) == distance_km(munich, berlin)
    assert distance_km(berlin, munich) == pytest.approx(504, abs=12)  # 504 km as the crow flies


def test_neighbours_across_the_antimeridian_are_near() -> None:
    assert distance_km("900.0", f"900.{COLUMNS_AT_EQUATOR - 1}") == pytest.approx(11.12, abs=0.01)


def test_cells_around_a_pole_are_near_and_the_poles_are_half_the_earth_apart() -> None:
    assert distance_km("1799.0", "1799.2") < 12.0
    assert distance_km("0.0", "0.1") < 12.0
    assert distance_km("0.0", "1799.0") == pytest.approx(math.pi * 6371.0088, rel=1e-3)


def test_many_distances_agree_with_one_at_a_time() -> None:
    rng = np.random.default_rng(2)
    points = zip(rng.uniform(-90, 90, 40), rng.uniform(-180, 180, 40), strict=True)
    cells = [home_cell(*point) for point in points]
    lat, lon = cell_centres(cells)
    matrix = distances_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    assert matrix.shape == (40, 40)
    one_by_one = [[distance_km(a, b) for b in cells] for a in cells]
    np.testing.assert_allclose(matrix, one_by_one, rtol=1e-9, atol=1e-6)


def test_no_cells_have_no_centres() -> None:
    lat, lon = cell_centres([])
    assert lat.shape == lon.shape == (0,)
