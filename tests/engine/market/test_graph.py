"""What is a market, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shared.engine.market import Market, MarketError, market_of_pairs, propose
from tests.engine.market.markets import market, proposed

ONES = np.ones(2)


def made(**overrides: Any) -> Market:
    """A triangle with room for two each, or what is overridden."""
    given: dict[str, Any] = {
        "start": np.array([0, 2, 3, 3]),
        "high": np.array([1, 2, 2], dtype=np.int32),
        "p": np.array([0.1, 0.2, 0.3]),
        "q": np.array([0.4, 0.5, 0.6]),
        "capacity": np.array([2, 2, 2]),
        "members": 3,
    }
    return Market(**given | overrides)


def test_everybody_sees_their_edges_with_the_others_ascending() -> None:
    triangle = made()
    assert triangle.low.tolist() == [0, 0, 1]
    assert triangle.neighbours.start.tolist() == [0, 2, 4, 6]
    assert triangle.neighbours.other.tolist() == [1, 2, 0, 2, 0, 1]
    assert triangle.neighbours.edge.tolist() == [0, 1, 0, 2, 1, 2]
    assert triangle.weights.tolist() == [0.1 * 0.4, 0.2 * 0.5, 0.3 * 0.6]


def test_other_types_of_numbers_are_taken() -> None:
    small = made(p=np.array([0, 1, 1]), q=np.array([0.5, 0.5, 0.25], dtype=np.float32), capacity=[9, 1, 0])
    assert small.p.dtype == small.q.dtype == np.float64
    assert small.room.tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"start": [0, 2, 3]}, "start: 3 entries where 4 are needed"),
        ({"start": [0, 3, 2, 3]}, "start: does not ascend"),
        ({"start": [1, 2, 3, 3]}, "start: does not ascend"),
        ({"start": [0, 2, 3, 4]}, "start: does not ascend"),
        ({"high": [2, 1, 2]}, r"high\[1\]: .* ascend"),
        ({"high": [1, 1, 2]}, r"high\[1\]: .* twice"),
        ({"high": [0, 2, 2]}, r"high\[0\]: not a higher member"),
        ({"high": [1, 3, 2]}, r"high\[1\]: not a higher member"),
        ({"high": [1, -1, 2]}, r"high\[1\]: not a higher member"),
        ({"high": np.array([1, 2, 2**32 + 2])}, "high: positions beyond 32 bits"),
        ({"high": [1.0, 2.0, 2.0]}, "high: not whole numbers"),
        ({"p": [0.1, float("nan"), 0.3]}, r"p\[1\]: not a number from 0 to 1"),
        ({"p": [0.1, 0.2, 1.0000001]}, r"p\[2\]: not a number from 0 to 1"),
        ({"q": [-1e-300, 0.2, 0.3]}, r"q\[0\]: not a number from 0 to 1"),
        ({"q": [0.1, 0.2, float("inf")]}, r"q\[2\]: not a number from 0 to 1"),
        ({"q": [0.1, 0.2]}, "q: 2 entries for 3 edges"),
        ({"p": np.zeros((3, 1))}, "p: not a row"),
        ({"p": ["a", "b", "c"]}, "p: not numbers"),
        ({"capacity": [2, 2]}, "capacity: 2 entries where 3 are needed"),
        ({"capacity": [2.5, 2.0, 2.0]}, "capacity: not whole numbers"),
        ({"members": -1}, "members: fewer than none"),
    ],
)
def test_what_is_no_market_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(MarketError, match=said):
        made(**wrong)


def test_pairs_must_be_sorted_and_of_members() -> None:
    for low in ([1, 0], [-1, 0], [0, 2]):
        with pytest.raises(MarketError, match="low: not ascending"):
            market_of_pairs(np.array(low, np.int32), np.ones(2, np.int32), ONES, ONES, np.ones(2, int))
    with pytest.raises(MarketError, match="not of the same length"):
        market_of_pairs(np.zeros(1, np.int32), np.ones(1, np.int32), ONES, ONES, np.ones(2, int))


@pytest.mark.parametrize("members", [0, 1, 2, 5])
def test_nobody_and_nothing(members: int) -> None:
    lonely = market({}, [3] * members)
    outcome = propose(lonely)
    assert len(outcome.chosen) == len(outcome.shortlist.edges) == 0
    assert outcome.prices.values.tolist() == [0.0] * members


def test_two_members() -> None:
    assert proposed(market({(0, 1): 0.5}, [3, 3])) == [(0, 1)]
    assert proposed(market({(0, 1): 0.0}, [1, 1])) == [(0, 1)]
    assert proposed(market({(0, 1): 1.0}, [0, 1])) == []
    assert proposed(market({(0, 1): 1.0}, [-7, 2**62])) == []
