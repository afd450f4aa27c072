"""Synastry and Human Design of a pair in plain Python, from the tables of the engine and none of its code."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from shared.engine.charts.human_design import CENTERS, CHANNELS, TYPES
from shared.engine.features import bodygraph, composite, synastry
from shared.engine.features.aspects import CONJUNCTION, OTHERS
from shared.engine.features.chart_features import ChartFeatures
from shared.engine.features.interpolation import DEGREE, INSTANTS, LINES, PLACES, POINTS, WEIGHT

Table = list[list[float]]
"""By degree of the circle, by point: what a point of another chart adds up to there."""


@dataclass(slots=True)
class PlainChart:
    """One chart as lists."""

    longitudes: list[float] | None
    """Degrees of `POINTS`, of an exact chart."""
    hats: list[tuple[int, int, float]]
    """Degree line, point, and how much of the point stands there."""
    active: list[tuple[int, float]]
    """Numbers of `bodygraph` that are not 0, as means over the instants."""
    states: list[float]


def _pairs() -> tuple[Table, Table]:
    """What an exact conjunction of two points is worth, and what their other aspects are multiplied by."""
    conjunctions, others = [], []
    for one in POINTS:
        row = []
        for other in POINTS:
            multiplier = synastry.MULTIPLIERS.get((one, other), synastry.MULTIPLIERS.get((other, one), "1"))
            row.append(float(synastry.WEIGHTS[one]) * float(synastry.WEIGHTS[other]) * float(multiplier))
        ease = [(float(synastry.EASE[one]) + float(synastry.EASE[other])) / 2 for other in POINTS]
        base, more = float(synastry.CONJUNCTION_BASE), float(synastry.CONJUNCTION_EASE)
        conjunctions.append([each * (base + more * e) for each, e in zip(row, ease, strict=True)])
        others.append(row)
    return conjunctions, others


_CONJUNCTIONS, _OTHERS = _pairs()
_ASPECTS = [(aspect.angle, aspect.orb, float(aspect.worth) / aspect.orb) for aspect in OTHERS]


def _other(angle: float) -> float:
    """All aspects but the conjunction, of an angle from 0 to 180 degrees."""
    for exact, orb, loss in _ASPECTS:
        away = abs(angle - exact)
        if away < orb:
            return loss * (orb - away)
    return 0.0


_NEAR = [(step, 1.0 - abs(step) / CONJUNCTION.orb) for step in range(1 - CONJUNCTION.orb, CONJUNCTION.orb)]
_FAR = [
    (step, _other(min(step, LINES - step))) for step in range(LINES) if _other(min(step, LINES - step)) != 0.0
]


def plain_charts(features: ChartFeatures) -> list[PlainChart | None]:
    """Everybody's charts, None where there is none."""
    found: list[PlainChart | None] = []
    entries, states = features.hat_entries.tolist(), features.states.tolist()
    longitudes = features.longitudes.tolist()
    for at, (first, stop) in enumerate(features.hat_range.tolist()):
        if not features.present[at]:
            found.append(None)
            continue
        means = [state / INSTANTS for state in states[at]]
        found.append(
            PlainChart(
                [x / DEGREE for x in longitudes[at]] if features.exact[at] else None,
                [(*divmod(place, PLACES), weight / WEIGHT) for place, weight in entries[first:stop]],
                [(number, mean) for number, mean in enumerate(means) if mean],
                means,
            )
        )
    return found


def spread(chart: PlainChart) -> Table:
    """What each point of another chart would add up to on each degree of the circle."""
    table = [[0.0] * len(POINTS) for _ in range(LINES)]
    for counts, curve in ((_CONJUNCTIONS, _NEAR), (_OTHERS, _FAR)):
        by_point = [[0.0] * LINES for _ in POINTS]
        for line, point, weight in chart.hats:
            sums = by_point[point]
            for step, value in curve:
                sums[(line + step) % LINES] += weight * value
        for point, sums in enumerate(by_point):
            for line, value in enumerate(sums):
                if value:
                    row = table[line]
                    for other, count in enumerate(counts[point]):
                        row[other] += value * count
    return table


def synastry_of(one: PlainChart, other: PlainChart, table: Table) -> float:
    """The raw value of synastry; `table` is the spread of one's chart."""
    if one.longitudes is None or other.longitudes is None:
        return sum([weight * table[line][point] for line, point, weight in other.hats])
    value = 0.0
    for mine, here in enumerate(one.longitudes):
        for theirs, there in enumerate(other.longitudes):
            angle = abs(here - there)
            if angle > 180.0:
                angle = 360.0 - angle
            if angle < CONJUNCTION.orb:
                value += _CONJUNCTIONS[mine][theirs] * (1.0 - angle / CONJUNCTION.orb)
            else:
                value += _OTHERS[mine][theirs] * _other(angle)
    return value


def _products() -> list[list[tuple[int, float]]]:
    """By number of one side: the numbers of the other it is multiplied with, and what that counts."""
    found: list[dict[int, Fraction]] = [{} for _ in range(bodygraph.STATES)]

    def add(one: int, other: int, counts: Fraction) -> None:
        for mine, theirs in {(one, other), (other, one)}:
            found[mine][theirs] = found[mine].get(theirs, Fraction(0)) + counts

    for at, channel in enumerate(CHANNELS):
        first, second, both = (
            begin + at for begin in (bodygraph.FIRST_ALONE, bodygraph.SECOND_ALONE, bodygraph.BOTH)
        )
        weight = composite.channel_weight(channel)
        add(first, second, weight * Fraction(composite.ELECTROMAGNETIC))
        add(both, both, weight * Fraction(composite.COMPANIONSHIP))
        add(both, first, weight * Fraction(composite.COMPROMISE))
        add(both, second, weight * Fraction(composite.COMPROMISE))
    for (one, other), fit in composite.TYPE_FIT.items():
        add(bodygraph.TYPE + TYPES.index(one), bodygraph.TYPE + TYPES.index(other), Fraction(fit))
    by_line = Fraction(composite.PROFILE_WEIGHT)
    for line in range(6):
        add(bodygraph.LINES + line, bodygraph.LINES + line, by_line * Fraction(composite.SAME_LINE))
    for low, high in composite.HARMONIES:
        lines = bodygraph.LINES + low - 1, bodygraph.LINES + high - 1
        add(*lines, by_line * Fraction(composite.HARMONIC_LINES))
    for center in range(bodygraph.CENTER, bodygraph.CENTER + len(CENTERS)):
        for kind in range(bodygraph.TYPE, bodygraph.TYPE + len(TYPES)):
            add(center, kind, Fraction(composite.OPEN_CENTER))
        add(center, center, -2 * Fraction(composite.OPEN_CENTER))
    return [[(other, float(counts)) for other, counts in row.items()] for row in found]


_PRODUCTS = _products()


def composite_of(one: PlainChart, other: PlainChart) -> float:
    """The raw value of Human Design."""
    value, theirs = 0.0, other.states
    for number, mean in one.active:
        for partner, counts in _PRODUCTS[number]:
            value += mean * counts * theirs[partner]
    return value
