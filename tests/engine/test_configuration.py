"""The engine's version covers every choice, and its constants come from where they say."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from scripts.sample import signals
from shared.engine.configuration import CONFIGURATION, FORMULA_REVISION, engine_version
from shared.engine.labels import TABLES
from shared.engine.reference import moments


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
    others = [
        engine_version(replace(CONFIGURATION, blocks=(replace(first, share=0.26), *rest))),
        engine_version(replace(CONFIGURATION, blocks=(replace(first, mean=0.06), *rest))),
        engine_version(replace(CONFIGURATION, blocks=(replace(first, deviation=0.4), *rest))),
        engine_version(replace(CONFIGURATION, blocks=(*rest, first))),
        engine_version(replace(CONFIGURATION, score_spread=1.8)),
        engine_version(replace(CONFIGURATION, adult_age=19)),
        engine_version(replace(CONFIGURATION, strengths=2)),
        engine_version(replace(CONFIGURATION, tension_below=-1.0)),
        engine_version(tables={**TABLES, "open": "fresh_start"}),
        engine_version(revision=FORMULA_REVISION + 1),
    ]
    assert len({engine_version(), *others}) == len(others) + 1


def test_constants_are_those_of_the_reference_population() -> None:
    found = moments()
    for block in CONFIGURATION.blocks:
        expected = found["readiness" if block.name == "readiness" else "vectors"]
        assert block.mean == pytest.approx(expected.mean, abs=5e-5)
        assert block.deviation == pytest.approx(expected.deviation, abs=5e-5)


def test_the_sample_community_follows_the_law_of_the_reference() -> None:
    """Else its median pair would not score 50, and the minimum score would gate something else."""
    cosines, readiness = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        towns = [f"town {at}" for at in rng.integers(12, size=200)]
        drawn = signals.draw_vectors(rng, towns)
        low, high = np.triu_indices(200, 1)
        cosines.append(np.einsum("pbd,pbd->pb", drawn[low], drawn[high]).ravel())
        ready = signals.draw_readiness(rng, 200)
        readiness.append(np.minimum(ready[low], ready[high]))
    vectors, ready = np.concatenate(cosines), np.concatenate(readiness)
    expected = {block.name: block for block in CONFIGURATION.blocks}
    assert vectors.mean() == pytest.approx(expected["values"].mean, abs=0.04)
    assert vectors.std() == pytest.approx(expected["values"].deviation, abs=0.04)
    assert ready.mean() == pytest.approx(expected["readiness"].mean, abs=2)
    assert ready.std() == pytest.approx(expected["readiness"].deviation, abs=2)
