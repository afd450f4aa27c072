"""The kernels on their own: what each promises must hold without the ones after it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine.market import Market, prices
from shared.engine.market.exchange import greedy, improve, serve
from shared.engine.market.held import Held, nothing_held
from shared.engine.market.rows import sorted_rows
from shared.engine.market.worth import worths
from tests.engine.market.markets import market, markets, pairs_of, total


def holding(where: Market, seed: int | None = None) -> Held:
    """Pairs taken while there is room: in a random order, or in that of the market."""
    order = np.arange(len(where))
    held = nothing_held(where.low, where.high, where.room)
    greedy(order if seed is None else np.random.default_rng(seed).permutation(order), held)
    return held


def assert_consistent(where: Market, held: Held) -> None:
    """Marks, loads and lists say the same, and nobody holds more than they can."""
    for member in range(where.members):
        mine = held.held[held.first[member] : held.first[member] + held.load[member]]
        around = where.neighbours.edge[where.neighbours.start[member] : where.neighbours.start[member + 1]]
        assert sorted(mine.tolist()) == sorted(e for e in around.tolist() if held.taken[e])
    assert (held.load <= np.maximum(where.capacity, 0)).all()


@settings(deadline=None)
@given(markets(), st.integers(0, 3), st.integers(1, 9))
def test_exchanges_gain_what_they_say_and_leave_nobody_with_nothing(
    where: Market, seed: int, longest: int
) -> None:
    held = holding(where, seed)
    before, served = total(where, np.flatnonzero(held.taken)), held.load > 0
    found = prices(where)
    worth = worths(where.neighbours, where.weights, where.room, found)
    rows = sorted_rows(where.neighbours, where.weights, worth, 16)
    gain = improve(rows, where.weights, worth, held, longest, 0.5 * found.scale, 1e-12)
    assert total(where, np.flatnonzero(held.taken)) == pytest.approx(before + gain, abs=1e-9)
    assert gain >= 0.0
    assert (held.load[served] > 0).all()
    assert_consistent(where, held)


@settings(deadline=None)
@given(markets(), st.integers(0, 3))
def test_serving_somebody_leaves_nobody_else_with_nothing(where: Market, seed: int) -> None:
    held = holding(where, seed)
    served = held.load > 0
    moves = serve(where.neighbours, where.weights, held)
    assert (held.load[served] > 0).all()
    newly = int((held.load > 0).sum() - served.sum())
    assert moves <= newly <= 2 * moves
    assert_consistent(where, held)


def test_of_two_who_could_give_one_the_one_who_loses_less_does() -> None:
    """4 holds 0 and 1, who each have another; 3 can only meet 4."""
    where = market(
        {(0, 4): 0.9, (0, 5): 0.5, (1, 4): 0.3, (1, 6): 0.5, (3, 4): 0.4},
        [2, 2, 0, 1, 2, 1, 1],
    )
    held = holding(where)
    assert serve(where.neighbours, where.weights, held) == 1
    assert pairs_of(where, np.flatnonzero(held.taken)) == [(0, 4), (0, 5), (1, 6), (3, 4)]


def test_a_second_search_is_as_free_as_the_first() -> None:
    """0 moves from 3 to 4 for 1, then from 4 to 5 for 2; 5 has 6 and does not search."""
    edges = {(0, 3): 0.9, (0, 4): 0.5, (0, 5): 0.4, (1, 3): 0.2, (2, 4): 0.2, (5, 6): 0.1}
    where = market(edges, [1, 1, 1, 1, 1, 2, 1])
    held = nothing_held(where.low, where.high, where.room)
    greedy(np.array([0, 5]), held)
    assert serve(where.neighbours, where.weights, held) == 2
    assert pairs_of(where, np.flatnonzero(held.taken)) == [(0, 5), (1, 3), (2, 4), (5, 6)]


def test_a_gain_that_would_leave_somebody_with_nothing_is_none() -> None:
    """0 and 1 would do far better than 1 and 2, but 2 has nobody else."""
    where = market({(0, 1): 0.9, (1, 2): 0.1}, [1, 1, 1])
    held = nothing_held(where.low, where.high, where.room)
    greedy(np.array([1]), held)
    worth = np.zeros(3)
    rows = sorted_rows(where.neighbours, where.weights, worth, 16)
    assert improve(rows, where.weights, worth, held, 8, 0.0, 1e-9) == 0.0
    assert held.taken.tolist() == [0, 1]


def test_nor_one_at_the_end_of_a_chain() -> None:
    """0 and 3 gain by meeting. 1, whom 3 leaves, could take 4's place with 5; 4 would be left alone."""
    where = market({(0, 3): 0.9, (1, 3): 0.1, (1, 5): 0.9, (4, 5): 0.8}, [1] * 6)
    held = nothing_held(where.low, where.high, where.room)
    greedy(np.array([1, 3]), held)
    worth = np.zeros(6)
    rows = sorted_rows(where.neighbours, where.weights, worth, 16)
    assert improve(rows, where.weights, worth, held, 8, 0.0, 1e-9) == 0.0
    assert held.taken.tolist() == [0, 1, 0, 1]
