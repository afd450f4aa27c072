"""The Human Design pair against charts whose gates are chosen, and against a plain count with sets."""

from __future__ import annotations

import json
from itertools import combinations_with_replacement, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine.charts import expand
from shared.engine.charts.human_design import CHANNELS, GATE_CENTER, TYPES, WHEEL, gate_line, type_of
from shared.engine.features import composite
from shared.engine.features.certainty import pair_instants
from shared.engine.features.chart_features import ChartFeatures
from tests.engine.drawn_charts import TURN, drawn_exact, drawn_uncertain, exact_chart

Packed = list[int] | None
FAMILIES = composite.FAMILIES


def raw_of(one: Packed, other: Packed) -> float:
    features = ChartFeatures.parse([one, other])
    return float(values_of(features, np.array([0]), np.array([1]))[0])


def values_of(features: ChartFeatures, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    values = np.zeros(len(low))
    composite.formula(features, low.astype(np.int32), high.astype(np.int32), values)
    return values


def standing(gate: int, line: int) -> int:
    """The middle of a line of a gate, microdegrees."""
    return (302_000_000 + WHEEL.index(gate) * 5_625_000 + line * 937_500 - 468_750) % TURN


def chart_at(natal: tuple[int, int], design: tuple[int, int]) -> list[int]:
    """All natal points on one (gate, line), all design points on another. The gates opposite them, where
    the Earth and the south node stand, are active as well."""
    return exact_chart([standing(*natal)] * 13, [standing(*design)] * 11)


def plain_terms(one: Any, other: Any) -> dict[str, float]:
    """By family, the terms as they are described, of two charts (natal, design), microdegrees."""

    def gates_lines(chart: Any) -> tuple[set[int], list[int]]:
        active = set()
        for side in chart:
            for point in (*side[:11], side[0] + TURN // 2, side[10] + TURN // 2):
                active.add(int(gate_line(np.array(point))[0]) + 1)
        return active, [int(gate_line(np.array(side[0]))[1]) for side in chart]

    (mine, my_lines), (theirs, their_lines) = gates_lines(one), gates_lines(other)
    terms = dict.fromkeys(FAMILIES, 0.0)
    for channel in CHANNELS:
        ends = set(channel)
        weight = 1.0
        if any(GATE_CENTER[gate] in ("G", "Heart", "Sacral", "SolarPlexus") for gate in channel):
            weight = 1.25
        if channel in ((6, 59), (37, 40), (19, 49), (27, 50)):
            weight = 1.6
        a, b = mine & ends, theirs & ends
        if len(a) == len(b) == 1 and a != b:
            terms["complementary"] += weight
        elif len(a) == len(b) == 2:
            terms["familiar"] += 0.5 * weight
        elif {len(a), len(b)} == {1, 2}:
            terms["compromise"] -= 0.4 * weight

    types = (type_of(mine), type_of(theirs))
    terms["other"] += float(composite.TYPE_FIT.get(types, composite.TYPE_FIT.get(types[::-1], "none")))
    for a_line, b_line in product(my_lines, their_lines):
        terms["other"] += 0.25 * (0.6 if a_line == b_line else 1.0 if abs(a_line - b_line) == 3 else 0.0)

    def centers(active: set[int]) -> set[str]:
        return {GATE_CENTER[gate] for channel in CHANNELS if set(channel) <= active for gate in channel}

    terms["other"] += 0.1 * len(centers(mine) ^ centers(theirs))
    return terms


def samples_of(packed: list[int]) -> tuple[Any, Any]:
    return packed[1:14], packed[14:]


# Opposite gates: 59 and 55, 6 and 36, 1 and 2, 48 and 21; no two of those below make another channel.
ON_PAPER = {
    # Two Reflectors .1; all lines equal .6.
    "one gate each of 59-6": (((59, 1), (59, 1)), ((6, 1), (6, 1)), 1.6 + 0.1 + 0.6),
    "lines 1 and 4": (((59, 1), (59, 1)), ((6, 4), (6, 4)), 1.6 + 0.1 + 1.0),
    "lines 1 and 2": (((59, 1), (59, 1)), ((6, 2), (6, 2)), 1.6 + 0.1),
    "profiles 1/4 and 1/3: .6 0 1 0": (((59, 1), (59, 4)), ((6, 1), (6, 3)), 1.6 + 0.1 + 0.25 * 1.6),
    # Both with 6-59: Generators .3, the same centers.
    "the whole channel each": (((59, 1), (6, 1)), ((59, 1), (6, 1)), 0.5 * 1.6 + 0.3 + 0.6),
    # Generator and Reflector .1; Sacral and Solar Plexus defined in one alone.
    "the channel and one gate of it": (((59, 1), (6, 1)), ((59, 1), (59, 1)), -0.4 * 1.6 + 0.1 + 0.2 + 0.6),
    "the channel and nothing of it": (((59, 1), (6, 1)), ((48, 1), (48, 1)), 0.1 + 0.2 + 0.6),
    # 8 is in the Throat, 1 in the G center: 1.25. Opposite 8 stands 14, of 2-14: 2 stands opposite 1.
    "one gate each of 1-8 and of 2-14": (((1, 1), (1, 1)), ((8, 1), (8, 1)), 1.25 + 1.25 + 0.1 + 0.6),
}


@pytest.mark.parametrize("case", ON_PAPER)
def test_sums_on_paper(case: str) -> None:
    one, other, expected = ON_PAPER[case]
    assert raw_of(chart_at(*one), chart_at(*other)) == pytest.approx(expected, abs=1e-12)
    assert raw_of(chart_at(*other), chart_at(*one)) == raw_of(chart_at(*one), chart_at(*other))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_exact_charts_are_the_plain_count_and_symmetric(seed: int, other_seed: int) -> None:
    one, other = (drawn_exact(np.random.default_rng(each)) for each in (seed, other_seed))
    value = raw_of(one, other)
    assert value == pytest.approx(sum(plain_terms(samples_of(one), samples_of(other)).values()), abs=1e-11)
    assert raw_of(other, one) == value


@pytest.mark.parametrize("both", [False, True])
def test_expectation_is_exactly_the_mean_over_all_instants(both: bool) -> None:
    rng = np.random.default_rng(1)
    one = drawn_uncertain(rng) if both else drawn_exact(rng)
    other = drawn_uncertain(rng)
    # Every instant as an exact chart of its own.
    sides = []
    for chart in (one, other):
        samples = expand([chart])
        sides.append(
            [
                exact_chart(natal, design)
                for natal, design in zip(samples.natal[0].tolist(), samples.design[0].tolist(), strict=True)
            ]
        )
    every = ChartFeatures.parse([*sides[0], *sides[1]])
    first, second = len(sides[0]), len(sides[1])
    high = np.tile(np.arange(first, first + second), first)
    values = values_of(every, np.repeat(np.arange(first), second), high)
    assert len(values) == first * second
    assert raw_of(one, other) == pytest.approx(values.mean(), abs=1e-12)
    assert raw_of(other, one) == raw_of(one, other)


def test_whoever_lacks_a_chart_has_zero_and_any_of_the_pairs_give_the_same_bytes() -> None:
    rng = np.random.default_rng(2)
    charts: list[Packed] = [drawn_exact(rng) if at % 2 else drawn_uncertain(rng) for at in range(20)]
    charts[4] = charts[11] = None
    features = ChartFeatures.parse(charts)
    low, high = np.triu_indices(20, 1)
    whole = values_of(features, low, high)
    missing = np.isin(low, (4, 11)) | np.isin(high, (4, 11))
    assert not whole[missing].any()
    assert whole[~missing].all()
    parts = np.zeros(len(low))
    for some in np.array_split(rng.permutation(len(low)), 4):
        parts[some] = values_of(features, low[some], high[some])
    assert parts.tobytes() == whole.tobytes()


def test_readings_count_instants() -> None:
    rng = np.random.default_rng(3)
    charts = [drawn_uncertain(rng), drawn_exact(rng), drawn_uncertain(rng)]
    features = ChartFeatures.parse(charts)
    sides = []
    for chart in charts:
        samples = expand([chart])
        sides.append(list(zip(samples.natal[0].tolist(), samples.design[0].tolist(), strict=True)))
    low, high = np.array([0, 1, 0]), np.array([1, 2, 2])
    above, below = 3.6, 3.0
    read = composite.readings(pair_instants(features, low, high), above, below, carries=0.5)
    met = [
        list(product(sides[0], sides[1])),
        list(product(sides[1], sides[2])),
        [(sides[0][i], sides[2][(7 * i + 4 * c) % 48]) for i in range(48) for c in range(12)],
    ]
    for at, instants in enumerate(met):
        sums = np.array([list(plain_terms(a, b).values()) for a, b in instants])
        total = np.round(sums.sum(axis=1), 9)
        assert read.strength[at] == pytest.approx(np.mean(total > above), abs=1e-12)
        assert read.tension[at] == pytest.approx(np.mean(total < below), abs=1e-12)
        sums -= list(composite.USUAL.values())
        means = sums.mean(axis=0)
        assert [found[at] for found in read.families.values()] == pytest.approx(means.tolist(), abs=1e-12)
        carrying = sums > 0.5 * np.where(sums > 0, sums, 0).sum(axis=1, keepdims=True)
        named = np.flatnonzero(means > 0.5 * means[means > 0].sum())
        likely = carrying[:, named[0]].mean() if len(named) else 0.0
        assert read.family[at] == pytest.approx(likely, abs=1e-12)


def test_tables_are_complete_and_32_bits_suffice() -> None:
    fits = [frozenset(pair) for pair in composite.TYPE_FIT]
    assert len(fits) == len(set(fits)) == 15
    assert set(fits) == {frozenset(pair) for pair in combinations_with_replacement(TYPES, 2)}
    bonds = [channel for channel in CHANNELS if float(composite.channel_weight(channel)) == 1.6]
    assert bonds == [(6, 59), (19, 49), (27, 50), (37, 40)]
    plain = {channel for channel in CHANNELS if float(composite.channel_weight(channel)) == 1.0}
    # Head, Ajna, Throat, Spleen and Root among themselves.
    assert plain == {
        *((4, 63), (24, 61), (47, 64), (11, 56), (17, 62), (23, 43), (16, 48), (20, 57)),
        *((18, 58), (28, 38), (32, 54)),
    }
    # A number is at most 96: a line that both Suns have, 48 times.
    assert int(np.abs(composite._TERMS[:, 2].astype(np.int64)).sum()) * 96 * 96 < 2**31
    assert json.loads(json.dumps(composite.TABLES, default=dict))["open_center"] == "0.1"
