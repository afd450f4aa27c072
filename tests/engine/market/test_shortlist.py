"""Everybody's best candidates."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings

from shared.engine.market import Market, MarketError, prices, shortlist
from shared.engine.market.prices import exponentials, per_weight
from tests.engine.market.markets import market, markets, pool


def by_hand(where: Market, size: int) -> list[list[int]]:
    """Each member's candidates with room, by K times A, then by position."""
    found = prices(where)
    levels = (where.weights * per_weight(found.scale)).astype(int).clip(max=65535)
    lists = []
    for member in range(where.members):
        ranked = []
        for edge in range(len(where)):
            ends = {int(where.low[edge]), int(where.high[edge])}
            if member in ends and where.capacity[member] > 0:
                (other,) = ends - {member}
                if where.capacity[other] > 0:
                    ranked.append((-exponentials()[levels[edge]] * found.values[other], other, edge))
        lists.append([edge for _, _, edge in sorted(ranked)[:size]])
    return lists


@settings(deadline=None)
@given(markets())
def test_as_by_hand(where: Market) -> None:
    for size in (1, 3, 50):
        listed = shortlist(where, prices(where), size)
        assert [listed.of(m).tolist() for m in range(where.members)] == by_hand(where, size)


def test_on_a_larger_pool() -> None:
    where = pool(150, 60, 1)
    listed = shortlist(where, prices(where))
    assert [listed.of(m).tolist() for m in range(150)] == by_hand(where, 50)


def test_equal_candidates_stand_in_the_order_of_positions() -> None:
    everybody = market({(low, high): 0.5 for high in range(8) for low in range(high)}, [2] * 8)
    flat = prices(everybody, tolerance=1e-15, most_iterations=10_000)
    level = type(flat)(np.full(8, flat.values[0]), flat.scale, 1, 0.0)
    listed = shortlist(everybody, level, 4)
    assert everybody.high[listed.of(0)].tolist() == [1, 2, 3, 4]
    assert everybody.low[listed.of(7)].tolist() == [0, 1, 2, 3]


def test_the_number_of_cores_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    where = pool(5000, 6, 2)
    found = prices(where)
    listed = [shortlist(where, found)]
    for count in (1, 2, 7):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, count=count: range(count), raising=False)
        listed.append(shortlist(where, found))
    assert len({one.edges.tobytes() + one.start.tobytes() for one in listed}) == 1


def test_a_shortlist_of_nobody_is_refused() -> None:
    where = pool(4, 4, 3)
    with pytest.raises(MarketError, match="size"):
        shortlist(where, prices(where), 0)
