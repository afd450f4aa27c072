"""Synthetic markets and the simple ways to propose on them, where the right answer is plain to see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scripts.tools.bench import synthetic
from scripts.tools.bench.synthetic import BUCKET, Synthetic, draw, greedy, limit, outcome, own_best
from scripts.tools.market import read


def indifferent(likes: float) -> Synthetic:
    """Everybody likes everybody as much."""
    chances = np.full((1, BUCKET, BUCKET), likes, dtype=np.float32)
    return Synthetic(chances, chances)


def everybody_with_their_number(shift: int = 0) -> tuple[synthetic.Whole, synthetic.Whole]:
    numbers = np.arange(BUCKET)
    return numbers, (numbers + shift) % BUCKET


def test_one_proposal_each_among_the_indifferent() -> None:
    did = outcome(indifferent(0.5), *everybody_with_their_number(), capacity=3)
    assert did.expected_matches == pytest.approx(0.25)
    assert (did.without_proposal, did.gini, did.largest_load) == (0.0, 0.0, 1)


def test_whoever_holds_twice_what_they_can_take_looks_at_half() -> None:
    left, right = np.arange(6), np.zeros(6, dtype=np.int64)
    did = outcome(indifferent(1.0), left, right, capacity=3)
    assert did.expected_matches == pytest.approx(6 * 0.5 / BUCKET)
    assert did.largest_load == 6
    assert did.without_proposal == pytest.approx(1 - 7 / (2 * BUCKET))


def test_what_is_no_pair_is_refused() -> None:
    market = draw(2 * BUCKET, 0.8, 1)
    with pytest.raises(ValueError, match="two buckets"):
        outcome(market, np.array([0]), np.array([BUCKET]), 3)
    with pytest.raises(ValueError, match="twice"):
        outcome(market, np.array([4, 4]), np.array([7, 7]), 3)
    with pytest.raises(ValueError, match="multiple of 500"):
        draw(BUCKET + 1, 0.8, 1)


def test_the_limit_is_met_where_everybody_is_liked_alike() -> None:
    """Three proposals each, each a match with a chance of a quarter."""
    assert limit(indifferent(0.5), 3) == pytest.approx(0.75, rel=1e-3)


@pytest.mark.parametrize("common", [0.8, 0.5])
def test_greedy_stays_below_the_limit_and_within_capacities(common: float) -> None:
    market = draw(BUCKET, common, 7)
    did = outcome(market, *greedy(market, 3), capacity=3)
    assert did.largest_load == 3
    assert 0.7 < did.expected_matches < limit(market, 3)


def test_own_best_floods_the_popular() -> None:
    """The published figures of this law at 2,000 a side are .309 matches each and a Gini of .445."""
    market = draw(2000, 0.8, 3)
    did = outcome(market, *own_best(market, 3), capacity=3)
    assert did.expected_matches == pytest.approx(0.31, abs=0.02)
    assert did.gini == pytest.approx(0.445, abs=0.01)
    assert did.without_proposal == 0.0


def test_the_more_taste_in_common_the_more_alike_are_the_chances_of_being_liked() -> None:
    alike, apart = (draw(BUCKET, common, 1).likes[0].std(axis=0).mean() for common in (1.0, 0.0))
    assert alike == pytest.approx(0.0, abs=1e-5)
    assert apart == pytest.approx(1 / np.sqrt(12), abs=0.01)


def test_a_written_market_is_read_by_the_command(tmp_path: Path) -> None:
    market = draw(2 * BUCKET, 0.5, 2)
    market.write(tmp_path / "market.npz")
    found = read(tmp_path / "market.npz", 3)
    assert found.per_side == 2 * BUCKET
    assert len(found.market) == 2 * BUCKET**2
    edge = 3 * BUCKET + 5
    assert found.market.low[edge] == 3
    assert found.market.high[edge] == 2 * BUCKET + 5
    assert found.market.p[edge] == pytest.approx(market.likes[0, 3, 5])
    assert found.market.q[edge] == pytest.approx(market.liked[0, 3, 5])
