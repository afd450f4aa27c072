"""Apparent longitudes: where the bodies are seen from the centre of the Earth.

The light of a body shows where it was when the light left; the Sun bends it, and the motion of the Earth
tilts it. The same steps as `skyfield`'s `observe().apparent()`, for one moment in one compiled function.
"""

from __future__ import annotations

from math import floor, sqrt

import numpy as np
from numpy.typing import NDArray

from shared.engine.charts.earth import dynamical, mean_ecliptic, mean_obliquity, nutation, sidereal
from shared.engine.charts.ephemeris import EARTH, EARTH_AND_MOON, MOON, SUN, Tables, state
from shared.engine.charts.trigonometry import DEGREES, TURN, arctangent, sine_cosine
from shared.engine.compiled import compiled

NODE = 10  # the columns of a chart: ten bodies, then the Moon's ascending node
POINTS = 11

LIGHT = 299_792.458 * 86_400.0  # km per day
_SUN_BENDS = 2.0 * 1.32712440017987e11 * 86_400.0**2 / LIGHT**2  # 2GM/c², km
_SUN_RADIUS = 696_000.0  # km

Vector = tuple[float, float, float]


@compiled
def sky(tables: Tables, ut1: float, longitudes: NDArray[np.float64]) -> tuple[float, float]:
    """Fills the POINTS longitudes (degrees, 0 ≤ value < 360, true ecliptic and equinox of date).

    `ut1` counts days from J2000. Returns what the angles of a place need: apparent sidereal time at
    Greenwich and the true obliquity, both in degrees.
    """
    day = dynamical(tables, ut1)
    in_longitude, in_obliquity = nutation(tables, day)
    rows = mean_ecliptic(day)
    x, y, z, u, v, w = state(tables, EARTH_AND_MOON, day)
    ex, ey, ez, eu, ev, ew = state(tables, EARTH, day)
    place, motion = (x + ex, y + ey, z + ez), (u + eu, v + ev, w + ew)
    sx, sy, sz, _, _, _ = state(tables, SUN, day)
    sun_place = (sx - place[0], sy - place[1], sz - place[2])
    for body in range(10):
        away = (0.0, 0.0, 0.0)
        distance = 0.0
        delay = 0.0
        for _ in range(3):  # Mercury, the fastest: 0.0001 of the error is left each time
            px, py, pz, _, _, _ = state(tables, body, day - delay)
            if body == MOON:  # told from the centre of the Earth and the Moon, which moved on since
                px, py, pz = px + x - u * delay, py + y - v * delay, pz + z - w * delay
            away = (px - place[0], py - place[1], pz - place[2])
            distance = sqrt(away[0] * away[0] + away[1] * away[1] + away[2] * away[2])
            delay = distance / LIGHT
        if body != SUN:
            away = _bent(away, distance, sun_place)
        longitudes[body] = _longitude(_aberrated(away, motion), rows, in_longitude)
    mx, my, mz, mu, mv, mw = state(tables, MOON, day)
    longitudes[NODE] = _node((mx - ex, my - ey, mz - ez), (mu - eu, mv - ev, mw - ew), rows, in_longitude)
    tilt = mean_obliquity(day)
    turned = sidereal(ut1, day) + in_longitude * sine_cosine(tilt)[1]
    return (turned - floor(turned / TURN) * TURN) * DEGREES, (tilt + in_obliquity) * DEGREES


@compiled
def apparent_sun(tables: Tables, day: float, in_longitude: float) -> float:
    """The Sun's longitude alone, as `sky` gives it, at TDB days from J2000 with that nutation (radians)."""
    x, y, z, u, v, w = state(tables, EARTH_AND_MOON, day)
    ex, ey, ez, eu, ev, ew = state(tables, EARTH, day)
    x, y, z = x + ex, y + ey, z + ez
    away = (0.0, 0.0, 0.0)
    delay = 0.0
    for _ in range(3):
        px, py, pz, _, _, _ = state(tables, SUN, day - delay)
        away = (px - x, py - y, pz - z)
        delay = sqrt(away[0] * away[0] + away[1] * away[1] + away[2] * away[2]) / LIGHT
    return _longitude(_aberrated(away, (u + eu, v + ev, w + ew)), mean_ecliptic(day), in_longitude)


