"""Aspects: angles between two points of the zodiac that count, and compiled sums of them over two charts.

An aspect counts most where it is exact and falls to nothing at its orb, linearly. Sums are made of whole
numbers: neither the order of terms nor the machine plays a part in them. How much two points count stands in
`synastry` and comes in as tables (2, 13, 13): what an exact conjunction of them is worth, and what any other
aspect of them is multiplied by.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import compiled
from shared.engine.features.interpolation import DEGREE, LINES, PLACES, POINTS, WEIGHT

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Real = npt.NDArray[np.float64]

TURN = 360_000_000


class Aspect(NamedTuple):
    """`angle` and `orb` in degrees; what it is worth when exact, as a decimal."""

    angle: int
    orb: int
    worth: str


CONJUNCTION = Aspect(0, 8, "1")
"""Worth what the two points make of it."""
SEXTILE = Aspect(60, 6, "0.6")
SQUARE = Aspect(90, 6, "-0.7")
TRINE = Aspect(120, 8, "0.9")
OPPOSITION = Aspect(180, 8, "-0.5")
OTHERS = (SEXTILE, SQUARE, TRINE, OPPOSITION)

TABLES: Mapping[str, object] = MappingProxyType(
    {"conjunction": list(CONJUNCTION), "others": [list(aspect) for aspect in OTHERS]}
)

# What an aspect loses per degree, times the smallest number that makes all of these whole.
_LOSSES = [Fraction(aspect.worth) / aspect.orb for aspect in (CONJUNCTION, *OTHERS)]
SCALE = lcm(*(loss.denominator for loss in _LOSSES))
_NEAR, _SEXTILE, _SQUARE, _TRINE, _OPPOSITION = (int(loss * SCALE) for loss in _LOSSES)
UNIT = SCALE * DEGREE
"""`exact_sum` is the value in the numbers of its table times this."""
SPREAD_UNIT = float(SCALE * WEIGHT) * WEIGHT
"""`spread_sum` is the value in the numbers of its table times this."""


def _curves() -> Whole:
    """(2, 361): conjunction and other aspects on whole degrees of the circle, times SCALE."""
    values = np.zeros((2, LINES + 1), dtype=np.int64)
    for degree in range(LINES + 1):
        angle = min(degree, LINES - degree)
        for kind, aspects in enumerate(((CONJUNCTION,), OTHERS)):
            for aspect in aspects:
                loss = Fraction(aspect.worth) / aspect.orb
                values[kind, degree] += int(loss * SCALE) * max(0, aspect.orb - abs(angle - aspect.angle))
    return values


_CURVES = _curves()
_TURNS = np.roll(_CURVES[:, :-1], -1, 1) - 2 * _CURVES[:, :-1] + np.roll(_CURVES[:, :-1], 1, 1)
_KINDS, _LINES = np.nonzero(_TURNS)


def bends(pairs: Numbers) -> tuple[Whole, Numbers]:
    """Where the two curves change their slope: on which lines (bends), and by how much times what each two
    points count (bends, points, PLACES)."""
    by = np.zeros((len(_LINES), len(POINTS), PLACES), dtype=np.int32)
    by[:, :, : len(POINTS)] = _TURNS[_KINDS, _LINES, None, None] * pairs[_KINDS]
    return _LINES.astype(np.int64), by


@compiled
def _distance(one: np.int32, other: np.int32) -> np.int32:
    """The angle between two points, up to half a turn."""
    apart = np.int32(abs(np.int32(one - other)))
    return np.int32(min(apart, np.int32(TURN - apart)))


@compiled
def _within(apart: np.int32, angle: int, orb: int) -> np.int32:
    """How far inside the orb (degrees) of the angle, microdegrees; 0 outside."""
    away = np.int32(abs(np.int32(apart - np.int32(angle * DEGREE))))
    return np.int32(max(np.int32(0), np.int32(np.int32(orb * DEGREE) - away)))


@compiled
def _worth(conjunction: int, others: int, one: np.int32, other: np.int32) -> int:
    """What two points have between them, times UNIT: an exact conjunction of them counts `conjunction`, any
    other aspect is multiplied by `others`.

    No branches and 32 bits wherever they suffice, so that the processor does several points at once.
    """
    apart = _distance(one, other)
    near = np.int32(_NEAR * _within(apart, 0, CONJUNCTION.orb))
    far = np.int32(_SEXTILE * _within(apart, SEXTILE.angle, SEXTILE.orb))
    far = np.int32(far + _SQUARE * _within(apart, SQUARE.angle, SQUARE.orb))
    far = np.int32(far + _TRINE * _within(apart, TRINE.angle, TRINE.orb))
    far = np.int32(far + _OPPOSITION * _within(apart, OPPOSITION.angle, OPPOSITION.orb))
    return conjunction * int(near) + others * int(far)


@compiled
def exact_sum(pairs: Numbers, one: Numbers, other: Numbers) -> int:
    """The sum over all pairs of points of two charts (13 longitudes each, microdegrees), times UNIT."""
    total = 0
    for a in range(13):
        for b in range(13):
            total += _worth(int(pairs[0, a, b]), int(pairs[1, a, b]), one[a], other[b])
    return total


@compiled
def farthest(point: Numbers) -> np.int32:
    """How far a point is, at any of its instants, from where it is at the first."""
    found = np.int32(0)
    for instant in range(len(point)):
        found = np.int32(max(found, _distance(point[instant], point[0])))
    return found


@compiled
def add_counts(
    pairs: Numbers, a: int, b: int, one: Numbers, other: Numbers, moved: int, total: Whole
) -> None:
    """Add to `total` what point a of one chart and point b of the other have between them at each instant.

    The angle between them is never farther than `moved` from that at the first instant. Where no aspect is
    so near, nothing is looked at.
    """
    first = _distance(one[0], other[0])
    conjunction, others = int(pairs[0, a, b]), int(pairs[1, a, b])
    near = abs(first - CONJUNCTION.angle * DEGREE) < CONJUNCTION.orb * DEGREE + moved
    near = near or abs(first - SEXTILE.angle * DEGREE) < SEXTILE.orb * DEGREE + moved
    near = near or abs(first - SQUARE.angle * DEGREE) < SQUARE.orb * DEGREE + moved
    near = near or abs(first - TRINE.angle * DEGREE) < TRINE.orb * DEGREE + moved
    near = near or abs(first - OPPOSITION.angle * DEGREE) < OPPOSITION.orb * DEGREE + moved
    if near and (conjunction != 0 or others != 0):
        for instant in range(len(one)):
            total[instant] += _worth(conjunction, others, one[instant], other[instant])


@compiled
def spread(pairs: Numbers, lines: Whole, by: Numbers, entries: Numbers, work: Whole, table: Real) -> None:
    """Fills table (LINES, PLACES): the sum of all aspects that a point of another chart has on a line with
    this chart, given by its hats (entries, 2). `lines` and `by` are the `bends` of `pairs`.

    As a function of the line that sum is made of straight pieces: its changes of slope are collected, which
    are few, and added up twice. Whole numbers up to the last step, `work` (LINES, PLACES) holds them.
    """
    work[:] = 0
    # Not the constant: of a loop of known length the compiler makes single steps instead of wide ones.
    places = work.shape[1]
    value = np.zeros(places, dtype=np.int64)
    slope = np.zeros(places, dtype=np.int64)
    for entry in range(len(entries)):
        line, point = divmod(entries[entry, 0], PLACES)
        weight = entries[entry, 1]
        for bend in range(len(lines)):
            to = lines[bend] + line
            if to >= LINES:
                to -= LINES
            for other in range(places):
                work[to, other] += np.int64(weight) * np.int64(by[bend, point, other])
        # The first line and the step to the second.
        here, next_line = LINES - line, (LINES - line + 1) % LINES
        for kind in range(2):
            at, then = _CURVES[kind, here], _CURVES[kind, next_line]
            if at != 0 or then != 0:
                for other in range(13):
                    counts = weight * np.int64(pairs[kind, point, other])
                    value[other] += at * counts
                    slope[other] += (then - at) * counts
    for line in range(LINES - 1):
        for other in range(places):
            table[line, other] = value[other]
            value[other] += slope[other]
            slope[other] += work[line + 1, other]
    table[LINES - 1] = value


@compiled
def spread_sum(table: Real, entries: Numbers) -> float:
    """The expected sum over all pairs of points, times SPREAD_UNIT: of the chart whose `spread` fills the
    table, flat, with the chart these hats belong to."""
    # Four sums at once: an addition need not wait for the one before it.
    first = second = third = fourth = 0.0
    whole = len(entries) // 4 * 4
    for entry in range(0, whole, 4):
        first += entries[entry, 1] * table[entries[entry, 0]]
        second += entries[entry + 1, 1] * table[entries[entry + 1, 0]]
        third += entries[entry + 2, 1] * table[entries[entry + 2, 0]]
        fourth += entries[entry + 3, 1] * table[entries[entry + 3, 0]]
    for entry in range(whole, len(entries)):
        first += entries[entry, 1] * table[entries[entry, 0]]
    return (first + second) + (third + fourth)
