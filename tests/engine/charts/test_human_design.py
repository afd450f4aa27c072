"""Gates and lines at their edges, and type and authority in worlds whose answer is obvious."""

from datetime import datetime
from itertools import combinations

import numpy as np
import pytest

from shared.engine.charts import human_design
from shared.engine.charts.chart import at_moments
from shared.engine.charts.human_design import (
    CENTERS,
    CHANNEL_NAMES,
    CHANNELS,
    FULL_TURN,
    GATE,
    GATE_CENTER,
    LINE,
    WHEEL,
    WHEEL_START,
    authority_of,
    gate_line,
    profile,
    type_of,
)

CHANNEL_OF = {frozenset((GATE_CENTER[low], GATE_CENTER[high])): {low, high} for low, high in CHANNELS}


def joined(*centers: tuple[str, str]) -> set[int]:
    """Gates that join pairs of centers, and nothing else."""
    return set().union(*(CHANNEL_OF[frozenset(pair)] for pair in centers))


def test_the_tables_are_complete() -> None:
    assert sorted(WHEEL) == list(range(1, 65)) == sorted(GATE_CENTER)
    assert len(CHANNELS) == len(set(CHANNELS)) == 36
    assert sorted(CHANNELS) == list(CHANNELS)
    assert all(low < high and GATE_CENTER[low] != GATE_CENTER[high] for low, high in CHANNELS)
    assert set(GATE_CENTER.values()) == set(CENTERS)
    # Opposite gates on the wheel are complementary hexagrams: 1 and 2, 63 and 64, 41 and 31.
    opposite = {gate: WHEEL[(position + 32) % 64] for position, gate in enumerate(WHEEL)}
    assert (opposite[1], opposite[63], opposite[41]) == (2, 64, 31)


def test_every_gate_and_line_begins_at_its_edge_and_not_a_microdegree_before() -> None:
    edges = (WHEEL_START + LINE * np.arange(384)) % FULL_TURN
    gates, lines = gate_line(edges)
    assert gates.tolist() == [gate - 1 for gate in WHEEL for _ in range(6)]
    assert lines.tolist() == [1, 2, 3, 4, 5, 6] * 64
    before = gate_line((edges - 1) % FULL_TURN)
    assert np.array_equal(before[0], np.roll(gates, 1))
    assert np.array_equal(before[1], np.roll(lines, 1))
    assert GATE == 6 * LINE


def test_gates_of_any_shape_and_kind_of_integer() -> None:
    longitudes = np.array([[0, 302_000_000], [359_999_999, 301_999_999]], dtype=np.int32)
    gates, lines = gate_line(longitudes)
    assert (gates + 1).tolist() == [[25, 41], [25, 60]]
    assert lines[0, 1] == 1
    assert lines[1, 1] == 6


@pytest.mark.parametrize(
    ("gates", "kind", "authority"),
    [
        (set(), "Reflector", "Lunar"),
        ({1, 2, 3, 4}, "Reflector", "Lunar"),
        (joined(("Sacral", "Spleen")), "Generator", "Sacral"),
        (joined(("Sacral", "G")), "Generator", "Sacral"),
        ({20, 34}, "Manifesting Generator", "Sacral"),
        # The Sacral is defined, but another motor reaches the Throat.
        ({5, 15, 21, 45}, "Manifesting Generator", "Sacral"),
        # Through the G: a motor need not touch the Throat itself.
        ({5, 15, 1, 8}, "Manifesting Generator", "Sacral"),
        (joined(("Heart", "Throat")), "Manifestor", "Ego Manifested"),
        (joined(("SolarPlexus", "Throat")), "Manifestor", "Emotional"),
        ({18, 58, 16, 48}, "Manifestor", "Splenic"),
        (joined(("Heart", "G")), "Projector", "Ego Projected"),
        (joined(("Heart", "Spleen")), "Projector", "Splenic"),
        (joined(("Root", "SolarPlexus")), "Projector", "Emotional"),
        (joined(("G", "Throat")), "Projector", "Self-Projected"),
        (joined(("Head", "Ajna")), "Projector", "Mental"),
        (joined(("Head", "Ajna"), ("Ajna", "Throat")), "Projector", "Mental"),
        # A motor and a Throat in two separate parts manifest nothing.
        (joined(("Root", "Spleen"), ("Ajna", "Throat")), "Projector", "Splenic"),
        (set(range(1, 65)), "Manifesting Generator", "Emotional"),
    ],
)
def test_type_and_authority(gates: set[int], kind: str, authority: str) -> None:
    assert (type_of(gates), authority_of(gates)) == (kind, authority)


