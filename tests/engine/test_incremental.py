"""One changed member: the same candidates, scores and shortlist as a full run finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shared.engine import Rules, market
from shared.engine.incremental import update
from shared.engine.pool import Pool
from shared.engine.ranking import score_pairs, stall_of
from tests.engine.community import NOW, crowd, make_member, pool_of


def priced(pool: Pool, rules: Rules) -> tuple[Pool, market.Market, market.Proposed]:
    """The pool with the prices of a full run, and that run's market."""
    stall = stall_of(pool, score_pairs(pool, rules, NOW, lambda _step: None))
    outcome = market.propose(stall, start=pool.prices)
    return replace(pool, prices=outcome.prices.values), stall, outcome


def test_candidates_are_those_of_a_full_run() -> None:
    rules = Rules(45.0)
    pool, stall, outcome = priced(pool_of(crowd(250, seed=8)), rules)
    low, high = stall.low.astype(int), stall.high.astype(int)
    compared = 0
    for member in range(len(pool)):
        if pool.capacities[member] <= 0:
            continue
        edges = outcome.shortlist.of(member)
        expected = np.where(low[edges] == member, high[edges], low[edges])
        found = update(pool, rules, NOW, member, outcome.prices.scale)
        assert found.candidates.tolist() == expected.tolist()
        assert set(found.proposed.tolist()) <= set(found.candidates.tolist())
        assert len(found.proposed) == min(len(expected), pool.capacities[member])
        compared += len(expected)
    assert compared > 300


def test_scores_are_those_of_a_full_run_to_the_last_bit() -> None:
    pool, stall, outcome = priced(pool_of(crowd(250, seed=8)), Rules(0.0))
    scored = score_pairs(pool, Rules(0.0), NOW, lambda _step: None)
    z = {
        (i, j): value
        for i, j, value in zip(stall.low.tolist(), stall.high.tolist(), scored.z.tolist(), strict=True)
    }
    for member in range(0, len(pool), 7):
        found = update(pool, Rules(0.0), NOW, member, outcome.prices.scale)
        for other, value in zip(found.candidates.tolist(), found.z.tolist(), strict=True):
            assert value == z[min(member, other), max(member, other)]


def test_nobody_to_meet_is_an_answer() -> None:
    pool = pool_of(
        [make_member(1, gender="male", preferredGenders=["female"]), make_member(2, gender="male")]
    )
    found = update(pool, Rules(), NOW, 0, 1.0)
    assert (found.candidates.tolist(), found.proposed.tolist(), found.price) == ([], [], 0.0)


def test_a_full_member_gets_nothing_and_a_small_pool_stays_closed() -> None:
    pool = pool_of([make_member(1, capacity=0), make_member(2), make_member(3)])
    assert update(pool, Rules(), NOW, 0, 1.0).proposed.tolist() == []
    assert len(update(pool, Rules(), NOW, 1, 1.0).candidates) == 1
    assert update(pool, Rules(min_pool=3), NOW, 1, 1.0).candidates.tolist() == []


def test_a_position_outside_the_pool_is_refused() -> None:
    for member in (-1, 1):
        with pytest.raises(ValueError, match="position"):
            update(pool_of([make_member(1)]), Rules(), NOW, member, 1.0)