@compiled
def _bent(seen: Vector, distance: float, sun: Vector) -> Vector:
    """The direction after the Sun, seen from the Earth at `sun` (km), has bent the light: 1.75″ at its limb.

    Nothing is seen through the Sun; there the bend is let fall to 0 at its centre instead of growing
    without limit, so that a planet behind the Sun has a longitude too.
    """
    from_earth = sqrt(sun[0] * sun[0] + sun[1] * sun[1] + sun[2] * sun[2])
    qx, qy, qz = seen[0] - sun[0], seen[1] - sun[1], seen[2] - sun[2]
    from_sun = sqrt(qx * qx + qy * qy + qz * qz)
    # Unit vectors: the light's from the Earth, the planet's from the Sun, the Earth's from the Sun.
    ex, ey, ez = seen[0] / distance, seen[1] / distance, seen[2] / distance
    qx, qy, qz = qx / from_sun, qy / from_sun, qz / from_sun
    sx, sy, sz = -sun[0] / from_earth, -sun[1] / from_earth, -sun[2] / from_earth
    light_planet = ex * qx + ey * qy + ez * qz
    planet_earth = qx * sx + qy * sy + qz * sz
    earth_light = sx * ex + sy * ey + sz * ez
    if planet_earth < -0.999_999_999_999:
        return seen
    bend = _SUN_BENDS / from_earth / (1.0 + planet_earth) * distance
    # The nearest the light came to the Sun's centre, in its radii.
    aside = from_earth * sqrt(max(0.0, 1.0 - earth_light * earth_light)) / _SUN_RADIUS
    if earth_light < 0.0 and light_planet > 0.0 and aside < 1.0:
        bend *= aside * aside
    return (
        seen[0] + bend * (light_planet * sx - earth_light * qx),
        seen[1] + bend * (light_planet * sy - earth_light * qy),
        seen[2] + bend * (light_planet * sz - earth_light * qz),
    )


@compiled
def _aberrated(seen: Vector, motion: Vector) -> Vector:
    """The direction a moving Earth (km per day) sees, after the theory of relativity."""
    u, v, w = motion[0] / LIGHT, motion[1] / LIGHT, motion[2] / LIGHT
    distance = sqrt(seen[0] * seen[0] + seen[1] * seen[1] + seen[2] * seen[2])
    slower = sqrt(1.0 - (u * u + v * v + w * w))
    along = distance + (seen[0] * u + seen[1] * v + seen[2] * w) / (1.0 + slower)
    return seen[0] * slower + along * u, seen[1] * slower + along * v, seen[2] * slower + along * w


@compiled
def _node(moon: Vector, motion: Vector, rows: tuple[Vector, Vector, Vector], in_longitude: float) -> float:
    """Where the Moon's orbit of the moment (r × v) rises through the ecliptic, degrees."""
    pole = (
        moon[1] * motion[2] - moon[2] * motion[1],
        moon[2] * motion[0] - moon[0] * motion[2],
        moon[0] * motion[1] - moon[1] * motion[0],
    )
    across = rows[0][0] * pole[0] + rows[0][1] * pole[1] + rows[0][2] * pole[2]
    along = rows[1][0] * pole[0] + rows[1][1] * pole[1] + rows[1][2] * pole[2]
    return _degrees(arctangent(across, -along) + in_longitude)


@compiled
def mean_node(tables: Tables, ut1: float) -> float:
    """The ascending node without the swings of the true one, degrees, true equinox of date.

    Chapront's polynomial (Meeus, Astronomical Algorithms, 47.7). Not part of a chart's scores.
    """
    day = dynamical(tables, ut1)
    t = day / 36_525.0
    node = 125.0445479 + (-1934.1362891 + (0.0020754 + (1 / 467_441 - t / 60_616_000) * t) * t) * t
    node += nutation(tables, day)[0] * DEGREES
    return node - floor(node / 360.0) * 360.0


@compiled
def _longitude(seen: Vector, rows: tuple[Vector, Vector, Vector], in_longitude: float) -> float:
    """Degrees in the true ecliptic of date."""
    x = rows[0][0] * seen[0] + rows[0][1] * seen[1] + rows[0][2] * seen[2]
    y = rows[1][0] * seen[0] + rows[1][1] * seen[1] + rows[1][2] * seen[2]
    return _degrees(arctangent(y, x) + in_longitude)


@compiled
def _degrees(angle: float) -> float:
    """Radians around 0..TURN as degrees, 0 ≤ result < 360."""
    turned = angle / TURN
    degrees = (turned - floor(turned)) * 360.0
    return degrees if degrees < 360.0 else 0.0
