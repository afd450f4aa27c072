"""Labels of whole pairs, from pool to list: what charts say at single instants, told where it is sure."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from shared.engine.charts import Birth, compute
from shared.engine.configuration import CONFIGURATION
from shared.engine.features import composite, synastry
from shared.engine.features.chart_features import ChartFeatures
from shared.engine.pool.pool import Pool, Whole
from shared.engine.runs.proposals import proposals
from shared.engine.scoring.labels import OPEN, SAYINGS, VOCABULARIES
from tests.engine.community import axis, make_member, pool_of
from tests.engine.vocabulary import SHARES

MINUTES = 30
"""Between the single instants that an unknown time is held against."""
CHARTS_ONLY = {"values": 0, "communication": 0, "life_goals": 0, "readiness": 0, "astro": 1, "hd": 1}
BLOCKS = {block.name: block for block in CONFIGURATION.blocks}


@pytest.fixture(autouse=True)
def every_block_has_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the configuration leaves out: a block without a share has no weight and no label."""
    monkeypatch.setattr("shared.engine.pool.weights.CONFIGURATION", replace(CONFIGURATION, shares=SHARES))


def birth(number: int, clock: datetime.time | None = None) -> Birth:
    """Somebody's birth in Berlin; without a clock at an unknown time."""
    day = datetime.date(1975, 3, 1) + datetime.timedelta(days=211 * number)
    return Birth(day, clock, "exact" if clock else "unknown", 52.52, 13.40, "Europe/Berlin")


def packed(births: Sequence[Birth]) -> list[list[int]]:
    return [chart.packed() for chart in compute(births)]


def every_pair(members: int) -> tuple[Whole, Whole]:
    low, high = np.triu_indices(members, 1)
    return low.astype(np.int64), high.astype(np.int64)


def told_of(pool: Pool, low: Whole, high: Whole) -> list[list[str]]:
    """The labels these pairs are proposed with."""
    return [list(found.labels) for found in proposals(pool, low, high, np.zeros(len(low)))]


def raw_of(charts: list[list[int]]) -> dict[str, np.ndarray]:
    """The raw values of the first chart with each other."""
    features = ChartFeatures.parse(charts)
    high = np.arange(1, len(charts), dtype=np.int32)
    values = {"astro": np.zeros(len(high)), "hd": np.zeros(len(high))}
    synastry.formula(features, np.zeros_like(high), high, values["astro"])
    composite.formula(features, np.zeros_like(high), high, values["hd"])
    return values


def labels_of(births: Sequence[Birth], mode: str = "romantic") -> dict[tuple[int, int], list[str]]:
    charts = packed(births)
    members = [
        make_member(number, chart=chart, mode=mode, weights=CHARTS_ONLY)
        for number, chart in enumerate(charts, start=1)
    ]
    pool = pool_of(members)
    low, high = every_pair(len(members))
    found = told_of(pool, low, high)
    return dict(zip(zip(low.tolist(), high.tolist(), strict=True), found, strict=True))


def test_exact_charts_say_what_their_values_are() -> None:
    births = [birth(number, datetime.time(7 * number % 24, 13)) for number in range(14)]
    told = labels_of(births)
    for (low, high), labels in told.items():
        values = raw_of(packed([births[low], births[high]]))
        for name, raw in values.items():
            saying, block = SAYINGS["romantic"][name], BLOCKS[name]
            z = (float(raw[0]) - block.mean) / block.deviation
            strengths = {saying.strength, *saying.families.values()}
            assert bool(strengths & set(labels)) == (z > 0)
            # One tension at most: the other block may lie further below.
            assert saying.tension not in labels or z < CONFIGURATION.tension_below
    assert len({tuple(labels) for labels in told.values()}) > 8


@pytest.mark.parametrize("both", [False, True])
def test_an_unknown_time_says_only_what_nearly_every_time_of_that_day_says(both: bool) -> None:
    """Held against charts computed one by one for single times of the day."""
    times = [datetime.time(m // 60, m % 60) for m in range(MINUTES // 2, 24 * 60, MINUTES)]
    anchor = birth(3) if both else birth(3, datetime.time(12))
    births = [anchor, *(birth(number) for number in range(20, 32))]
    told = {high: labels for (low, high), labels in labels_of(births).items() if low == 0}
    of_day = packed([birth(3, clock) for clock in times] if both else [anchor])
    silent = 0
    for high, labels in told.items():
        single = packed([birth(high + 19, clock) for clock in times])
        drawn = [raw_of([first, *single]) for first in of_day]
        for name, saying in SAYINGS["romantic"].items():
            if name not in ("astro", "hd"):
                continue
            block = BLOCKS[name]
            z = (np.concatenate([values[name] for values in drawn]) - block.mean) / block.deviation
            above, below = (z > 0).mean(), (z < CONFIGURATION.tension_below).mean()
            if {saying.strength, *saying.families.values()} & set(labels):
                assert above > 0.85
            elif above < 0.95:
                silent += above > 0.0
            else:
                pytest.fail(f"{name} is silent although {above:.0%} of all times speak for the pair")
            if saying.tension in labels:
                assert below > 0.85
    assert silent


def test_friends_hear_the_words_of_friends() -> None:
    births = [birth(number, datetime.time(7 * number % 24, 13)) for number in range(30)]
    romantic, friendly = labels_of(births), labels_of(births, "friendship")
    assert any("natural_attraction" in labels for labels in romantic.values())
    assert all(set(labels) <= VOCABULARIES["friendship"] for labels in friendly.values())
    for pair, labels in romantic.items():
        renamed = ["natural_ease" if label == "natural_attraction" else label for label in labels]
        assert renamed == friendly[pair]


def test_without_charts_and_with_none_shared_the_other_blocks_speak() -> None:
    chart = packed([birth(1, datetime.time(9))])[0]
    one = make_member(1, chart=chart, valuesVector=axis(0))
    other = make_member(2, valuesVector=axis(0))
    nobody = make_member(3)
    pool = pool_of([one, other, nobody])
    low, high = every_pair(3)
    found = told_of(pool, low, high)
    assert found == [["shared_values"], [OPEN], [OPEN]]
    nothing = np.empty(0, dtype=np.int64)
    assert told_of(pool, nothing, nothing) == []
