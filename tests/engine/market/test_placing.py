"""One changed member is placed as a full run would place them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shared.engine.market import MarketError, place, prices, shortlist
from tests.engine.market.markets import pool
from tests.pace import seconds_of

WHERE = pool(400, 40, 1)
PRICES = prices(WHERE, tolerance=1e-10, most_iterations=10_000)


def test_the_shortlist_is_that_of_a_full_run() -> None:
    near = WHERE.neighbours
    for member in range(0, 400, 40):
        around = slice(near.start[member], near.start[member + 1])
        edges = near.edge[around]
        placed = place(
            WHERE.p[edges],
            WHERE.q[edges],
            PRICES.values[near.other[around]],
            WHERE.room[near.other[around]],
            int(WHERE.room[member]),
            PRICES.scale,
            size=10,
        )
        assert edges[placed.shortlist].tolist() == shortlist(WHERE, PRICES, 10).of(member).tolist()
        assert placed.price == pytest.approx(PRICES.values[member], rel=1e-6)
        assert sorted(placed.chosen.tolist()) == sorted(placed.shortlist[:3].tolist())


def three(capacity: int = 2, room: tuple[int, int, int] = (1, 1, 1)) -> tuple[list[int], list[int]]:
    placed = place(
        np.array([0.5, 0.4, 0.3]), np.ones(3), np.array([0.01, 0.5, 0.6]), np.array(room), capacity, 0.8, 50
    )
    return placed.shortlist.tolist(), placed.chosen.tolist()


def test_who_is_dear_comes_last_and_who_is_full_not_at_all() -> None:
    assert three() == ([1, 2, 0], [1, 2])
    assert three(capacity=9) == ([1, 2, 0], [0, 1, 2])
    assert three(room=(1, 0, 1)) == ([2, 0], [0, 2])
    assert three(room=(0, -1, 0)) == ([], [])
    assert three(capacity=0) == three(capacity=-2) == ([], [])


def test_equal_candidates_stand_in_their_order_and_new_ones_are_not_dear() -> None:
    half = np.full(4, 0.5)
    placed = place(half, half, np.array([0.3, 0.0, 0.3, 0.3]), np.ones(4, int), 1, 0.5)
    assert placed.shortlist.tolist() == [1, 0, 2, 3]


def test_nobody_to_meet() -> None:
    nothing = np.empty(0)
    placed = place(nothing, nothing, nothing, np.empty(0, dtype=np.int64), 3, 1.0)
    assert (len(placed.shortlist), len(placed.chosen), placed.price) == (0, 0, 0.0)


def test_what_makes_no_sense_is_refused() -> None:
    good: dict[str, Any] = {"p": np.ones(2), "q": np.ones(2), "values": np.ones(2), "room": np.ones(2, int)}
    wrong = {
        "p": (np.array([0.5, np.nan]), r"p\[1\]"),
        "q": (np.array([1.5, 0.5]), r"q\[0\]"),
        "values": (np.array([1.0, -1.0]), r"values\[1\]"),
        "room": (np.ones(3, int), "not of the same length"),
    }
    for name, (column, said) in wrong.items():
        with pytest.raises(MarketError, match=said):
            place(**good | {name: column}, capacity=1, scale=1.0)
    for options, said in (({"scale": 0.0}, "scale"), ({"scale": np.nan}, "scale"), ({"size": 0}, "size")):
        with pytest.raises(MarketError, match=said):
            place(**good, capacity=1, **{"scale": 1.0} | options)


def test_among_a_thousand_candidates_within_a_few_milliseconds() -> None:
    """Measured: about 0.2 ms."""
    rng = np.random.default_rng(2)
    given = rng.random(1000), rng.random(1000), rng.random(1000), np.ones(1000, int), 3, 0.8
    place(*given)
    assert seconds_of(lambda: place(*given), tries=20) < 0.003
