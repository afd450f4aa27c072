"""Charts as a whole: independent of their neighbours, and told to their owner."""

import json
from collections import Counter
from datetime import date, time

import numpy as np
import pytest

from shared.engine.charts import Chart, chart_version, compute, packing, release, sky, zones
from shared.engine.charts.human_design import AUTHORITIES, CENTERS, CHANNEL_NAMES, POINTS, TYPES
from shared.engine.charts.telling import NAMES, instant
from tests.engine.charts.people import born, crowd, unknown
from tests.pace import seconds_of

HUMAN_DESIGN_KEYS = [
    *("design_utc", "design_longitudes", "personality", "design", "channels", "centers"),
    *("type", "authority", "profile"),
]


def told(charts: list[Chart]) -> list[str]:
    return [json.dumps([chart.packed(), chart.radix_json(), chart.design_json()]) for chart in charts]


def test_no_births_have_no_charts() -> None:
    assert compute([]) == []


def test_a_chart_depends_on_its_own_birth_alone() -> None:
    births = crowd(300)
    together = compute(births)
    order = np.random.default_rng(3).permutation(300).tolist()
    assert compute([births[position] for position in order]) == [together[position] for position in order]
    for position in (0, 1, 150, 299):
        assert told(compute([births[position]])) == told([together[position]])


def test_the_same_births_give_the_same_bytes() -> None:
    assert told(compute(crowd(40))) == told(compute(crowd(40)))


def test_the_other_side_of_the_earth_sees_the_same_planets_and_another_horizon() -> None:
    here, there = compute([born(tz="Etc/UTC"), born(tz="Etc/UTC", lat=-52.52, lon=13.41 - 180)])
    one, other = here.radix_json()["longitudes"], there.radix_json()["longitudes"]
    assert {name: one[name] for name in NAMES[:11]} == {name: other[name] for name in NAMES[:11]}
    assert abs(one["MC"] - other["MC"]) == pytest.approx(180, abs=1e-5)
    assert abs(one["ASC"] - other["ASC"]) == pytest.approx(180, abs=1e-5)
    assert here.design_json() == there.design_json()


def test_an_exact_chart_for_its_owner() -> None:
    (chart,) = compute([born()])
    assert chart.exact
    radix, design = chart.radix_json(), chart.design_json()
    assert list(radix) == ["utc", "longitudes"]
    assert radix["utc"] == "1990-05-17T12:30:00Z"
    assert list(radix["longitudes"]) == list(NAMES)
    assert list(design) == HUMAN_DESIGN_KEYS
    assert design["personality"].keys() == design["design"].keys() == set(POINTS)
    assert design["profile"] == f"{design['personality']['Sun'][-1]}/{design['design']['Sun'][-1]}"
    assert json.loads(json.dumps(design)) == design


def test_an_uncertain_chart_says_what_is_uncertain() -> None:
    (chart,) = compute([unknown()])
    assert not chart.exact
    radix, design = chart.radix_json(), chart.design_json()
    assert (radix["utc"], radix["utc_until"]) == ("1990-05-16T22:00:00Z", "1990-05-17T22:00:00Z")
    assert radix["uncertain"] == ["ASC", "MC"]
    assert radix["certainty"]["Sun"] == 1
    assert [*design] == [
        *("design_utc", "design_utc_until", *HUMAN_DESIGN_KEYS[1:]),
        *("certainty", "uncertain"),
    ]
    assert design["certainty"]["personality"]["Pluto"] == 1
    assert design["certainty"]["personality"]["Moon"] < 0.2  # 13° in a day, a line has less than 1°
    assert "personality" in design["uncertain"]
    assert "type" not in design["uncertain"]


def test_the_certainty_is_the_share_of_the_48_charts() -> None:
    """The type at each of the 48 moments, each computed as a chart of its own."""
    births = [unknown(date=date(1990, 5, day), tz="Etc/UTC") for day in range(1, 13)]
    mixed = 0
    for chart, birth in zip(compute(births), births, strict=True):
        design = chart.design_json()
        single = compute(
            [born(date=birth.date, time=time(at // 2, 15 + 30 * (at % 2)), tz="Etc/UTC") for at in range(48)]
        )
        alone = [one.design_json() for one in single]
        for name in ("type", "authority", "profile"):
            counts = Counter(one[name] for one in alone)
            share = counts[design[name]] / 48
            assert share >= counts.most_common(1)[0][1] / 48 - 0.021
            assert design["certainty"][name] == pytest.approx(share, abs=0.021)
        for channel, share in design["certainty"]["channels"].items():
            assert share == pytest.approx(sum(channel in one["channels"] for one in alone) / 48, abs=0.021)
        mixed += design["certainty"]["type"] < 1
    assert mixed  # some day has two types, or the test sees nothing


def test_a_moment_is_told_by_the_second_that_has_begun() -> None:
    assert instant(0.999) == "1970-01-01T00:00:00Z"
    assert instant(-0.001) == "1969-12-31T23:59:59Z"


def test_words_are_from_the_closed_lists() -> None:
    for chart in compute(crowd(200, seed=8)):
        design = chart.design_json()
        assert design["type"] in TYPES
        assert design["authority"] in AUTHORITIES
        assert set(design["channels"]) <= set(CHANNEL_NAMES)
        assert set(design["centers"]) <= set(CENTERS)
        assert design["profile"] in {
            *("1/3", "1/4", "2/4", "2/5", "3/5", "3/6", "4/6", "4/1", "5/1", "5/2", "6/2", "6/3"),
        }


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_births_at_the_poles(pole: float) -> None:
    for chart in compute([born(lat=pole, tz="Etc/UTC"), unknown(lat=pole, tz="Etc/UTC")]):
        assert 0 <= chart.radix_json()["longitudes"]["ASC"] < 360
        assert chart.packed()


def test_the_version_changes_with_each_thing_a_chart_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    version = chart_version()
    assert len(version) == 12
    assert chart_version() == version
    seen = {version}
    for module, name, value in (
        (release, "FORMULAS", 0),
        (release, "WHEEL_START", 0),
        (sky, "DESIGN_ARC", 90.0),
        (release, "CHANNELS", ()),
        (zones, "release", lambda: "tzdata 1900.1"),
        (sky, "source", lambda: "de440"),
        (packing, "NODES", (3,)),
    ):
        monkeypatch.setattr(module, name, value)
        seen.add(chart_version())
        monkeypatch.undo()
    assert len(seen) == 8


def test_five_hundred_members_take_well_under_a_second() -> None:
    births = crowd(500)
    compute(births[:2])
    assert seconds_of(lambda: [chart.packed() for chart in compute(births)], tries=3) < 0.6
