"""Ascendant and midheaven, the polar rule and the poles themselves."""

import math

import numpy as np
import pytest

from shared.engine.charts.angles import ascendant_midheaven

TILT = 23.44


def height(longitude: float, meridian: float, latitude: float) -> float:
    """Sine of the height above the horizon of a point of the ecliptic."""
    along = math.radians(longitude)
    tilt, north, turned = math.radians(TILT), math.radians(latitude), math.radians(meridian)
    x, y, z = math.cos(along), math.sin(along) * math.cos(tilt), math.sin(along) * math.sin(tilt)
    return math.cos(north) * (x * math.cos(turned) + y * math.sin(turned)) + math.sin(north) * z


def eastward(longitude: float, meridian: float) -> float:
    """How far east of the meridian a point of the ecliptic stands."""
    along, tilt, turned = math.radians(longitude), math.radians(TILT), math.radians(meridian)
    return math.sin(along) * math.cos(tilt) * math.cos(turned) - math.cos(along) * math.sin(turned)


@pytest.mark.parametrize("latitude", [-89.9, -66.0, -40.0, 0.0, 23.44, 52.5, 66.0, 70.0, 89.9])
def test_the_ascendant_lies_on_the_horizon_and_the_midheaven_on_the_meridian(latitude: float) -> None:
    for meridian in range(0, 360, 7):
        ascendant, midheaven = ascendant_midheaven(float(meridian), latitude, TILT)
        assert abs(height(ascendant, meridian, latitude)) < 1e-12
        assert abs(eastward(midheaven, meridian)) < 1e-12
        assert (ascendant - midheaven) % 360 <= 180
        assert eastward(ascendant, meridian) > 0


def test_within_the_polar_circle_the_formula_alone_would_give_the_western_point() -> None:
    turned = 0
    for meridian in range(0, 360):
        ascendant, _ = ascendant_midheaven(float(meridian), 75.0, TILT)
        sine, cosine = math.sin(math.radians(meridian)), math.cos(math.radians(meridian))
        tilt, north = math.radians(TILT), math.radians(75.0)
        alone = math.atan2(cosine, -(sine * math.cos(tilt) + math.tan(north) * math.sin(tilt)))
        turned += abs(math.remainder(ascendant - math.degrees(alone), 360)) > 90
    assert 0 < turned < 180


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_at_the_poles_the_horizon_is_the_equator(pole: float) -> None:
    for meridian in (0.0, 45.0, 90.0, 180.0, 270.0, 359.999):
        ascendant, midheaven = ascendant_midheaven(meridian, pole, TILT)
        assert min(ascendant % 180, 180 - ascendant % 180) < 1e-9
        assert 0 <= ascendant < 360
        assert 0 <= midheaven < 360


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_near_a_pole_the_angles_go_towards_those_at_the_pole(side: float) -> None:
    for meridian in (10.0, 100.0, 200.0, 300.0):
        near, at = (ascendant_midheaven(meridian, side * lat, TILT)[0] for lat in (89.999999, 90.0))
        assert abs(math.remainder(near - at, 360)) < 1e-4


def test_where_the_ecliptic_is_the_horizon_there_is_still_a_result() -> None:
    ascendant, midheaven = ascendant_midheaven(270.0, 90 - TILT, TILT)
    assert np.isfinite([ascendant, midheaven]).all()
    assert midheaven == pytest.approx(270)
