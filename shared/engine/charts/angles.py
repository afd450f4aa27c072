"""Ascendant and midheaven: the ecliptic on the eastern horizon and on the meridian."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.engine.charts.trigonometry import DEGREES, RADIANS, arctangent, sine_cosine
from shared.engine.compiled import compiled


@compiled
def ascendant_midheaven(meridian: float, latitude: float, obliquity: float) -> tuple[float, float]:
    """Degrees, 0 ≤ value < 360, from the sidereal angle of the meridian (RAMC) and two more in degrees.

    MC = atan2(sin R, cos R cos ε), ASC = atan2(cos R, −(sin R cos ε + tan φ sin ε)), here times cos φ,
    which is not negative, so that the poles (tan φ without limit) have their limit. Within the polar
    circles the formula may give the setting point; the ascendant is the one less than 180° past the MC.
    """
    sine, cosine = sine_cosine(meridian * RADIANS)
    tilt_sine, tilt_cosine = sine_cosine(obliquity * RADIANS)
    north, aside = sine_cosine(latitude * RADIANS)
    if abs(latitude) >= 90.0:
        aside = 0.0
    midheaven = arctangent(sine, cosine * tilt_cosine) * DEGREES
    ascendant = arctangent(cosine * aside, -(sine * tilt_cosine * aside + north * tilt_sine)) * DEGREES
    past = ascendant - midheaven
    if past < 0.0:
        past += 360.0
    if past > 180.0:
        ascendant += 180.0
    if ascendant >= 360.0:
        ascendant -= 360.0
    return ascendant, midheaven


def angles(
    meridian: NDArray[np.float64], latitude: NDArray[np.float64], obliquity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Ascendants and midheavens (n, 2), degrees; see `ascendant_midheaven`."""
    found = np.empty((len(meridian), 2))
    _angles(meridian, latitude, obliquity, found)
    return found


@compiled
def _angles(
    meridian: NDArray[np.float64],
    latitude: NDArray[np.float64],
    obliquity: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    for entry in range(len(meridian)):
        found[entry, 0], found[entry, 1] = ascendant_midheaven(
            meridian[entry], latitude[entry], obliquity[entry]
        )
