"""Synastry: what the planets of two birth charts have to say to each other, as one number.

Every point of one chart is held against every point of the other. Where the angle between them lies within
the orb of an aspect, the aspect counts, the less the further it is from exact; a pair of points weighs the
product of its two weights times the pair's own multiplier:

    raw = sum over 13 x 13 of weight * weight * multiplier * aspect(angle)

The tables are product choices. Nothing here claims that they predict anything.

Two known birth times: the exact sum, in whole numbers, so neither the order of terms nor the machine plays
a part. An uncertain birth time: the expectation over its instants. An aspect is piecewise linear in the
angle with bends at whole degrees, so a point may be split between the two grid lines around it, as in linear
interpolation; the mean of these splits ("hats") over all instants is one row of weights per point, and the
expected sum is bilinear in the two members' rows. That is exact where one side lies on grid lines, and else
rounds the bends off a little (the tests hold how little).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from math import lcm
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import compiled
from shared.engine.features import aspects
from shared.engine.features.certainty import PairInstants, Readings, met_row, read
from shared.engine.features.chart_features import ChartFeatures, Instants
from shared.engine.features.interpolation import LINES, PLACES, POINTS

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Real = npt.NDArray[np.float64]

WEIGHTS: Mapping[str, str] = MappingProxyType(
    {
        "Sun": "1",
        "Moon": "1",
        "Mercury": "0.6",
        "Venus": "0.9",
        "Mars": "0.8",
        "Jupiter": "0.5",
        "Saturn": "0.5",
        "Uranus": "0.2",
        "Neptune": "0.2",
        "Pluto": "0.2",
        "Node": "0.3",
        "ASC": "0.8",
        "MC": "0.4",
    }
)
"""How much a point counts. Decimals as text, here and below, because the sum is done in whole numbers."""

MULTIPLIERS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("Sun", "Moon"): "1.8",
        ("Venus", "Mars"): "1.8",
        ("Moon", "Moon"): "1.5",
        ("Moon", "Venus"): "1.4",
        ("Sun", "ASC"): "1.4",
        ("Moon", "ASC"): "1.4",
        ("Sun", "Venus"): "1.3",
        ("Venus", "Venus"): "1.3",
        ("Mercury", "Mercury"): "1.3",
        ("Venus", "ASC"): "1.3",
        ("Sun", "Sun"): "1.2",
        **{(one, other): "0" for one, other in product(("Uranus", "Neptune", "Pluto"), repeat=2)},
    }
)
"""Of an unordered pair of points; every other pair has 1. The slow three say something about a generation,
nothing about two people of one age, and so do not count among themselves."""

CONJUNCTION_BASE, CONJUNCTION_EASE = "0.35", "0.65"
"""An exact conjunction is worth base + ease * (mean of the ease of the two points)."""

EASE: Mapping[str, str] = MappingProxyType(
    {
        "Sun": "0.6",
        "Moon": "0.7",
        "Mercury": "0.6",
        "Venus": "1",
        "Mars": "0.1",
        "Jupiter": "1",
        "Saturn": "-0.6",
        "Uranus": "-0.3",
        "Neptune": "-0.2",
        "Pluto": "-0.6",
        "Node": "0.4",
        "ASC": "0.5",
        "MC": "0.4",
    }
)

FAMILIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "emotional": frozenset({"Moon"}),
        "attraction": frozenset({"Venus", "Mars"}),
        "exchange": frozenset({"Mercury"}),
        "ground": frozenset({"Saturn", "Jupiter"}),
        "other": frozenset(POINTS),
    }
)
"""A term belongs to the first family that has one of its two points."""

USUAL: Mapping[str, float] = MappingProxyType(
    {"emotional": 0.7244, "attraction": 0.8685, "exchange": 0.2170, "ground": 0.2681, "other": 0.3954}
)
"""What each family comes to in the usual pair of the reference births (`shared.engine.reference_charts`)."""

TABLES: Mapping[str, object] = MappingProxyType(
    {
        "points": list(POINTS),
        "weights": dict(WEIGHTS),
        "multipliers": sorted([*pair, value] for pair, value in MULTIPLIERS.items()),
        "conjunction": [CONJUNCTION_BASE, CONJUNCTION_EASE],
        "aspects": dict(aspects.TABLES),
        "ease": dict(EASE),
        "families": {family: sorted(points) for family, points in FAMILIES.items()},
        "usual": dict(USUAL),
    }
)
"""What the engine's version covers of this file."""


