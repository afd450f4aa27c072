"""The Human Design chart of a pair, as one number: what two charts complete, share or press in each other.

A channel has a gate at either end and is defined in a chart when both are active. In a pair it is

    electromagnetic   one gate each: together they complete it                +1
    companionship     both have the whole channel                             +0.5
    compromise        one has the channel, the other one of its gates         −0.4
    dominance         one has the channel, the other none of its gates         0

times the weight of the channel; and small terms are added for the types, for the lines of the two profiles
and for centers that one has defined and the other open. The tables are product choices. Nothing here claims
that they predict anything.

Each term is a product of one number of either side (`shared.engine.features.bodygraph`), so with uncertain
birth times the mean over all instants of both is the product of the two means: exact. All of it is whole
numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from shared.engine.charts.human_design import CENTERS, CHANNELS, GATE_CENTER, TYPES
from shared.engine.compiled import compiled
from shared.engine.features.bodygraph import BOTH, CENTER, FIRST_ALONE, LINES, SECOND_ALONE, TYPE
from shared.engine.features.certainty import PairInstants, Readings, met_row, read
from shared.engine.features.chart_features import ChartFeatures, Instants
from shared.engine.features.interpolation import INSTANTS

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint8]
Real = npt.NDArray[np.float64]

ELECTROMAGNETIC, COMPANIONSHIP, COMPROMISE = "1", "0.5", "-0.4"
"""Decimals as text, here and below, because the sum is done in whole numbers."""

PERSONAL_CENTERS = ("G", "Heart", "Sacral", "SolarPlexus")
PERSONAL_CHANNEL = "1.25"
"""The weight of a channel that touches one of these centers; others weigh 1."""
BOND = "1.6"
BOND_CHANNELS = ((6, 59), (37, 40), (19, 49), (27, 50))
"""Intimacy, family, sensitivity and care: the channels that are about two people."""

TYPE_FIT: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("Generator", "Generator"): "0.3",
        ("Generator", "Manifesting Generator"): "0.3",
        ("Manifesting Generator", "Manifesting Generator"): "0.3",
        ("Generator", "Projector"): "0.4",
        ("Manifesting Generator", "Projector"): "0.3",
        ("Generator", "Manifestor"): "0.1",
        ("Manifesting Generator", "Manifestor"): "0.2",
        ("Manifestor", "Projector"): "0.2",
        ("Projector", "Projector"): "0.1",
        ("Manifestor", "Manifestor"): "-0.1",
        ("Generator", "Reflector"): "0.1",
        ("Manifesting Generator", "Reflector"): "0.1",
        ("Projector", "Reflector"): "0.2",
        ("Manifestor", "Reflector"): "0",
        ("Reflector", "Reflector"): "0.1",
    }
)
"""Of an unordered pair of types. Small on purpose: two channels outweigh the largest difference."""

SAME_LINE, HARMONIC_LINES = "0.6", "1"
HARMONIES = ((1, 4), (2, 5), (3, 6))
PROFILE_WEIGHT = "0.25"
"""Each of the two lines of one profile is held against each of the other's, and the mean counts."""

OPEN_CENTER = "0.1"
"""For each center that one has defined and the other open: there one gives, and the other takes in."""

USUAL: Mapping[str, float] = MappingProxyType(
    {"complementary": 3.8275, "familiar": 0.2262, "compromise": -1.4263, "other": 0.9618}
)
"""The families of terms (electromagnetic, companionship and compromise channels, the small terms), and what
each comes to in the usual pair of the reference births (`shared.engine.reference_charts`)."""
FAMILIES = tuple(USUAL)

TABLES: Mapping[str, object] = MappingProxyType(
    {
        "channels": [ELECTROMAGNETIC, COMPANIONSHIP, COMPROMISE],
        "weights": [PERSONAL_CHANNEL, sorted(PERSONAL_CENTERS), BOND, sorted(map(list, BOND_CHANNELS))],
        "types": sorted([*pair, fit] for pair, fit in TYPE_FIT.items()),
        "profile": [SAME_LINE, HARMONIC_LINES, sorted(map(list, HARMONIES)), PROFILE_WEIGHT],
        "open_center": OPEN_CENTER,
        "usual": dict(USUAL),
    }
)
"""What the engine's version covers of this file."""


def channel_weight(channel: tuple[int, int]) -> Fraction:
    """1, 1.25 or 1.6."""
    if channel in {(min(bond), max(bond)) for bond in BOND_CHANNELS}:
        return Fraction(BOND)
    touches = any(GATE_CENTER[gate] in PERSONAL_CENTERS for gate in channel)
    return Fraction(PERSONAL_CHANNEL if touches else "1")


