"""Many moments at once: the kernels of `sky` over arrays, on every core."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.engine.charts.angles import ascendant_midheaven
from shared.engine.charts.design import design_moment
from shared.engine.charts.ephemeris import Tables, tables
from shared.engine.charts.sky import POINTS, mean_node, sky
from shared.engine.compiled import across_cores, compiled

J2000_UNIX = 946_728_000  # seconds since 1970 UTC at 2000-01-01 12:00
_AT_ONCE = 128  # moments in one piece of work


class Skies(NamedTuple):
    """The sky at moments; degrees."""

    longitudes: NDArray[np.float64]  # (moments, 11)
    sidereal: NDArray[np.float64]  # apparent sidereal time at Greenwich
    obliquity: NDArray[np.float64]  # true obliquity


def days(seconds: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
    """Days of universal time from J2000, from seconds since 1970.

    Civil time is taken for UT1: before 1972 it was, since then it differs by less than 0.9 s, which is
    0.5″ of the Moon and 14″ of the ascendant, a twentieth of what a minute makes.
    """
    return (np.asarray(seconds, dtype=np.float64) - J2000_UNIX) / 86_400.0


def seconds(days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds since 1970, from days of universal time from J2000."""
    return days * 86_400.0 + J2000_UNIX


def skies(moments: NDArray[np.float64]) -> Skies:
    """The sky at days of universal time from J2000 (n), which the ephemeris must cover."""
    read = tables()
    longitudes = np.empty((len(moments), POINTS))
    turning = np.empty((len(moments), 2))
    across_cores(
        lambda first, last: _skies(read, moments[first:last], longitudes[first:last], turning[first:last]),
        len(moments),
        _AT_ONCE,
    )
    return Skies(longitudes, turning[:, 0], turning[:, 1])


def designs(moments: NDArray[np.float64], suns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moments of the design charts of births at moments where the Sun stood at `suns` degrees."""
    read = tables()
    found = np.empty(len(moments))
    places = np.ascontiguousarray(suns)  # a column of a table would be compiled for once more
    across_cores(
        lambda first, last: _designs(read, moments[first:last], places[first:last], found[first:last]),
        len(moments),
        _AT_ONCE,
    )
    return found


def mean_nodes(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean ascending nodes, degrees, at days of universal time from J2000."""
    found = np.empty(len(moments))
    _mean_nodes(tables(), moments, found)
    return found


def angles(
    meridian: NDArray[np.float64], latitude: NDArray[np.float64], obliquity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Ascendants and midheavens (n, 2), degrees; see `ascendant_midheaven`."""
    found = np.empty((len(meridian), 2))
    _angles(meridian, latitude, obliquity, found)
    return found


@compiled
def _skies(
    tables: Tables,
    moments: NDArray[np.float64],
    longitudes: NDArray[np.float64],
    turning: NDArray[np.float64],
) -> None:
    for entry in range(len(moments)):
        turning[entry, 0], turning[entry, 1] = sky(tables, moments[entry], longitudes[entry])


@compiled
def _designs(
    tables: Tables,
    moments: NDArray[np.float64],
    suns: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    for entry in range(len(moments)):
        found[entry] = design_moment(tables, moments[entry], suns[entry])


@compiled
def _mean_nodes(tables: Tables, moments: NDArray[np.float64], found: NDArray[np.float64]) -> None:
    for entry in range(len(moments)):
        found[entry] = mean_node(tables, moments[entry])


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
