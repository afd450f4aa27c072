"""Features of charts against what their instants say one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shared.engine.charts import expand
from shared.engine.charts.human_design import CENTERS, CHANNELS, gate_bits, gate_line, read
from shared.engine.configuration import CONFIGURATION
from shared.engine.features import bodygraph, composite, synastry
from shared.engine.features.chart_features import AT_ONCE, ChartFeatures
from shared.engine.features.interpolation import DEGREE, LINES, PLACES, WEIGHT
from shared.engine.reference import raw_of_all
from shared.engine.reference_charts import draw_features, usual_families
from shared.engine.scoring.parts import PARTS
from tests.engine.drawn_charts import TURN, drawn_exact, drawn_uncertain, exact_chart


def plain_states(natal: Any, design: Any) -> list[int]:
    """The 128 numbers of one instant, one by one."""
    bits = gate_bits(natal) | gate_bits(design)
    found = read(bits)
    active = [bool(int(bits) >> gate & 1) for gate in range(64)]
    ends = [(active[first - 1], active[second - 1]) for first, second in CHANNELS]
    lines = [int(gate_line(np.array(side[0]))[1]) for side in (natal, design)]
    return [
        *(int(first and not second) for first, second in ends),
        *(int(second and not first) for first, second in ends),
        *(int(first and second) for first, second in ends),
        *(int(found.centers) >> center & 1 for center in range(len(CENTERS))),
        *(int(found.types == kind) for kind in range(5)),
        *(lines.count(line) for line in range(1, 7)),
    ]


def entries_of(features: ChartFeatures, member: int) -> dict[int, int]:
    first, last = features.hat_range[member]
    places, weights = features.hat_entries[first:last].T
    assert len(set(places.tolist())) == len(places)
    return dict(zip(places.tolist(), weights.tolist(), strict=True))


@pytest.mark.parametrize("exact", [True, False])
def test_states_are_summed_over_instants(exact: bool) -> None:
    rng = np.random.default_rng(1)
    for hours in (24.0, 2.0):
        chart = drawn_exact(rng) if exact else drawn_uncertain(rng, hours)
        features = ChartFeatures.parse([None, chart])
        samples = expand([chart])
        each = [plain_states(n, d) for n, d in zip(samples.natal[0], samples.design[0], strict=True)]
        times = 48 if exact else 1
        assert features.states[1].tolist() == (np.sum(each, axis=0) * times).tolist()
        assert not features.states[0].any()
        assert features.instants(np.array([1])).states.tolist() == each


def test_gates_that_come_back_are_not_counted_for_the_chart_before() -> None:
    # Two charts in a row with the very same gates: a stretch ends with its chart.
    chart = drawn_exact(np.random.default_rng(2))
    once = ChartFeatures.parse([chart]).states[0]
    assert ChartFeatures.parse([chart] * 3).states.tolist() == [once.tolist()] * 3
    still = expand([chart])
    natal = np.repeat(still.natal[0], 96, axis=0)
    design = np.repeat(still.design[0], 96, axis=0)
    assert bodygraph.states(natal, design, 48).tolist() == [once.tolist()] * 2


@pytest.mark.parametrize("exact", [True, False])
def test_hats_split_every_instant_between_its_two_lines(exact: bool) -> None:
    rng = np.random.default_rng(3)
    chart = drawn_exact(rng) if exact else drawn_uncertain(rng)
    features = ChartFeatures.parse([chart])
    found = entries_of(features, 0)
    expected: dict[int, int] = {}
    natal = expand([chart]).natal[0]
    for instant in natal.tolist():
        for point, longitude in enumerate(instant):
            line, past = divmod(longitude, DEGREE)
            for on, weight in ((line, DEGREE - past), ((line + 1) % LINES, past)):
                place = PLACES * on + point
                expected[place] = expected.get(place, 0) + weight * 48 // len(natal)
    assert found == {place: weight for place, weight in expected.items() if weight}
    for point in range(13):
        assert sum(weight for place, weight in found.items() if place % PLACES == point) == WEIGHT


def test_longitudes_at_the_ends_of_the_circle_and_on_lines() -> None:
    features = ChartFeatures.parse([exact_chart([TURN - 1, 0, 1, 359 * DEGREE, *[7 * DEGREE] * 9])])
    found = entries_of(features, 0)
    assert found[359 * PLACES] == 48
    assert found[0] == 48 * (DEGREE - 1)
    assert found[1] == WEIGHT
    assert found[2] + found[PLACES + 2] == WEIGHT
    assert found[359 * PLACES + 3] == WEIGHT
    assert len(found) == 2 + 1 + 2 + 1 + 9


def test_a_member_has_the_same_features_in_any_company() -> None:
    rng = np.random.default_rng(4)
    # More than one piece of work of each kind.
    charts: list[list[int] | None] = [
        [drawn_exact, drawn_uncertain][at % 2](rng) if at % 5 else None for at in range(3 * AT_ONCE)
    ]
    features = ChartFeatures.parse(charts)
    assert len(features) == len(charts)
    assert features.present.tolist() == [chart is not None for chart in charts]
    assert features.exact.tolist() == [chart is not None and chart[0] == 1 for chart in charts]
    for member in (0, 1, 2, 299, 300, 301, 766, 767):
        alone = ChartFeatures.parse([charts[member]])
        assert alone.states[0].tolist() == features.states[member].tolist()
        assert alone.longitudes[0].tolist() == features.longitudes[member].tolist()
        assert alone.packed[0].tolist() == features.packed[member].tolist()
        assert entries_of(alone, 0) == entries_of(features, member)


def test_instants_are_those_of_the_charts_asked_for_in_that_order() -> None:
    rng = np.random.default_rng(5)
    charts = [drawn_exact(rng), drawn_uncertain(rng), drawn_exact(rng), drawn_uncertain(rng)]
    features = ChartFeatures.parse([None, *charts])
    instants = features.instants(np.array([4, 1, 2]))
    assert instants.counts.tolist() == [48, 1, 48]
    assert instants.first.tolist() == [0, 48, 49]
    for at, chart in enumerate((charts[3], charts[0], charts[1])):
        rows = slice(instants.first[at], instants.first[at] + instants.counts[at])
        assert instants.natal[rows].tolist() == expand([chart]).natal[0].tolist()


def test_nobody_and_nothing() -> None:
    for packed in ([], [None, None]):
        features = ChartFeatures.parse(packed)
        assert len(features) == len(features.states) == len(features.hat_range) == len(packed)
        assert not features.present.any()
        assert len(features.instants(np.empty(0, dtype=np.int64)).natal) == 0


BAD: dict[str, Any] = {
    "nothing in it": [],
    "not a list": 7,
    "text": "x" * 25,
    "too short": [1, *[987654] * 23],
    "an unknown kind": [3, *[987654] * 24],
    "beyond the circle": [1, *[987654] * 23, 360_000_000],
    "below it": [1, *[987654] * 23, -1],
    "beyond 64 bits": [1, *[987654] * 23, 2**70],
    "a fraction": [1, *[987654] * 23, 0.5],
    "text inside": [1, *[987654] * 23, "1"],
    "nothing inside": [1, *[987654] * 23, None],
    "a list inside": [1, *[987654] * 23, [1]],
    "uncertain, and nonsense": [2, *[987654] * 76],
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_chart_is_refused_by_position_without_its_numbers(case: str) -> None:
    rng = np.random.default_rng(6)
    for good in (drawn_exact(rng), drawn_uncertain(rng)):
        with pytest.raises(ValueError, match=r"^entry 4 is not a packed chart; compute it again$") as refused:
            ChartFeatures.parse([good, None, drawn_exact(rng), None, BAD[case], good])
        assert "987654" not in str(refused.value)


def test_reference_births_give_the_frozen_constants() -> None:
    births = draw_features()
    frozen = {block.name: block for block in CONFIGURATION.blocks}
    for part in PARTS:
        if part.readings is not None:
            values = raw_of_all(part, (births,))
            assert round(float(values.mean()), 4) == part.mean
            assert round(float(values.std()), 4) == part.deviation
    for name, usual in (("astro", synastry.USUAL), ("hd", composite.USUAL)):
        means = usual_families(births)[name]
        assert {family: round(mean, 4) for family, mean in means.items()} == usual
        # The families are the whole: their means add up to the block's, but for the pairs drawn.
        assert sum(usual.values()) == pytest.approx(frozen[name].mean, abs=0.02)