def _terms() -> tuple[Numbers, int]:
    """(terms, 4): a number of one side, a number of the other, what their product counts, its family; and
    what the counts were multiplied by to be whole. For every term its mirror image is there as well."""
    terms: list[tuple[int, int, Fraction, str]] = []

    def both_ways(one: int, other: int, counts: Fraction, family: str) -> None:
        terms.append((one, other, counts, family))
        if one != other:
            terms.append((other, one, counts, family))

    for at, channel in enumerate(CHANNELS):
        first, second, both = FIRST_ALONE + at, SECOND_ALONE + at, BOTH + at
        weight = channel_weight(channel)
        both_ways(first, second, weight * Fraction(ELECTROMAGNETIC), "complementary")
        both_ways(both, both, weight * Fraction(COMPANIONSHIP), "familiar")
        both_ways(both, first, weight * Fraction(COMPROMISE), "compromise")
        both_ways(both, second, weight * Fraction(COMPROMISE), "compromise")
    for pair, fit in TYPE_FIT.items():
        both_ways(TYPE + TYPES.index(pair[0]), TYPE + TYPES.index(pair[1]), Fraction(fit), "other")
    for line in range(6):
        both_ways(LINES + line, LINES + line, Fraction(PROFILE_WEIGHT) * Fraction(SAME_LINE), "other")
    for one, other in HARMONIES:
        counts = Fraction(PROFILE_WEIGHT) * Fraction(HARMONIC_LINES)
        both_ways(LINES + one - 1, LINES + other - 1, counts, "other")
    for center in range(CENTER, CENTER + len(CENTERS)):
        # defined (1 - defined) + (1 - defined) defined, where the 1 is that everybody has one type.
        for kind in range(TYPE, TYPE + len(TYPES)):
            both_ways(center, kind, Fraction(OPEN_CENTER), "other")
        both_ways(center, center, -2 * Fraction(OPEN_CENTER), "other")

    scale = lcm(*(counts.denominator for _, _, counts, _ in terms))
    rows = [(one, other, int(counts * scale), FAMILIES.index(family)) for one, other, counts, family in terms]
    return np.array(rows, dtype=np.int32), scale


_TERMS, _SCALE = _terms()


def formula(features: ChartFeatures, low: Numbers, high: Numbers, values: Real) -> None:
    """Writes the raw value of each pair of positions; leaves it where either lacks a chart.

    Runs without the interpreter's lock, so that pairs can be spread over threads; a pair's value does not
    depend on which others are asked for. Pairs with the same `low` one after the other take the least time.
    """
    unit = float(_SCALE * INSTANTS * INSTANTS)
    _raw(features.present, features.states, _TERMS, unit, low, high, values)


@compiled
def _raw(
    present: npt.NDArray[np.bool_],
    states: Bits,
    terms: Numbers,
    unit: float,
    low: Numbers,
    high: Numbers,
    values: Real,
) -> None:
    wants = np.empty(states.shape[1], dtype=np.int32)
    wanted_by = -1
    for pair in range(len(low)):
        one, other = low[pair], high[pair]
        if not (present[one] and present[other]):
            continue
        if wanted_by != one:
            wants[:] = 0
            for term in range(len(terms)):
                wants[terms[term, 1]] += terms[term, 2] * states[one, terms[term, 0]]
            wanted_by = one
        values[pair] = _product(wants, states[other]) / unit


@compiled
def _product(wants: Numbers, has: Bits) -> int:
    """The sum of products. 32 bits suffice (a test holds that), and let the processor do several at once."""
    total = np.int32(0)
    for state in range(len(wants)):
        total = np.int32(total + np.int32(wants[state] * np.int32(has[state])))
    return int(total)


def readings(pairs: PairInstants, above: float, below: float, carries: float) -> Readings:
    """What may be said of pairs, and how surely: `above` and `below` are raw values. See `Readings`."""
    return read(pairs, USUAL, _fill, above, below, carries)


def _fill(instants: Instants, one: Whole, other: Whole, sums: Real) -> None:
    _fill_sums(instants.states, instants.alike, one, other, _TERMS, float(_SCALE), sums)


@compiled
def _fill_sums(
    states: Bits, alike: Whole, one: Whole, other: Whole, terms: Numbers, unit: float, sums: Real
) -> None:
    """Most instants of a day have the states of the one before: what is known of those is used again."""
    wants = np.empty((sums.shape[2], states.shape[1]), dtype=np.int32)
    products = np.empty((INSTANTS, sums.shape[2]))
    for pair in range(len(one)):
        filled = 0
        for mine in range(one[pair, 1]):
            row = one[pair, 0] + mine
            if mine == 0 or alike[row] != alike[row - 1]:
                wants[:] = 0
                for term in range(len(terms)):
                    wants[terms[term, 3], terms[term, 1]] += terms[term, 2] * states[row, terms[term, 0]]
                for instant in range(INSTANTS if other[pair, 1] > 1 else 1):
                    there = other[pair, 0] + instant
                    for family in range(len(wants)):
                        if instant > 0 and alike[there] == alike[there - 1]:
                            products[instant, family] = products[instant - 1, family]
                        else:
                            products[instant, family] = _product(wants[family], states[there]) / unit
            for theirs in range(other[pair, 1]):
                instant = met_row(other[pair], mine, theirs) - other[pair, 0]
                for family in range(len(wants)):
                    sums[pair, filled, family] = products[instant, family]
                filled += 1
