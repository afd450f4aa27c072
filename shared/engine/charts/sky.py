"""Apparent longitudes: where the bodies are seen from the centre of the Earth, at many moments at once.

`skyfield-data` carries the JPL ephemeris DE421, so nothing is downloaded. `skyfield` reads it and brings
time scales, precession, nutation and aberration. Its own `observe().apparent()` takes ten times as long,
because it looks up each body several times and sums all 1,365 terms of nutation.
"""

from __future__ import annotations

import threading
from importlib.metadata import version
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from skyfield.api import load
from skyfield.constants import AU_KM, C_AUDAY
from skyfield.framelib import ecliptic_frame
from skyfield.functions import length_of
from skyfield.jpllib import SpiceKernel
from skyfield.nutationlib import iau2000b_radians, mean_obliquity
from skyfield.relativity import add_aberration

from shared.engine.compiled import across_cores

NAME = "de421"
# The moons of Mars move it by less than a metre, those of Jupiter by 0.1″: centres of mass stand for them.
BODIES = (
    *("sun", "moon", "mercury", "venus", "mars", "jupiter barycenter", "saturn barycenter"),
    *("uranus barycenter", "neptune barycenter", "pluto barycenter"),
)
J2000 = 2451545.0  # Julian date of 2000-01-01 12:00
J2000_UNIX = 946_728_000  # the same in seconds since 1970 UTC
DESIGN_ARC = 88.0  # degrees that the Sun moves from the design to the birth

_SUN_BENDS = 1.97412574336e-8  # 2GM/c², AU
_SUN_RADIUS = 696_000.0 / AU_KM
# The Sun's path, near enough to search a design: degrees, and degrees a day.
_PERIHELION, _ECCENTRICITY, _MEAN_SPEED, _PRECESSION = 282.8, 0.01671, 0.985647, 0.0000382
_AT_ONCE = 1024  # moments in one piece of work

Numbers = NDArray[np.float64]


class Skies(NamedTuple):
    """The sky at moments; degrees."""

    longitudes: Numbers  # (moments, 11): BODIES, then the Moon's ascending node; ecliptic and equinox of date
    sidereal: Numbers  # apparent sidereal time at Greenwich
    obliquity: Numbers  # true obliquity


_reading = threading.Lock()
_read: list[tuple[Any, Any]] = []


def source() -> str:
    """Name and version of everything that positions come from."""
    return f"{NAME} skyfield-data {version('skyfield-data')} skyfield {version('skyfield')}"


def days(seconds: Numbers | NDArray[np.int64]) -> Numbers:
    """Days of universal time from J2000, from seconds since 1970.

    Civil time is taken for UT1: before 1972 it was, since then it differs by less than 0.9 s, which is
    0.5″ of the Moon and 14″ of the ascendant, a twentieth of what a minute makes.
    """
    return (np.asarray(seconds, dtype=np.float64) - J2000_UNIX) / 86_400.0


def seconds(days: Numbers) -> Numbers:
    """Seconds since 1970, from days of universal time from J2000."""
    return days * 86_400.0 + J2000_UNIX


def skies(moments: Numbers) -> Skies:
    """The sky at days of universal time from J2000 (n), from 1899-07-29 to 2053-10-08."""
    if not len(moments):
        return Skies(np.empty((0, len(BODIES) + 1)), np.empty(0), np.empty(0))
    parts = across_cores(lambda first, last: _skies(moments[first:last]), len(moments), _AT_ONCE)
    return Skies(*map(np.concatenate, zip(*parts, strict=True)))


def designs(moments: Numbers, suns: Numbers) -> Numbers:
    """When the Sun stood DESIGN_ARC before its place `suns` (degrees) at `moments`; days as in `skies`."""
    parts = across_cores(
        lambda first, last: _designs(moments[first:last], suns[first:last]), len(moments), _AT_ONCE
    )
    return np.concatenate([np.empty(0), *parts])


def mean_nodes(moments: Numbers) -> Numbers:
    """The ascending node without the swings of the true one, degrees, at days as in `skies`.

    Chapront's polynomial (Meeus, Astronomical Algorithms, 47.7). Not part of a chart's scores.
    """
    earth = _Earth(moments)
    t = (earth.time.tdb - J2000) / 36_525.0
    node = 125.0445479 + (-1934.1362891 + (0.0020754 + (1 / 467_441 - t / 60_616_000) * t) * t) * t
    turned: Numbers = (node + np.degrees(earth.nutation[0])) % 360.0
    return turned


def _tables() -> tuple[Any, Any]:
    """The ephemeris and the time scale, opened by whichever thread asks first."""
    if not _read:
        with _reading:
            if not _read:
                # Not get_skyfield_data_path: it warns about a table of polar motion that nothing here uses.
                kernel = SpiceKernel(str(files("skyfield_data") / "data" / f"{NAME}.bsp"))
                _read.append((kernel, load.timescale(builtin=True)))
    return _read[0]


