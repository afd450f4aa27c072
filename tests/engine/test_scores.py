"""Scores of pairs whose blocks are chosen so that the answer can be worked out on paper."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shared.engine.configuration import CONFIGURATION, Configuration
from shared.engine.eligibility import eligible_pairs
from shared.engine.scores import least_z, pair_scores, raw_block, score, two_decimals
from tests.engine.community import NOW, axis, make_member, pool_of

PLAIN: Configuration = replace(
    CONFIGURATION,
    blocks=tuple(replace(block, mean=0.0, deviation=1.0) for block in CONFIGURATION.blocks),
)
"""Raw values count as they are."""

# Standard normal distribution function, Abramowitz and Stegun, table 26.1.
CDF = {0.0: 0.5, 0.5: 0.691462, 1.0: 0.841345, 2.0: 0.977250, -1.0: 0.158655}


def pair_z(one: dict[str, Any], other: dict[str, Any]) -> tuple[float, bool]:
    pool = pool_of([make_member(1, **one), make_member(2, **other)])
    scores = pair_scores(pool, eligible_pairs(pool, NOW, np.arange(2)), PLAIN)
    return float(scores.z[0]), bool(scores.known[0])


@pytest.mark.parametrize(("z", "share"), CDF.items())
def test_score_is_the_normal_distribution_stretched_by_the_spread(z: float, share: float) -> None:
    assert score(1.75 * z) == pytest.approx(100 * share, abs=1e-4)


def test_score_is_exactly_50_in_the_middle_and_stays_within_0_and_100() -> None:
    assert score(0.0) == score(-0.0) == 50.0
    assert score(-1e9) == 0.0
    assert score(1e9) == 100.0
    ladder = [score(z / 10) for z in range(-60, 61)]
    assert ladder == sorted(set(ladder))


@pytest.mark.parametrize("minimum", [0.01, 1.0, 25.0, 50.0, 62.5, 99.0])
def test_least_z_is_where_the_minimum_lies(minimum: float) -> None:
    assert score(least_z(minimum)) == pytest.approx(minimum, abs=1e-9)


def test_least_z_at_the_ends() -> None:
    assert least_z(0) == -math.inf
    assert least_z(100) == math.inf
    assert least_z(50) == 0.0


def test_without_a_shared_block_the_pair_is_unknown_and_in_the_middle() -> None:
    assert pair_z({"valuesVector": axis(0)}, {"communicationVector": axis(0), "readiness": 90}) == (
        0.0,
        False,
    )


@pytest.mark.parametrize("column", ["valuesVector", "communicationVector", "lifeGoalsVector"])
def test_one_shared_block_counts_alone_whatever_its_share(column: str) -> None:
    same, opposite = axis(3), axis(3, -2.0)
    assert pair_z({column: same}, {column: same})[0] == pytest.approx(1.0)
    assert pair_z({column: same}, {column: opposite})[0] == pytest.approx(-1.0)
    assert pair_z({column: same}, {column: axis(4)}) == (0.0, True)


def test_readiness_of_a_pair_is_the_lower_of_the_two() -> None:
    assert pair_z({"readiness": 90}, {"readiness": 12.5})[0] == pytest.approx(12.5)


def test_blocks_are_weighed_by_their_shares() -> None:
    one = {
        "valuesVector": axis(0),
        "communicationVector": axis(0),
        "lifeGoalsVector": axis(0),
        "readiness": 1,
    }
    other = one | {"communicationVector": axis(0, -1.0)}
    # (.25 - .20 + .15 + .20) / sqrt(.25² + .20² + .15² + .20²)
    assert pair_z(one, other)[0] == pytest.approx(0.40 / math.sqrt(0.165), abs=1e-12)


def test_shares_are_the_agreed_ones() -> None:
    assert {block.name: block.share for block in CONFIGURATION.blocks} == {
        "values": 0.25,
        "communication": 0.20,
        "life_goals": 0.15,
        "readiness": 0.20,
    }


def test_a_score_does_not_depend_on_who_else_is_scored() -> None:
    """Batches and vector instructions must not show in the last bit."""
    rng = np.random.default_rng(7)
    members = [
        make_member(n, valuesVector=rng.normal(size=16).tolist(), readiness=float(rng.uniform(0, 100)))
        for n in range(400)
    ]
    pool = pool_of(members)
    pairs = eligible_pairs(pool, NOW, np.arange(400))
    assert len(pairs) == 400 * 399 / 2  # more than one batch
    z = pair_scores(pool, pairs).z
    for at in rng.integers(len(pairs), size=50):
        low, high = int(pairs.low[at]), int(pairs.high[at])
        few = pool_of([members[low], members[high]])
        alone = pair_scores(few, eligible_pairs(few, NOW, np.arange(2))).z[0]
        assert alone == z[at]


def test_raw_blocks_are_zero_where_one_side_lacks_them() -> None:
    pool = pool_of([make_member(1, readiness=80, valuesVector=axis(0)), make_member(2)])
    pairs = eligible_pairs(pool, NOW, np.arange(2))
    for block in ("values", "readiness"):
        raw, shared = raw_block(pool, block, pairs.low, pairs.high)
        assert (raw.tolist(), shared.tolist()) == ([0.0], [False])


def test_storage_rounds_half_to_even() -> None:
    assert [two_decimals(x) for x in (0.125, 0.375, 2.625, 50.004, 99.996)] == [0.12, 0.38, 2.62, 50.0, 100.0]
