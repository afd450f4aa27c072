"""The engine's version covers every choice, and its constants come from where they say."""

from __future__ import annotations

import itertools
import json
import math
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scripts.tools.sample import quiz
from shared.engine.configuration import CONFIGURATION, FORMULA_REVISION, Block, ConfigurationError
from shared.engine.features import composite, synastry
from shared.engine.part import Part
from shared.engine.reference import moments
from shared.engine.scoring import labels
from shared.engine.scoring.parts import PARTS
from shared.engine.version import engine_version, version_of
from shared.quiz.questionnaire import SIGNALS, VECTORS
from shared.quiz.scoring import signals_of


def test_version_is_short_and_the_same_in_every_process() -> None:
    version = engine_version()
    assert re.fullmatch(r"[0-9a-f]{12}", version)
    code = "from shared.engine import engine_version; print(engine_version())"
    for seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.strip() == version


def test_every_choice_changes_the_version() -> None:
    first, *rest = CONFIGURATION.blocks
    shares = dict(CONFIGURATION.shares)
    swapped = {"values": 0.5, "readiness": 0.5}
    choices = [
        CONFIGURATION,
        replace(CONFIGURATION, blocks=(replace(first, mean=0.06), *rest)),
        replace(CONFIGURATION, blocks=(replace(first, deviation=0.4), *rest)),
        replace(CONFIGURATION, blocks=(*rest, first)),
        replace(CONFIGURATION, shares={**shares, "romantic": swapped}),
        *(
            replace(CONFIGURATION, **{name: value + 1})
            for name, value in vars(CONFIGURATION).items()
            if name not in ("blocks", "shares")
        ),
    ]
    tables = [{"labels": {"open": "a"}}, {"labels": {"open": "b"}}]
    versions = [version_of(choice, table) for choice in choices for table in tables]
    versions.append(version_of(CONFIGURATION, tables[0], FORMULA_REVISION + 1))
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("table", [labels.TABLES, synastry.TABLES, composite.TABLES])
def test_every_table_is_covered(table: Mapping[str, object]) -> None:
    """What is in a table is in the text that is hashed: none of it is lost in a type JSON does not know."""
    text = json.dumps(table, default=dict)
    assert len(text) > 300
    assert version_of(CONFIGURATION, {"t": table}) != version_of(CONFIGURATION, {"t": {}})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shares": {"romantic": {"values": 0.5, "hd": 0.4}}}, "add up to 0.9"),
        ({"shares": {"romantic": {"charm": 1.0}}}, "no such block: charm"),
        ({"shares": {"romantic": {"values": 1.5, "hd": -0.5}}}, "from 0 up"),
        ({"shares": {"romantic": {"values": math.nan}}}, "finite"),
        ({"blocks": (Block("values", 0.0, 0.0),)}, "deviation above 0"),
        ({"blocks": (Block("values", math.inf, 1.0),)}, "finite mean"),
        ({"blocks": (Block("values", 0.0, 1.0), Block("values", 0.0, 1.0))}, "twice"),
    ],
)
def test_a_configuration_that_contradicts_itself_is_refused(change: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        replace(CONFIGURATION, **change)


@pytest.mark.parametrize(
    "part", [part for part in PARTS if part.readings is None], ids=lambda part: part.name
)
def test_constants_are_those_of_the_reference_population(part: Part) -> None:
    found = moments(part)
    assert part.mean == pytest.approx(found.mean, abs=5e-5)
    assert part.deviation == pytest.approx(found.deviation, abs=5e-5)


def test_the_sample_community_follows_the_law_of_the_reference() -> None:
    """Else its median pair would not score 50, and the minimum score would gate something else."""
    raw: dict[str, list[float]] = {name: [] for name in SIGNALS}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        towns = [f"town {at}" for at in rng.integers(12, size=60)]
        told = [signals_of(one) for one in quiz.draw_answers(rng, towns, ["romantic"] * len(towns))]
        for one, other in itertools.combinations(told, 2):
            for name in VECTORS:
                mine, theirs = one.vectors[name], other.vectors[name]
                if mine is not None and theirs is not None:
                    raw[name].append(float(np.dot(mine, theirs)))
            if one.readiness is not None and other.readiness is not None:
                raw["readiness"].append(min(one.readiness, other.readiness))
    expected = {block.name: block for block in CONFIGURATION.blocks}
    for signal, found in raw.items():
        near = 2 if signal == "readiness" else 0.04
        assert np.mean(found) == pytest.approx(expected[signal].mean, abs=near), signal
        assert np.std(found) == pytest.approx(expected[signal].deviation, abs=near), signal
