"""Longitudes against `observe().apparent()` with all terms of nutation, and against Swiss Ephemeris."""

import math
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.engine.charts import sky
from shared.engine.charts.angles import angles
from shared.engine.charts.sky import BODIES, _bent, _tables

# Swiss Ephemeris 2.10.03, file mode: Sun … Pluto, true node, ascendant, midheaven.
SWISS = {
    ("1953-10-27T07:10:28Z", 35.2717, -5.8919): (
        *(213.5751419, 97.1167279, 237.3451446, 190.7258527, 176.7037545, 86.2298809, 210.5632646),
        *(113.1030476, 203.9944833, 144.7917333, 298.0001064, 218.9398479, 134.6097587),
    ),
    ("1973-10-02T14:13:05Z", -39.8129, -76.2432): (
        *(189.2401212, 259.2403883, 209.6478581, 232.3014629, 38.0882439, 302.316378, 94.5558286),
        *(202.5348919, 245.2511073, 184.478276, 272.338931, 259.8527192, 145.9304593),
    ),
    ("2006-11-19T01:28:29Z", -18.7822, -88.8326): (
        *(236.5680217, 215.3987659, 219.1591762, 242.1675668, 228.0164216, 238.857481, 144.7996621),
        *(340.8097382, 317.1517263, 265.4703092, 353.5002111, 74.4452437, 350.4596829),
    ),
}


def apart(ours: NDArray[np.float64], theirs: Any) -> NDArray[np.float64]:
    """Distances of longitudes in arcseconds."""
    found: NDArray[np.float64] = np.abs((ours - np.asarray(theirs) + 180) % 360 - 180) * 3600
    return found


def day_of(text: str) -> float:
    return float(sky.days(np.array([datetime.fromisoformat(text).timestamp()]))[0])


def by_skyfield(moments: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes (moments, 11) and apparent sidereal time in degrees."""
    from skyfield.api import load
    from skyfield.framelib import ecliptic_frame
    from skyfield.jpllib import SpiceKernel

    kernel = SpiceKernel(str(files("skyfield_data") / "data" / "de421.bsp"))
    try:
        time = load.timescale(builtin=True).ut1_jd(2451545.0 + moments)
        earth = kernel["earth"].at(time)
        found = [
            earth.observe(kernel[body]).apparent().frame_latlon(ecliptic_frame)[1].degrees for body in BODIES
        ]
        moon = (kernel["moon"] - kernel["earth"]).at(time)
        place, motion = moon.frame_xyz_and_velocity(ecliptic_frame)
        pole = np.cross(place.au, motion.au_per_d, axis=0)
        found.append(np.degrees(np.arctan2(pole[0], -pole[1])) % 360)
        return np.array(found).T, time.gast * 15
    finally:
        kernel.close()


def test_skyfield_sees_the_same_within_a_fiftieth_of_an_arcsecond() -> None:
    moments = np.random.default_rng(4).uniform(-36_600, 18_700, 300)
    ours = sky.skies(moments)
    theirs, turned = by_skyfield(moments)
    # Light that passes the Sun's limb is bent by a different rule; 2″ there, far less elsewhere.
    assert np.median(apart(ours.longitudes, theirs)) < 0.002
    assert apart(ours.longitudes, theirs).max() < 0.02
    assert apart(ours.sidereal, turned).max() < 0.02


@pytest.mark.parametrize("chart", SWISS)
def test_swiss_ephemeris_sees_the_same_within_half_an_arcsecond(chart: tuple[str, float, float]) -> None:
    utc, lat, lon = chart
    seen = sky.skies(np.array([day_of(utc)]))
    turned = angles((seen.sidereal + lon) % 360, np.array([lat]), seen.obliquity)
    assert apart(np.concatenate([seen.longitudes[0], turned[0]]), SWISS[chart]).max() < 0.5


def test_the_equinox_and_the_solstice_of_2000() -> None:
    """2000-03-20 07:35 and 2000-06-21 01:48 UTC: US Naval Observatory, Earth's seasons."""
    suns = sky.skies(np.array([day_of("2000-03-20T07:35:00Z"), day_of("2000-06-21T01:48:00Z")])).longitudes
    # To the minute, in which the Sun moves 2.5″.
    assert apart(suns[:, 0], [0, 90]).max() < 2.5


def test_many_at_once_are_the_same_as_each_alone() -> None:
    moments = np.random.default_rng(5).uniform(-30_000, 18_000, 300)
    together = sky.skies(moments).longitudes
    alone = np.array([sky.skies(moments[[position]]).longitudes[0] for position in range(0, 300, 37)])
    # Sums over arrays of another length may differ in their last bit; a microdegree is 0.0036″.
    assert apart(together[::37], alone).max() < 1e-8


@pytest.mark.parametrize(
    ("radii", "bend"),
    [(4.0, 1.75 / 4), (2.0, 1.75 / 2), (1.0, 1.75), (0.5, 1.75 / 2), (0.1, 0.175), (0.0, 0.0)],
)
def test_the_sun_bends_light_most_at_its_limb(radii: float, bend: float) -> None:
    """1.75″ at the limb (Eddington 1919), falling outwards; behind the disc to 0 at its centre."""
    aside = radii * 696_000.0 / 149_597_870.7
    # A planet as far behind the Sun as light could graze; seen `radii` of the Sun from its centre.
    seen = np.array([1e4 * math.cos(aside), 1e4 * math.sin(aside), 0.0])
    x, y, _ = _bent(seen, np.array([1.0, 0.0, 0.0]))
    assert (math.atan2(y, x) - aside) * 206_264.8 == pytest.approx(bend, abs=0.01)


def test_mercury_passes_behind_the_sun_without_a_leap() -> None:
    """1989-11-10, 83″ from the centre of the disc; a point mass would move it by 20″."""
    moments = day_of("1989-11-10T18:00:00Z") + np.linspace(-1, 1, 400)
    steps = np.diff(sky.skies(moments).longitudes[:, 2]) * 3600
    assert np.abs(np.diff(steps)).max() < 0.05


def test_the_ephemeris_covers_every_design_chart() -> None:
    first, last = day_of("1899-12-31T00:00:00Z") - 93, day_of("2051-01-02T00:00:00Z")
    assert np.isfinite(sky.skies(np.array([first, last])).longitudes).all()


def test_civil_time_is_taken_for_universal_time() -> None:
    assert sky.days(np.array([datetime(2000, 1, 1, 12, tzinfo=UTC).timestamp()]))[0] == 0
    assert sky.seconds(np.array([1.0]))[0] == datetime(2000, 1, 2, 12, tzinfo=UTC).timestamp()


def test_design_moments_stand_88_degrees_before() -> None:
    births = np.random.default_rng(6).uniform(-36_500, 18_600, 500)
    suns = sky.skies(births).longitudes[:, 0]
    before = sky.designs(births, suns)
    assert apart(sky.skies(before).longitudes[:, 0], suns - 88).max() < 1e-5
    assert (births - before).min() > 86
    assert (births - before).max() < 93


def test_the_ephemeris_is_read_once_by_whichever_thread_comes_first() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as threads:
        read = list(threads.map(lambda _: _tables(), range(8)))
    assert all(one is read[0] for one in read)
