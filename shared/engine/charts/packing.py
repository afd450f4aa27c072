"""Charts as short lists of whole numbers: what is stored, and all that scores are computed from.

An exact chart is its 24 longitudes in microdegrees. Of an uncertain one a few longitudes over its
interval are kept, through which polynomials pass, and what the turning of the Earth needs; `expand` gives
its 48 instants back. From these numbers on, arithmetic is the same on every machine.

    exact      1, natal × 13, design × 11
    uncertain  2, duration, block (seconds), meridian at the start, latitude, obliquity,
               natal × 37, design × 34

Longitudes stand in the order Sun, Moon, Mercury, Venus, Mars, Jupiter, Saturn, Uranus, Neptune, Pluto,
ascending node, ascendant, midheaven. An uncertain chart keeps five of the Moon and of the node, at equal
distances from the start of the interval to its end, and three of each other body; the design Sun, which
is 88° behind the natal one, is left out. The first longitude of a body is in 0..360°; those after it
follow it without a jump.

Farthest from the ephemeris, of 750 days at all latitudes to 66°: Mercury 1.4″, the ascendant 1.2″, a
planet whose light passes the Sun's limb 0.5″, the others 0.2″, the Moon 0.01″.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.engine.charts.angles import ascendant_midheaven
from shared.engine.charts.birth import INSTANTS
from shared.engine.charts.human_design import FULL_TURN
from shared.engine.compiled import across_cores, compiled

EXACT, UNCERTAIN = 1, 2
NATAL, DESIGN = 13, 11
EXACT_LENGTH = 1 + NATAL + DESIGN
NODES = (3, 5, 3, 3, 3, 3, 3, 3, 3, 3, 5)  # longitudes kept of each body
HEAD = 6
UNCERTAIN_LENGTH = HEAD + sum(NODES) + sum(NODES[1:])
MOST_NODES = 5

_NODES = np.array(NODES, dtype=np.int64)
_BEGIN = np.int64(HEAD)  # not plain `int`: numba would compile a version for each constant of its calls
_COUNTS = np.array((*NODES, *NODES[1:]))
_FIRSTS = HEAD + np.cumsum(_COUNTS) - _COUNTS  # where the longitudes of each body begin
_FIRST_OF = np.repeat(_FIRSTS, _COUNTS)
_SIDEREAL_RATE = 4178.074621886  # microdegrees the Earth turns against the equinox in a second: 360.9856…/day
_DESIGN_ARC = 88_000_000
_LONGEST = 4 * 86_400  # seconds: no interval comes near it
_FARTHEST = 120_000_000  # microdegrees: the Moon, in the longest interval, moves half of it
_AT_ONCE = 256  # charts in one piece of work


class Samples(NamedTuple):
    """Longitudes of charts at each instant, whole microdegrees, 0 ≤ value < 360,000,000."""

    natal: NDArray[np.int32]  # (charts, instants, 13)
    design: NDArray[np.int32]  # (charts, instants, 11)


def is_exact(packed: Sequence[int]) -> bool:
    """Whether a packed chart has one instant. Raises ValueError where it is neither kind of chart."""
    if len(packed) == EXACT_LENGTH and packed[0] == EXACT:
        return True
    if len(packed) == UNCERTAIN_LENGTH and packed[0] == UNCERTAIN:
        return False
    raise ValueError("not a packed chart: it begins with 1 and has 25 numbers, or with 2 and has 77")


def expand(packed: Sequence[Sequence[int]]) -> Samples:
    """The instants of charts of one kind: 1 of each exact chart, 48 of each uncertain one.

    Raises ValueError, with the position, for a chart of another kind, length or range.
    """
    if not len(packed):
        return Samples(np.empty((0, 1, NATAL), np.int32), np.empty((0, 1, DESIGN), np.int32))
    exact = _kind(packed[0], 0)
    length = EXACT_LENGTH if exact else UNCERTAIN_LENGTH
    try:
        numbers = np.array(packed)
    except (ValueError, OverflowError):
        numbers = np.empty(0)
    if numbers.shape != (len(packed), length) or numbers.dtype.kind not in "iu":
        _refuse_odd(packed, exact)
    numbers = np.ascontiguousarray(numbers, dtype=np.int64)
    _check(numbers, exact)
    if exact:
        longitudes = numbers[:, None, 1:].astype(np.int32)
        return Samples(
            np.ascontiguousarray(longitudes[..., :NATAL]), np.ascontiguousarray(longitudes[..., NATAL:])
        )
    natal = np.empty((len(packed), INSTANTS, NATAL), dtype=np.int32)
    design = np.empty((len(packed), INSTANTS, DESIGN), dtype=np.int32)
    across_cores(lambda first, last: _expand(numbers, natal, design, first, last), len(packed), _AT_ONCE)
    return Samples(natal, design)


def _kind(chart: Sequence[int], position: int) -> bool:
    try:
        return is_exact(chart)
    except (TypeError, ValueError):
        raise ValueError(f"chart {position} is not a packed chart; compute it again") from None


def _refuse_odd(packed: Sequence[Sequence[int]], exact: bool) -> None:
    """Raises ValueError for the first chart that is not like the first one."""
    for position, chart in enumerate(packed):
        if _kind(chart, position) != exact:
            raise ValueError(f"chart {position} is not of the kind of the first; expand each kind by itself")
        if not all(isinstance(number, int | np.integer) for number in chart):
            raise ValueError(f"chart {position} holds something else than whole numbers; compute it again")
    raise ValueError("a packed chart holds a number beyond 64 bits; compute it again")


def _check(numbers: NDArray[np.int64], exact: bool) -> None:
    """Raises ValueError for the first chart with a number out of range."""
    if exact:
        good = (numbers[:, 0] == EXACT) & ((numbers[:, 1:] >= 0) & (numbers[:, 1:] < FULL_TURN)).all(axis=1)
    else:
        duration, block, meridian, latitude, obliquity = numbers[:, 1:HEAD].T
        good = (numbers[:, 0] == UNCERTAIN) & (duration > 0) & (duration <= _LONGEST)
        good &= (block >= 0) & (block <= duration) & (meridian >= 0) & (meridian < FULL_TURN)
        good &= (abs(latitude) <= 90_000_000) & (obliquity > 23_000_000) & (obliquity < 24_000_000)
        good &= ((numbers[:, _FIRSTS] >= 0) & (numbers[:, _FIRSTS] < FULL_TURN)).all(axis=1)
        good &= (abs(numbers[:, HEAD:] - numbers[:, _FIRST_OF]) < _FARTHEST).all(axis=1)
    if not good.all():
        raise ValueError(f"chart {int(np.argmin(good))} holds a number out of range; compute it again")


def followed(longitudes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Degrees at the nodes (charts, 5, 11) as microdegrees without jumps, the first in 0..360°."""
    whole = to_microdegrees(longitudes)
    away = (np.diff(whole, axis=1) + FULL_TURN // 2) % FULL_TURN - FULL_TURN // 2
    whole[:, 1:] = whole[:, :1] + np.cumsum(away, axis=1)
    return whole


def to_microdegrees(degrees: NDArray[np.float64]) -> NDArray[np.int64]:
    """Degrees 0..360 as whole microdegrees, 0 ≤ value < 360,000,000."""
    return np.rint(degrees * 1e6).astype(np.int64) % FULL_TURN


def behind(design: NDArray[np.int64], natal: NDArray[np.int64]) -> NDArray[np.int64]:
    """The design longitudes with the Sun exactly 88° behind the natal one, as its moment was sought."""
    placed = design.copy()
    placed[:, 0] = (natal[:, 0] - _DESIGN_ARC) % FULL_TURN
    return placed


def pack_uncertain(
    head: NDArray[np.int64], natal: NDArray[np.int64], design: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rows of packed numbers from the heads (charts, 6) and `followed` longitudes (charts, 5, 11)."""
    columns = [head]
    for body, count in enumerate(NODES):
        columns.append(natal[:, :: 1 if count == MOST_NODES else 2, body])
    for body, count in enumerate(NODES[1:], start=1):
        columns.append(design[:, :: 1 if count == MOST_NODES else 2, body])
    return np.concatenate(columns, axis=1)


@compiled
def _expand(
    numbers: NDArray[np.int64], natal: NDArray[np.int32], design: NDArray[np.int32], first: int, last: int
) -> None:
    """Fills the instants of the charts first..last."""
    for chart in range(first, last):
        row = numbers[chart]
        duration, block = float(row[1]), float(row[2])
        latitude, obliquity = row[4] / 1e6, row[5] / 1e6
        for instant in range(INSTANTS):
            # Midpoints of equal parts: 24 of the first block, 24 of the last.
            half = INSTANTS // 2
            if instant < half:
                second = (2 * instant + 1) * block / INSTANTS
            else:
                second = duration - block + (2 * (instant - half) + 1) * block / INSTANTS
            x = second / duration
            at = _BEGIN
            for body in range(DESIGN):
                natal[chart, instant, body] = _between(row, at, _NODES[body], x)
                at += _NODES[body]
            design[chart, instant, 0] = (natal[chart, instant, 0] + FULL_TURN - _DESIGN_ARC) % FULL_TURN
            for body in range(1, DESIGN):
                design[chart, instant, body] = _between(row, at, _NODES[body], x)
                at += _NODES[body]
            meridian = (row[3] + _whole(second * _SIDEREAL_RATE)) % FULL_TURN
            ascendant, midheaven = ascendant_midheaven(meridian / 1e6, latitude, obliquity)
            natal[chart, instant, 11] = _whole(ascendant * 1e6) % FULL_TURN
            natal[chart, instant, 12] = _whole(midheaven * 1e6) % FULL_TURN


@compiled
def _between(row: NDArray[np.int64], at: np.int64, count: int, x: float) -> int:
    """Lagrange's polynomial through row[at], row[at + 1] … at equal distances, at x of 0..1."""
    start: int = row[at]
    if count == 3:
        middle, end = float(row[at + 1] - start), float(row[at + 2] - start)
        moved = 4.0 * x * (1.0 - x) * middle + x * (2.0 * x - 1.0) * end
    else:
        y = 4.0 * x
        a, b, c, d = y, y - 1.0, y - 2.0, y - 3.0
        e = y - 4.0
        moved = (
            a * c * d * e / -6.0 * (row[at + 1] - start)
            + a * b * d * e / 4.0 * (row[at + 2] - start)
            + a * b * c * e / -6.0 * (row[at + 3] - start)
            + a * b * c * d / 24.0 * (row[at + 4] - start)
        )
    return (start + _whole(moved)) % FULL_TURN


@compiled
def _whole(value: float) -> int:
    """The nearest whole number."""
    return floor(value + 0.5)
