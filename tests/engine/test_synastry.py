"""Synastry against angles that can be worked out on paper, and against a plain double loop."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine.features import aspects, synastry
from shared.engine.features.certainty import pair_instants
from shared.engine.features.chart_features import ChartFeatures
from shared.engine.features.interpolation import POINTS
from tests.engine.drawn_charts import TURN, chart_with, drawn_exact, drawn_uncertain, exact_chart

Packed = list[int] | None
LONGITUDES = st.lists(st.integers(0, TURN - 1), min_size=13, max_size=13)


def raw_pairs(packed: list[Packed]) -> dict[tuple[int, int], float]:
    """The raw values of all pairs."""
    members = len(packed)
    low, high = (side.astype(np.int32) for side in np.triu_indices(members, 1))
    values = np.zeros(len(low))
    synastry.formula(ChartFeatures.parse(packed), low, high, values)
    return dict(zip(zip(low.tolist(), high.tolist(), strict=True), values.tolist(), strict=True))


def raw_of(one: Packed, other: Packed) -> float:
    return raw_pairs([one, other])[0, 1]


def plain_raw(one: Any, other: Any, family: str | None = None) -> float:
    """The formula as it is written down, in floats; degrees in microdegrees."""
    shapes = [(60, 6, 0.6), (90, 6, -0.7), (120, 8, 0.9), (180, 8, -0.5)]
    total = 0.0
    for a, here in zip(POINTS, one, strict=True):
        for b, there in zip(POINTS, other, strict=True):
            if family and family != next(
                name for name, points in synastry.FAMILIES.items() if {a, b} & points
            ):
                continue
            apart = abs(int(here) - int(there)) / 1e6
            apart = min(apart, 360 - apart)
            weight = float(synastry.WEIGHTS[a]) * float(synastry.WEIGHTS[b])
            weight *= float(synastry.MULTIPLIERS.get((a, b), synastry.MULTIPLIERS.get((b, a), "1")))
            ease = (float(synastry.EASE[a]) + float(synastry.EASE[b])) / 2
            for angle, orb, worth in [(0, 8, 0.35 + 0.65 * ease), *shapes]:
                if abs(apart - angle) < orb:
                    total += weight * worth * (1 - abs(apart - angle) / orb)
    return total


# Two charts whose points stand at 0° and at 20° have no aspect, and the places below none with them.
ON_PAPER = {
    "Sun trine Moon": (("Sun", 100.0), ("Moon", 220.0), 1.8 * 0.9),
    "the same, two of eight degrees from exact": (("Sun", 100.0), ("Moon", 222.0), 1.8 * 0.9 * 0.75),
    "at its orb it is gone": (("Sun", 100.0), ("Moon", 228.0), 0.0),
    "Venus on Venus, the easiest conjunction": (("Venus", 100.0), ("Venus", 100.0), 0.81 * 1.3),
    "Saturn on Pluto, the hardest": (("Saturn", 100.0), ("Pluto", 100.0), 0.5 * 0.2 * (0.35 - 0.65 * 0.6)),
    "Sun on Saturn, four of eight degrees from exact": (("Sun", 100.0), ("Saturn", 104.0), 0.5 * 0.35 * 0.5),
    "Mars square Saturn": (("Mars", 40.0), ("Saturn", 130.0), -0.8 * 0.5 * 0.7),
    "Sun opposite Sun": (("Sun", 40.0), ("Sun", 220.0), -1.2 * 0.5),
    "Mercury sextile Mercury": (("Mercury", 100.0), ("Mercury", 160.0), 0.36 * 1.3 * 0.6),
    "Moon sextile ASC": (("Moon", 100.0), ("ASC", 160.0), 0.8 * 1.4 * 0.6),
    "MC trine node": (("MC", 100.0), ("Node", 220.0), 0.4 * 0.3 * 0.9),
    "slow bodies say nothing among themselves": (("Uranus", 100.0), ("Neptune", 220.0), 0.0),
    "but with others": (("Uranus", 100.0), ("Jupiter", 220.0), 0.2 * 0.5 * 0.9),
}


@pytest.mark.parametrize("case", ON_PAPER)
@pytest.mark.parametrize("turned", [0.0, 137.25, 300.0])
def test_sums_on_paper(case: str, turned: float) -> None:
    (point, here), (other_point, there), expected = ON_PAPER[case]
    one = chart_with(turned, **{point: here + turned})
    other = chart_with(20.0 + turned, **{other_point: there + turned})
    assert raw_of(one, other) == pytest.approx(expected, abs=1e-12)
    assert raw_of(other, one) == raw_of(one, other)


@settings(max_examples=40, deadline=None)
@given(LONGITUDES, LONGITUDES, st.integers(0, TURN - 1))
def test_exact_sum_is_the_formula_symmetric_and_does_not_turn(
    one: list[int], other: list[int], turn: int
) -> None:
    value = raw_of(exact_chart(one), exact_chart(other))
    assert value == pytest.approx(plain_raw(one, other), abs=1e-11)
    assert raw_of(exact_chart(other), exact_chart(one)) == value
    turned = [exact_chart([at + turn for at in chart]) for chart in (one, other)]
    assert raw_of(turned[0], turned[1]) == value


def test_bends_of_every_aspect_on_both_sides_and_across_the_start_of_the_circle() -> None:
    edges = [0, 8, 54, 60, 66, 84, 90, 96, 112, 120, 128, 172, 180]
    for degrees in edges:
        for microdegrees in (-1, 0, 1):
            for sign in (-1, 1):
                apart = sign * (degrees * 10**6 + microdegrees)
                one, other = [5] * 13, [5 + apart] * 13
                assert raw_of(exact_chart(one), exact_chart(other)) == pytest.approx(
                    plain_raw(exact_chart(one)[1:14], exact_chart(other)[1:14]), abs=1e-11
                )


def test_compiled_sum_is_its_own_python() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.integers(TURN, size=(2, 13), dtype=np.int32)
    # The compiled functions that it calls are called compiled here too: what is compared is the loop.
    assert aspects.exact_sum.py_func(synastry._PAIRS, one, other) == aspects.exact_sum(  # type: ignore[attr-defined]
        synastry._PAIRS, one, other
    )


def test_one_uncertain_side_is_the_mean_over_its_instants_where_the_other_stands_on_whole_degrees() -> None:
    rng = np.random.default_rng(2)
    whole = [exact_chart((rng.integers(360, size=13) * 10**6).tolist()) for _ in range(5)]
    for hours in (24.0, 2.0):
        for chart in whole:
            uncertain = drawn_uncertain(rng, hours)
            natal = ChartFeatures.parse([uncertain]).instants(np.arange(1)).natal
            mean = np.mean([plain_raw(chart[1:14], instant) for instant in natal])
            assert raw_of(chart, uncertain) == pytest.approx(mean, abs=1e-11)
            assert raw_of(uncertain, chart) == pytest.approx(mean, abs=1e-11)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("hours", [24.0, 2.0])
def test_expectation_is_close_to_the_mean_over_all_instants(both: bool, hours: float) -> None:
    rng = np.random.default_rng(3)
    differences = []
    for _ in range(30):
        one = drawn_uncertain(rng, hours) if both else drawn_exact(rng)
        other = drawn_uncertain(rng, hours)
        instants = ChartFeatures.parse([one, other]).instants(np.arange(2))
        mine, theirs = np.split(instants.natal, [instants.counts[0]])
        unit = synastry._SCALE * aspects.UNIT
        sums = [aspects.exact_sum(synastry._PAIRS, a, b) for a in mine for b in theirs]
        differences.append(raw_of(one, other) - np.mean(sums) / unit)
    # The block's deviation over pairs is 1.5. Bends are rounded off by less than a tenth of that.
    assert np.sqrt(np.mean(np.square(differences))) < 0.03
    assert np.abs(differences).max() < 0.12


def test_expectation_is_symmetric() -> None:
    rng = np.random.default_rng(4)
    for other in (drawn_exact(rng), drawn_uncertain(rng)):
        one = drawn_uncertain(rng)
        assert raw_of(one, other) == pytest.approx(raw_of(other, one), abs=1e-12)


def test_points_of_one_chart_are_not_mixed_up_when_uncertain() -> None:
    # An uncertain chart that does not move is the exact chart.
    rng = np.random.default_rng(5)
    degrees = (rng.integers(360, size=11) * 10**6).tolist()
    still = drawn_uncertain(rng)
    at = 6
    for skip in (0, 1):
        for point, count in list(enumerate([3, 5, *[3] * 8, 5]))[skip:]:
            still[at : at + count] = [degrees[point]] * count
            at += count
    angles = ChartFeatures.parse([still]).instants(np.arange(1)).natal[:, 11:]
    other = drawn_exact(rng)
    mean = np.mean([plain_raw([*degrees, *angle], other[1:14]) for angle in angles.tolist()])
    assert raw_of(still, other) == pytest.approx(mean, abs=0.05)


def test_whoever_lacks_a_chart_has_zero_and_does_not_disturb_others() -> None:
    rng = np.random.default_rng(6)
    charts = [drawn_exact(rng), drawn_uncertain(rng), drawn_exact(rng), drawn_uncertain(rng)]
    with_gaps = raw_pairs([None, charts[0], charts[1], None, charts[2], charts[3], None])
    places = {0: 1, 1: 2, 2: 4, 3: 5}
    without = raw_pairs([*charts])
    assert {(places[a], places[b]): value for (a, b), value in without.items()} == {
        pair: value for pair, value in with_gaps.items() if not {0, 3, 6} & set(pair)
    }
    assert {value for pair, value in with_gaps.items() if {0, 3, 6} & set(pair)} == {0.0}


def test_any_of_the_pairs_in_any_order_give_the_same_bytes() -> None:
    rng = np.random.default_rng(7)
    charts = [drawn_exact(rng) if at % 3 else drawn_uncertain(rng) for at in range(30)]
    features = ChartFeatures.parse(charts)
    edges = rng.random((30, 30)) < 0.3
    low, high = (side.astype(np.int32) for side in np.nonzero(np.triu(edges, 1)))
    whole, parts = np.zeros(len(low)), np.zeros(len(low))
    synastry.formula(features, low, high, whole)
    for some in np.array_split(rng.permutation(len(low)), 4):
        values = np.zeros(len(some))
        synastry.formula(features, low[some], high[some], values)
        parts[some] = values
    assert parts.tobytes() == whole.tobytes()
    assert np.abs(whole).min() > 0


def test_families_are_parts_of_the_sum() -> None:
    rng = np.random.default_rng(8)
    one, other = drawn_exact(rng), drawn_exact(rng)
    features = ChartFeatures.parse([one, other])
    pairs = pair_instants(features, np.array([0, 1]), np.array([1, 0]))
    value = raw_of(one, other)
    read = synastry.readings(pairs, above=value - 0.01, below=value + 0.01, carries=0.5)
    for family, found in read.families.items():
        above_usual = plain_raw(one[1:14], other[1:14], family) - synastry.USUAL[family]
        assert found[0] == pytest.approx(above_usual, abs=1e-12)
        assert found[1] == found[0]
    above_usual = value - sum(synastry.USUAL.values())
    assert sum(found[0] for found in read.families.values()) == pytest.approx(above_usual, abs=1e-12)
    assert read.strength.tolist() == read.tension.tolist() == [1.0, 1.0]
    read = synastry.readings(pairs, above=value + 0.01, below=value - 0.01, carries=0.5)
    assert read.strength.tolist() == read.tension.tolist() == [0.0, 0.0]


def test_readings_count_instants() -> None:
    rng = np.random.default_rng(9)
    charts: list[Packed] = [drawn_uncertain(rng), drawn_exact(rng), drawn_uncertain(rng, 2.0), None]
    features = ChartFeatures.parse(charts)
    instants = features.instants(np.array([0, 1, 2]))
    natal = [instants.natal[at : at + count] for at, count in zip(*instants[:2], strict=True)]
    low, high = np.array([0, 1, 0, 0, 1]), np.array([1, 2, 2, 3, 1])
    above, below, carries = 2.0, 1.5, 0.5
    read = synastry.readings(pair_instants(features, low, high), above, below, carries)
    met = [
        list(product(natal[0], natal[1])),
        list(product(natal[1], natal[2])),
        [(natal[0][i], natal[2][(7 * i + 4 * c) % 48]) for i in range(48) for c in range(12)],
    ]
    for at, moments in enumerate(met):
        sums = np.array([[plain_raw(a, b, family) for family in synastry.FAMILIES] for a, b in moments])
        total = sums.sum(axis=1)
        assert read.strength[at] == pytest.approx(np.mean(total > above), abs=1e-12)
        assert read.tension[at] == pytest.approx(np.mean(total < below), abs=1e-12)
        sums -= list(synastry.USUAL.values())
        mean = sums.mean(axis=0)
        assert [found[at] for found in read.families.values()] == pytest.approx(mean.tolist(), abs=1e-12)

        def carrier(values: Any) -> int | None:
            favour = values[values > 0].sum()
            carrying = np.flatnonzero(values > carries * favour)
            return int(carrying[0]) if len(carrying) else None

        named = carrier(mean)
        likely = np.mean([carrier(instant) == named for instant in sums]) if named is not None else 0.0
        assert read.family[at] == pytest.approx(likely, abs=1e-12)
    assert [read.strength[3], read.tension[3], read.family[3]] == [0.0, 0.0, 0.0]
    assert all(found[3] == 0.0 for found in read.families.values())


def test_tables_are_complete_and_can_be_hashed() -> None:
    assert set(synastry.WEIGHTS) == set(synastry.EASE) == set(POINTS)
    assert " ".join(synastry.WEIGHTS.values()) == "1 1 0.6 0.9 0.8 0.5 0.5 0.2 0.2 0.2 0.3 0.8 0.4"
    assert " ".join(synastry.EASE.values()) == "0.6 0.7 0.6 1 0.1 1 -0.6 -0.3 -0.2 -0.6 0.4 0.5 0.4"
    multipliers = {
        "1.8": {"Sun Moon", "Venus Mars"},
        "1.5": {"Moon Moon"},
        "1.4": {"Moon Venus", "Sun ASC", "Moon ASC"},
        "1.3": {"Sun Venus", "Venus Venus", "Mercury Mercury", "Venus ASC"},
        "1.2": {"Sun Sun"},
        "0": {" ".join(pair) for pair in product(("Uranus", "Neptune", "Pluto"), repeat=2)},
    }
    assert {" ".join(pair): value for pair, value in synastry.MULTIPLIERS.items()} == {
        pair: value for value, pairs in multipliers.items() for pair in pairs
    }
    assert json.loads(json.dumps(synastry.TABLES, default=dict))["weights"]["Venus"] == "0.9"


def test_whole_numbers_fit() -> None:
    counts = np.abs(synastry._PAIRS.astype(np.int64))
    turns = np.abs(aspects._TURNS[aspects._KINDS, aspects._LINES])
    assert (turns[:, None, None] * counts[aspects._KINDS]).max() < 2**31
    # The largest sum there can be: every two points in their strongest aspect.
    assert int(counts.max(axis=0).sum()) * aspects.SCALE * 8 * 10**6 < 2**63
    assert int(counts.max(axis=0).sum(axis=0).max()) * aspects.SCALE * 8 * 48 * 10**6 < 2**63