class _Earth:
    """The Earth at moments: time scales, nutation (radians), axes of date, place and motion."""

    def __init__(self, moments: Numbers) -> None:
        self.kernel, scale = _tables()
        self.time = scale.ut1_jd(J2000 + moments)
        # The 77 terms of IAU 2000B: within 0.002″ of IAU 2000A, which `skyfield` would take by itself.
        self.nutation = self.time._nutation_angles_radians = iau2000b_radians(self.time)
        self.axes = ecliptic_frame.rotation_at(self.time)[:2]
        self.place, self.motion = self.states(("earth",))

    def states(self, bodies: tuple[str, ...]) -> tuple[Numbers, Numbers]:
        """Places (AU) and motions (AU a day) from the centre of the solar system, (3, bodies, moments)."""
        states = [self.kernel[body].at(self.time) for body in bodies]
        places = np.stack([state.position.au for state in states], axis=1)
        return places, np.stack([state.velocity.au_per_d for state in states], axis=1)

    def flat(self, vectors: Numbers) -> Numbers:
        """The two coordinates in the plane of the true ecliptic of date, (2, bodies, moments)."""
        turned: Numbers = np.einsum("ijn,jbn->ibn", self.axes, vectors)
        return turned


def _skies(moments: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    earth = _Earth(moments)
    places, motions = earth.states(BODIES)
    x, y = earth.flat(_seen(earth, places, motions))
    moon, moves = (places - earth.place)[:, 1:2], (motions - earth.motion)[:, 1:2]
    # Where the Moon's orbit of the moment rises through the ecliptic: a quarter turn past its pole.
    across, along = earth.flat(np.cross(moon, moves, axis=0))
    turned = np.arctan2(np.concatenate([y, across]), np.concatenate([x, -along]))
    obliquity = mean_obliquity(earth.time.tdb) / 3600.0 + np.degrees(earth.nutation[1])
    return np.degrees(turned).T % 360.0, earth.time.gast * 15.0, obliquity


def _designs(moments: Numbers, suns: Numbers) -> Numbers:
    """Newton's method from Kepler's ellipse: of 0.1 days at first 10⁻⁶ are left, then 10⁻¹¹."""
    middle = np.cos(np.radians(suns - DESIGN_ARC / 2.0 - _PERIHELION))
    arc = DESIGN_ARC - np.degrees(4.0 * _ECCENTRICITY * np.sin(np.radians(DESIGN_ARC / 2.0))) * middle
    moments = moments - arc / _MEAN_SPEED
    for _ in range(2):
        earth = _Earth(moments)
        place, motion = earth.states(BODIES[:1])
        (x,), (y,) = earth.flat(_seen(earth, place, motion))
        (u,), (v,) = earth.flat(motion - earth.motion)
        speed = np.degrees((x * v - y * u) / (x * x + y * y)) + _PRECESSION
        past = np.degrees(np.arctan2(y, x)) - (suns - DESIGN_ARC)
        moments = moments - ((past + 180.0) % 360.0 - 180.0) / speed
    return moments


def _seen(earth: _Earth, places: Numbers, motions: Numbers) -> Numbers:
    """The directions (3, bodies, moments) in which bodies, the Sun first, are seen.

    Light shows a body where it was; on that way back each is taken to move in a straight line, which is
    wrong by 0.013″ of Mercury at most. Then the Sun bends the light, and the Earth's motion tilts it.
    """
    away = places - earth.place
    delay = length_of(away) / C_AUDAY
    for _ in range(2):
        delay = length_of(away - motions * delay) / C_AUDAY
    seen: Numbers = away - motions * delay
    seen[:, 1:] = _bent(seen[:, 1:], seen[:, :1])
    add_aberration(seen, np.broadcast_to(earth.motion, seen.shape), length_of(seen) / C_AUDAY)
    return seen


def _bent(seen: Numbers, sun: Numbers) -> Numbers:
    """The directions after the Sun, seen from the Earth at `sun`, has bent the light: 1.75″ at its limb.

    Nothing is seen through the Sun; there the bend is let fall to 0 at its centre instead of growing
    without limit, so that a planet behind the Sun has a longitude too. All in AU.
    """
    distance, from_earth = length_of(seen), length_of(sun)
    # Unit vectors: the light's from the Earth, the planet's from the Sun, the Earth's from the Sun.
    light, planet, earth = seen / distance, (seen - sun) / length_of(seen - sun), -sun / from_earth
    light_planet, planet_earth, earth_light = (
        (one * other).sum(axis=0) for one, other in ((light, planet), (planet, earth), (earth, light))
    )
    bend = _SUN_BENDS / from_earth / np.maximum(1.0 + planet_earth, 1e-12) * distance
    # The nearest the light came to the Sun's centre, in its radii.
    aside = from_earth * np.sqrt(np.maximum(0.0, 1.0 - earth_light**2)) / _SUN_RADIUS
    hidden = (earth_light < 0.0) & (light_planet > 0.0)
    bend *= np.where(hidden, np.minimum(aside, 1.0) ** 2, 1.0)
    bent: Numbers = seen + bend * (light_planet * earth - earth_light * planet)
    return bent
