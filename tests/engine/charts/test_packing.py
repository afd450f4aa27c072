"""Packed charts: the instants they give back against the ephemeris itself, and what is refused."""

import os
import subprocess
import sys
from datetime import date, time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.engine.charts import Chart, compute, expand, is_exact, sky
from shared.engine.charts.angles import angles
from shared.engine.charts.birth import moments_of
from shared.engine.charts.human_design import FULL_TURN, gate_line
from shared.engine.charts.packing import EXACT_LENGTH, UNCERTAIN_LENGTH
from tests.engine.charts.people import born, crowd, unknown


def instants(start: int, duration: int, block: int) -> list[float]:
    """The 48 moments, by their definition."""
    part = block / 24
    early = [start + part * (at + 0.5) for at in range(24)]
    return early + [start + duration - block + part * (at + 0.5) for at in range(24)]


def brute_force(birth: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Natal (48, 13) and design (48, 11) degrees, each instant from the ephemeris."""
    (moments,) = moments_of([birth])
    at = sky.days(np.array(instants(*moments)))
    natal = sky.skies(at)
    turned = angles((natal.sidereal + birth.lon) % 360, np.full(48, birth.lat), natal.obliquity)
    design = sky.skies(sky.designs(at, natal.longitudes[:, 0]))
    return np.concatenate([natal.longitudes, turned], axis=1), design.longitudes


def apart(microdegrees: NDArray[Any], degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances in arcseconds."""
    found: NDArray[np.float64] = np.abs((microdegrees / 1e6 - degrees + 180) % 360 - 180) * 3600
    return found


def packed(*births: Any) -> list[list[int]]:
    return [chart.packed() for chart in compute(births)]


UNCERTAIN = [
    *(birth for birth in crowd(60) if birth.time is None),
    unknown(date=date(1990, 9, 30)),  # 25 hours
    unknown(date=date(1990, 3, 25)),  # 23 hours
    born(accuracy="approximate"),
    born(date=date(1990, 9, 30), time=time(2, 30)),  # came twice
    born(date=date(1990, 9, 30), time=time(2, 30), accuracy="approximate"),
    born(date=date(1990, 3, 25), time=time(2, 30)),  # skipped
    # The Moon near the Earth and Mercury about to turn back: hard for polynomials.
    *(unknown(date=date(1993, 3, day)) for day in range(1, 29)),
]


def test_the_48_instants_are_those_of_48_charts() -> None:
    samples = expand(packed(*UNCERTAIN))
    assert samples.natal.shape == (len(UNCERTAIN), 48, 13)
    assert samples.design.shape == (len(UNCERTAIN), 48, 11)
    assert samples.natal.dtype == samples.design.dtype == np.int32
    farthest_natal, farthest_design = np.zeros(13), np.zeros(11)
    for position, birth in enumerate(UNCERTAIN):
        natal, design = brute_force(birth)
        farthest_natal = np.maximum(farthest_natal, apart(samples.natal[position], natal).max(axis=0))
        farthest_design = np.maximum(farthest_design, apart(samples.design[position], design).max(axis=0))
    # Arcseconds: Sun, Moon, Mercury … Pluto, node, ascendant, midheaven.
    assert (farthest_natal < [0.02, 0.1, 2, 0.3, 0.1, *[0.5] * 5, 0.1, 2, 0.3]).all(), farthest_natal
    assert (farthest_design < [0.02, 0.1, 2, 0.3, 0.1, *[0.5] * 5, 0.1]).all(), farthest_design


def test_expected_features_are_those_of_48_charts() -> None:
    """Shares of gate and line over the day: what scores average."""
    births = UNCERTAIN[:10]
    samples = expand(packed(*births))
    differing = 0
    for position, birth in enumerate(births):
        natal, design = brute_force(birth)
        for ours, theirs in (
            (samples.natal[position, :, :11], natal[:, :11]),
            (samples.design[position], design),
        ):
            for one, other in zip(gate_line(ours), gate_line(np.rint(theirs * 1e6).astype(int)), strict=True):
                differing += int((one != other).sum())
    assert differing <= 2  # of 21,120: an instant within 2″ of an edge


def test_an_exact_chart_comes_back_as_it_was() -> None:
    (chart,) = compute([born()])
    numbers = chart.packed()
    assert is_exact(numbers)
    assert len(numbers) == EXACT_LENGTH == 25
    samples = expand([numbers])
    assert samples.natal[0, 0].tolist() == numbers[1:14]
    assert samples.design[0, 0].tolist() == numbers[14:]
    assert (numbers[1] - 88_000_000 - numbers[14]) % FULL_TURN == 0


def test_the_design_sun_stays_88_degrees_behind_at_every_instant() -> None:
    samples = expand(packed(*UNCERTAIN))
    assert ((samples.natal[..., 0] - samples.design[..., 0]) % FULL_TURN == 88_000_000).all()


def test_two_readings_are_24_instants_of_each() -> None:
    twice = {"date": date(1990, 9, 30), "time": time(2, 30)}
    natal = expand(packed(born(**twice))).natal[0]
    assert (natal[:24] == natal[0]).all()
    assert (natal[24:] == natal[24]).all()
    assert 12 < (natal[24, 12] - natal[0, 12]) % FULL_TURN / 1e6 < 18  # an hour of the midheaven


def test_kinds_are_told_apart() -> None:
    exact, uncertain = packed(born(), unknown())
    assert is_exact(exact)
    assert not is_exact(uncertain)
    assert len(uncertain) == UNCERTAIN_LENGTH == 77
    for odd in ([], [1], exact[:-1], [2, *exact[1:]], [1, *uncertain[1:]], [3, *uncertain[1:]]):
        with pytest.raises(ValueError, match="not a packed chart"):
            is_exact(odd)


def test_nothing_expands_to_nothing() -> None:
    natal, design = expand([])
    assert len(natal) == len(design) == 0


EXACT, DOUBTED = packed(born(), unknown())


def changed(chart: list[int], at: int, value: Any) -> list[Any]:
    return [*chart[:at], value, *chart[at + 1 :]]


@pytest.mark.parametrize(
    ("good", "bad", "reason"),
    [
        (EXACT, DOUBTED, "kind of the first"),
        (DOUBTED, EXACT, "kind of the first"),
        (EXACT, EXACT[:-1], "not a packed chart"),
        (EXACT, [], "not a packed chart"),
        (EXACT, None, "not a packed chart"),
        (EXACT, changed(EXACT, 3, 1.5), "whole numbers"),
        (EXACT, changed(EXACT, 3, "7"), "whole numbers"),
        (EXACT, changed(EXACT, 3, None), "whole numbers"),
        (EXACT, changed(EXACT, 3, 2**70), "64 bits"),
        (EXACT, changed(EXACT, 3, -1), "out of range"),
        (EXACT, changed(EXACT, 24, 360_000_000), "out of range"),
        (DOUBTED, changed(DOUBTED, 1, 0), "out of range"),
        (DOUBTED, changed(DOUBTED, 2, -1), "out of range"),
        (DOUBTED, changed(DOUBTED, 2, 86_401), "out of range"),
        (DOUBTED, changed(DOUBTED, 3, 360_000_000), "out of range"),
        (DOUBTED, changed(DOUBTED, 4, 90_000_001), "out of range"),
        (DOUBTED, changed(DOUBTED, 5, 0), "out of range"),
        (DOUBTED, changed(DOUBTED, 6, -5), "out of range"),
        (DOUBTED, changed(DOUBTED, 7, DOUBTED[7] + 180_000_000), "out of range"),
        (DOUBTED, changed(DOUBTED, 76, -(2**62)), "out of range"),
    ],
)
def test_damaged_charts_are_refused_with_their_position(good: list[int], bad: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        expand([good, good, bad])
    if reason != "64 bits":
        assert "chart 2 " in str(refused.value)


def test_the_numbers_of_this_release() -> None:
    """Charts of one version are equal to the microdegree: these were computed once, on x86-64.

    Where they change on purpose, `release.FORMULAS` goes up by one.
    """
    charts: list[Chart] = compute([born(), unknown()])
    assert charts[0].packed() == [
        *(1, 56343929, 322699889, 37924115, 15126612, 349833909, 99926576, 295212017, 279132848, 284322205),
        *(226111550, 310250598, 170159014, 76983850, 328343929, 232919104, 307329965, 292434098, 283552277),
        *(90902440, 290977433, 278309963, 283676095, 227786332, 316393769),
    ]
    assert charts[1].packed()[:14] == [
        *(2, 86400, 43200, 217762536, 52520000, 23442176, 55761736, 56243560, 56725301, 314930210),
        *(318129528, 321350887, 324595391, 327864103),
    ]
    assert expand([charts[1].packed()]).natal[0, 7].tolist() == [
        *(55912315, 316927261, 37916845, 14614426, 349501573, 99840852, 295220863, 279144393, 284329163),
        *(226123899, 310248909, 10391310, 273823711),
    ]


def test_compiled_and_interpreted_charts_are_equal_to_the_last_bit() -> None:
    """Whatever a compiler might reorder or fuse would show here."""
    script = (
        "from shared.engine.charts import compute, expand\n"
        "from tests.engine.charts.people import crowd\n"
        "charts = compute(crowd(4))\n"
        "uncertain = [chart.packed() for chart in charts if not chart.exact]\n"
        "print([chart.packed() for chart in charts], expand(uncertain).natal.tolist())"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "NUMBA_DISABLE_JIT": disabled},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for disabled in ("0", "1")
    ]
    assert printed[0] == printed[1]
    assert len(printed[0]) > 1000