def plainly(gates: set[int]) -> tuple[list[str], list[str], str]:
    """Channels, centers and type by a search through sets."""
    channels = [pair for pair in CHANNELS if set(pair) <= gates]
    parts: list[set[str]] = []
    for low, high in channels:
        ends = {GATE_CENTER[low], GATE_CENTER[high]}
        touching = [part for part in parts if part & ends]
        parts = [part for part in parts if not part & ends] + [ends.union(*touching)]
    centers = set().union(*parts)
    motors = {"Heart", "SolarPlexus", "Root", "Sacral"}
    manifests = any("Throat" in part and part & motors for part in parts)
    if not centers:
        kind = "Reflector"
    elif "Sacral" in centers:
        kind = "Manifesting Generator" if manifests else "Generator"
    else:
        kind = "Manifestor" if manifests else "Projector"
    return [f"{low}-{high}" for low, high in channels], sorted(centers), kind


def test_readings_agree_with_a_plain_search() -> None:
    chance = np.random.default_rng(2)
    sets = [
        set((chance.permutation(64)[:count] + 1).tolist()) for count in chance.integers(8, 40, 400).tolist()
    ]
    bits = np.array([sum(1 << gate - 1 for gate in gates) for gates in sets], dtype=np.uint64)
    reading = human_design.read(bits)
    for position, gates in enumerate(sets):
        channels, centers, kind = plainly(gates)
        defined = int(reading.channels[position])
        assert [name for at, name in enumerate(CHANNEL_NAMES) if defined >> at & 1] == channels
        assert [name for at, name in enumerate(CENTERS) if reading.centers[position] >> at & 1] == centers
        assert human_design.TYPES[reading.types[position]] == kind


def test_one_gate_alone_defines_no_channel() -> None:
    for low, high in combinations(range(1, 65), 2):
        bits = np.array(1 << low - 1 | 1 << high - 1, dtype=np.uint64)
        assert bool(human_design.read(bits).channels) == ((low, high) in CHANNELS)


def test_profile_is_the_lines_of_the_two_suns() -> None:
    # 302° is line 1 of its gate, 305° line 4.
    assert profile(302_000_000, 305_000_000) == "1/4"
    assert profile(305_000_000, 302_000_000) == "4/1"


def test_earth_and_south_node_stand_opposite() -> None:
    longitudes = np.arange(11) * 20_000_000 + 170_000_000
    points = dict(zip(human_design.POINTS, human_design.activations(longitudes).tolist(), strict=True))
    assert points["Sun"] == 170_000_000
    assert points["Earth"] == 350_000_000
    assert points["NorthNode"] == 10_000_000
    assert points["SouthNode"] == 190_000_000
    assert points["Moon"] == 190_000_000
    assert points["Pluto"] == 350_000_000


def test_a_whole_chart_as_another_program_has_it() -> None:
    """Swiss Ephemeris 2.10.03 with the wheel above; every point over 60″ from an edge."""
    start = datetime.fromisoformat("1953-10-27T07:10:28Z").timestamp()
    (chart,) = at_moments(np.array([start]), np.array([35.2717]), np.array([-5.8919]))
    told = chart.design_json()
    assert list(told["personality"].items()) == [
        *(("Sun", "28.2"), ("Earth", "27.2"), ("NorthNode", "60.2"), ("SouthNode", "56.2")),
        *(("Moon", "52.4"), ("Mercury", "14.4"), ("Venus", "48.2"), ("Mars", "6.5"), ("Jupiter", "12.4")),
        *(("Saturn", "50.5"), ("Uranus", "62.3"), ("Neptune", "32.4"), ("Pluto", "29.1")),
    ]
    assert list(told["design"].values()) == [
        *("31.4", "41.4", "41.2", "31.2", "37.5", "56.4", "12.1", "56.4", "45.1", "32.1", "53.6", "32.1"),
        "4.4",
    ]
    assert told["design_utc"] == "1953-07-28T23:57:21Z"
    assert told["channels"] == ["27-50"]
    assert told["centers"] == ["Sacral", "Spleen"]
    assert (told["type"], told["authority"], told["profile"]) == ("Generator", "Sacral", "2/4")