def _counts() -> tuple[Numbers, int]:
    """(2, points, points): what an exact conjunction of two points is worth and what any other aspect of
    them is multiplied by, both times the number that makes them whole. Symmetric."""
    counts = np.empty((2, len(POINTS), len(POINTS)), dtype=object)
    for (at, one), (to, other) in product(enumerate(POINTS), repeat=2):
        multiplier = MULTIPLIERS.get((one, other), MULTIPLIERS.get((other, one), "1"))
        counts[1, at, to] = Fraction(WEIGHTS[one]) * Fraction(WEIGHTS[other]) * Fraction(multiplier)
        ease = (Fraction(EASE[one]) + Fraction(EASE[other])) / 2
        worth = Fraction(CONJUNCTION_BASE) + Fraction(CONJUNCTION_EASE) * ease
        counts[0, at, to] = counts[1, at, to] * worth
    scale = lcm(*(count.denominator for count in counts.flat))
    return (counts * scale).astype(np.int32), scale


_PAIRS, _SCALE = _counts()
_LINES, _BENDS = aspects.bends(_PAIRS)


_FAMILIES = np.array(
    [
        [next(at for at, points in enumerate(FAMILIES.values()) if points & {one, other}) for other in POINTS]
        for one in POINTS
    ],
    dtype=np.int32,
)


def formula(features: ChartFeatures, low: Numbers, high: Numbers, values: Real) -> None:
    """Writes the raw value of each pair of positions; leaves it where either lacks a chart.

    Runs without the interpreter's lock, so that pairs can be spread over threads; a pair's value does not
    depend on which others are asked for. Pairs with the same `low` one after the other take the least time.
    """
    charts = (features.present, features.exact, features.longitudes, features.hat_range, features.hat_entries)
    _raw(*charts, _PAIRS, _LINES, _BENDS, float(_SCALE), low, high, values)


@compiled
def _raw(
    present: npt.NDArray[np.bool_],
    exact: npt.NDArray[np.bool_],
    longitudes: Numbers,
    hat_range: Whole,
    hat_entries: Numbers,
    pairs: Numbers,
    lines: Whole,
    bends: Numbers,
    scale: float,
    low: Numbers,
    high: Numbers,
    values: Real,
) -> None:
    work = np.empty((LINES, PLACES), dtype=np.int64)
    table = np.empty((LINES, PLACES))
    in_table = -1
    for pair in range(len(low)):
        one, other = low[pair], high[pair]
        if not (present[one] and present[other]):
            continue
        if exact[one] and exact[other]:
            total = aspects.exact_sum(pairs, longitudes[one], longitudes[other])
            values[pair] = total / (scale * aspects.UNIT)
            continue
        if in_table != one:
            mine = hat_entries[hat_range[one, 0] : hat_range[one, 1]]
            aspects.spread(pairs, lines, bends, mine, work, table)
            in_table = one
        theirs = hat_entries[hat_range[other, 0] : hat_range[other, 1]]
        values[pair] = aspects.spread_sum(table.ravel(), theirs) / (scale * aspects.SPREAD_UNIT)


def readings(pairs: PairInstants, above: float, below: float, carries: float) -> Readings:
    """What may be said of pairs, and how surely: `above` and `below` are raw values. See `Readings`."""
    return read(pairs, USUAL, _fill, above, below, carries)


def _fill(instants: Instants, one: Whole, other: Whole, sums: Real) -> None:
    _fill_sums(instants.natal, one, other, _PAIRS, _FAMILIES, float(_SCALE), sums)


@compiled
def _fill_sums(
    natal: Numbers, one: Whole, other: Whole, pairs: Numbers, families: Numbers, scale: float, sums: Real
) -> None:
    points = natal.shape[1]
    most = sums.shape[1]
    here, there = np.empty((points, most), dtype=np.int32), np.empty((points, most), dtype=np.int32)
    moved, away = np.empty(points, dtype=np.int32), np.empty(points, dtype=np.int32)
    total = np.empty((sums.shape[2], most), dtype=np.int64)
    for pair in range(len(one)):
        filled = 0
        for mine in range(one[pair, 1]):
            for theirs in range(other[pair, 1]):
                row = met_row(other[pair], mine, theirs)
                for point in range(points):
                    here[point, filled] = natal[one[pair, 0] + mine, point]
                    there[point, filled] = natal[row, point]
                filled += 1
        total[:, :filled] = 0
        for point in range(points):
            moved[point] = aspects.farthest(here[point, :filled])
            away[point] = aspects.farthest(there[point, :filled])
        for a in range(points):
            for b in range(points):
                aspects.add_counts(
                    pairs, a, b, here[a, :filled], there[b, :filled],
                    moved[a] + away[b], total[families[a, b], :filled],
                )  # fmt: skip
        for family in range(len(total)):
            for instant in range(filled):
                sums[pair, instant, family] = total[family, instant] / (scale * aspects.UNIT)
