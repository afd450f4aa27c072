"""How the Earth turns and tilts: time scales, sidereal time, and the ecliptic of date.

Precession and sidereal time after Capitaine, Wallace and Chapront (2003), nutation IAU 2000B; the
formulas are those of the IERS Conventions (2010), chapter 5.
"""

from __future__ import annotations

from math import floor

import numpy as np
from numpy.typing import NDArray

from shared.engine.charts.ephemeris import DELTA_T_STEP, FIRST_DAY, Tables
from shared.engine.charts.trigonometry import ARCSECONDS, TURN, sine_cosine
from shared.engine.compiled import compiled

CENTURY = 36_525.0  # days
DAY = 86_400.0  # seconds
TURN_ARCSECONDS = 1_296_000.0
# The directions of the ephemeris against the mean equator and equinox of J2000, arcseconds.
_BIAS_X, _BIAS_Y, _BIAS_Z = -0.0166170, -0.0068192, -0.01460
# Terms that IAU 2000B leaves out, on average, arcseconds.
_PLANETARY_LONGITUDE, _PLANETARY_OBLIQUITY = -0.000135, 0.000388


@compiled
def dynamical(tables: Tables, day: float) -> float:
    """TDB days from J2000 at `day` UT1 days from J2000. TDB stays within 0.002 s of TT: so does this."""
    at = (day - FIRST_DAY) / DELTA_T_STEP
    entry = min(max(int(at), 0), len(tables.delta_t) - 2)
    before, after = tables.delta_t[entry], tables.delta_t[entry + 1]
    ahead: float = before + (after - before) * (at - entry)
    return day + ahead / DAY


@compiled
def nutation(tables: Tables, day: float) -> tuple[float, float]:
    """Nutation in longitude and in obliquity, radians, at TDB days from J2000."""
    t = day / CENTURY
    moon = _fundamental(tables.fundamental[0], t)
    sun = _fundamental(tables.fundamental[1], t)
    latitude = _fundamental(tables.fundamental[2], t)
    elongation = _fundamental(tables.fundamental[3], t)
    node = _fundamental(tables.fundamental[4], t)
    longitude = obliquity = 0.0
    for term in range(tables.arguments.shape[0] - 1, -1, -1):  # the smallest first
        multiple = tables.arguments[term]
        angle = (
            multiple[0] * moon
            + multiple[1] * sun
            + multiple[2] * latitude
            + multiple[3] * elongation
            + multiple[4] * node
        )
        sine, cosine = sine_cosine(angle)
        of = tables.longitude[term]
        longitude += (of[0] + of[1] * t) * sine + of[2] * cosine
        of = tables.obliquity[term]
        obliquity += (of[0] + of[1] * t) * cosine + of[2] * sine
    return (
        (longitude * 1e-7 + _PLANETARY_LONGITUDE) * ARCSECONDS,
        (obliquity * 1e-7 + _PLANETARY_OBLIQUITY) * ARCSECONDS,
    )


@compiled
def _fundamental(powers: NDArray[np.float64], t: float) -> float:
    """A fundamental argument in radians, 0 ≤ result < TURN, from arcseconds per power of the centuries."""
    angle: float = powers[0] + (powers[1] + (powers[2] + (powers[3] + powers[4] * t) * t) * t) * t
    return (angle - floor(angle / TURN_ARCSECONDS) * TURN_ARCSECONDS) * ARCSECONDS


@compiled
def mean_obliquity(day: float) -> float:
    """Tilt of the mean equator against the ecliptic of date, radians."""
    t = day / CENTURY
    arcseconds: float = (
        84381.406
        + (-46.836769 + (-0.0001831 + (0.00200340 + (-0.000000576 - 0.0000000434 * t) * t) * t) * t) * t
    )
    return arcseconds * ARCSECONDS


@compiled
def mean_ecliptic(
    day: float,
) -> tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]:
    """Rows of the rotation from the ephemeris' axes to the mean ecliptic and equinox of date.

    Frame bias, then the four rotations of precession, then the tilt of date. Nutation only adds to
    longitudes in the ecliptic, so that the true longitude is the one in these axes plus nutation.
    """
    t = day / CENTURY
    psi = (5038.481507 + (-1.0790069 + (-0.00114045 + (0.000132851 - 0.0000000951 * t) * t) * t) * t) * t
    omega = (
        84381.406
        + (-0.025754 + (0.0512623 + (-0.00772503 + (-0.000000467 + 0.0000003337 * t) * t) * t) * t) * t
    )
    chi = (10.556403 + (-2.3814292 + (-0.00121197 + (0.000170663 - 0.0000000560 * t) * t) * t) * t) * t
    x = (1.0, _BIAS_Z * ARCSECONDS, -_BIAS_X * ARCSECONDS)
    y = (-_BIAS_Z * ARCSECONDS, 1.0, -_BIAS_Y * ARCSECONDS)
    z = (_BIAS_X * ARCSECONDS, _BIAS_Y * ARCSECONDS, 1.0)
    x, y, z = _about_x(84381.406 * ARCSECONDS, x, y, z)
    x, y, z = _about_z(-psi * ARCSECONDS, x, y, z)
    x, y, z = _about_x(-omega * ARCSECONDS, x, y, z)
    x, y, z = _about_z(chi * ARCSECONDS, x, y, z)
    return _about_x(mean_obliquity(day), x, y, z)


@compiled
def _about_x(
    angle: float,
    x: tuple[float, float, float],
    y: tuple[float, float, float],
    z: tuple[float, float, float],
) -> tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]:
    """Rows of the rotation, followed by a turn of the axes about the first."""
    s, c = sine_cosine(angle)
    return (
        x,
        (c * y[0] + s * z[0], c * y[1] + s * z[1], c * y[2] + s * z[2]),
        (c * z[0] - s * y[0], c * z[1] - s * y[1], c * z[2] - s * y[2]),
    )


@compiled
def _about_z(
    angle: float,
    x: tuple[float, float, float],
    y: tuple[float, float, float],
    z: tuple[float, float, float],
) -> tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]:
    """Rows of the rotation, followed by a turn of the axes about the third."""
    s, c = sine_cosine(angle)
    return (
        (c * x[0] + s * y[0], c * x[1] + s * y[1], c * x[2] + s * y[2]),
        (c * y[0] - s * x[0], c * y[1] - s * x[1], c * y[2] - s * x[2]),
        z,
    )


@compiled
def sidereal(ut1: float, tdb: float) -> float:
    """Greenwich mean sidereal time, radians, 0 ≤ result < TURN, from both days since J2000."""
    t = tdb / CENTURY
    turned = 0.7790572732640 + 0.00273781191135448 * ut1 + (ut1 - floor(ut1))
    precession = (
        0.014506
        + (4612.156534 + (1.3915817 + (-0.00000044 + (-0.000029956 - 0.0000000368 * t) * t) * t) * t) * t
    )
    turned += precession / TURN_ARCSECONDS
    return (turned - floor(turned)) * TURN
