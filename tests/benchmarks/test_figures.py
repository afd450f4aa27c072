"""Figures, their targets and floors, and the drawing of the engine's seconds."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scripts.stack.reporter import Reporter
from scripts.tools.bench import picture, profiles
from scripts.tools.bench.figures import Figure, Figures, shown


def test_targets_are_met_or_missed_in_the_better_direction() -> None:
    assert Figure("wait", 2.0, "s", target=2.0).met is True
    assert Figure("wait", 2.1, "s", target=2.0).met is False
    assert Figure("served", 99.0, "%", better="higher", target=99.5).met is False
    assert Figure("wait", 2.0, "s").met is None
    assert Figure("wait", 3.0, "s", baseline=2.0).ratio == 1.5
    assert Figure("wait", 3.0, "s", baseline=0.0).ratio is None


def test_every_figure_is_written_with_its_part_and_the_load(tmp_path: Path) -> None:
    figures = Figures(Reporter())
    with figures.part("Here"):
        figures.add(Figure("wait", 2.1, "s", target=2.0))
        figures.keep(Figure("silent", 1.0, "s"))
    figures.write(tmp_path / "bench.json")
    first, second = json.loads((tmp_path / "bench.json").read_text())
    assert (first["part"], first["name"], first["met"]) == ("Here", "wait", False)
    assert first["load"] >= 0.0
    assert second["name"] == "silent"
    assert [kept.figure.name for kept in figures.missed] == ["wait"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (3.0, "3"), (0.01234, "0.0123"), (1.1771, "1.177"), (12345.6, "12,346")]
)
def test_numbers_have_as_many_decimals_as_help(value: float, text: str) -> None:
    assert shown(value) == text


def test_the_drawing_has_a_line_and_a_name_for_each_step() -> None:
    curves = {"filters": {1000: 0.003, 10_000: 0.07}, "a < b": {1000: 0.02, 10_000: 1.5}}
    root = ElementTree.fromstring(picture.svg(curves))  # noqa: S314 — our own text
    space = "{http://www.w3.org/2000/svg}"
    lines = [line.attrib["points"].split() for line in root.iter(f"{space}polyline")]
    assert len(lines) == 2
    # The larger the number of members the further right, the more seconds the higher up.
    for line in lines:
        (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in line)
        assert x1 < x2
        assert y1 > y2
    words = [text.text or "" for text in root.iter(f"{space}text")]
    assert "filters 0.07 s" in words
    assert "a < b 1.5 s" in words


def test_a_single_size_can_be_drawn() -> None:
    ElementTree.fromstring(picture.svg({"filters": {1000: 0.003}}))  # noqa: S314 — our own text


def test_orientations_sum_up_the_groups_of_a_statement() -> None:
    def group(who: str, members: int, served: int, matches: float) -> dict[str, object]:
        return {"who": who, "members": members, "with_proposal": served, "expected_matches": matches}

    found = profiles.with_orientations(
        [
            group("female seeking male", 100, 90, 2.0),
            group("male seeking female", 300, 150, 1.0),
            group("male seeking male", 50, 50, 3.0),
            group("other", 7, 1, 0.5),
        ]
    )
    assert [row["who"] for row in found[4:]] == ["straight", "gay"]
    assert found[4] == group("straight", 400, 240, 1.25)
    assert found[5] == group("gay", 50, 50, 3.0)
