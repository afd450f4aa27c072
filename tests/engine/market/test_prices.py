"""Prices clear the market they are asked in."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shared.engine.market import Market, MarketError, Prices, prices
from shared.engine.market.graph import Real
from shared.engine.market.prices import LEAST_SCALE, LEVELS, SPREAD, exponentials
from tests.engine.market.markets import market, pool, popularity, renamed


def exact(where: Market, start: Real | None = None) -> Prices:
    """Prices that have settled as far as numbers can."""
    return prices(where, start, tolerance=1e-12, most_iterations=100_000)


def spent(where: Market, found: Prices) -> list[float]:
    """What each member's proposals add up to: A² alone, and K·A·A with each candidate."""
    sums = [value * value for value in found.values.tolist()]
    for low, high, p, q in zip(*(x.tolist() for x in (where.low, where.high, where.p, where.q)), strict=True):
        together = math.exp(p * q / (SPREAD * found.scale)) * found.values[low] * found.values[high]
        sums[low] += together
        sums[high] += together
    return sums


@pytest.mark.parametrize(
    "where", [pool(60, 12, 1), popularity(20, 0.8, 2, capacity=2), pool(30, 29, 3, capacity=1)]
)
def test_everybody_spends_what_they_can_take(where: Market) -> None:
    """Against an exponential of another make; weights are rounded down to 1/2048 of the exponent."""
    found = exact(where)
    assert spent(where, found) == pytest.approx(where.room.tolist(), rel=1e-3)


def test_on_an_odd_cycle_and_between_two_sides() -> None:
    """Updating all members at once swings forever on the second."""
    triangle = market({(0, 1): 0.9, (1, 2): 0.9, (0, 2): 0.9}, [1, 1, 1])
    sides = market({(0, 2): 0.9, (0, 3): 0.9, (1, 2): 0.9, (1, 3): 0.9}, [1, 1, 1, 1])
    for where in (triangle, sides):
        found = exact(where)
        assert found.change <= 1e-12
        assert found.values == pytest.approx(found.values[0])
        assert spent(where, found) == pytest.approx([1.0] * where.members, rel=1e-3)


def test_who_is_sought_after_is_dear() -> None:
    """Everybody on the left likes member 3 best, then 4, then 5."""
    found = prices(market({(m, 3 + n): 0.9 - 0.3 * n for m in range(3) for n in range(3)}, [1] * 6))
    assert found.values[3] < found.values[4] < found.values[5]


def test_without_room_there_is_no_price_and_no_influence() -> None:
    edges = {(0, 1): 0.5, (0, 2): 0.7, (1, 2): 0.6}
    found = prices(market(edges | {(0, 3): 1.0, (2, 3): 1.0}, [2, 2, 2, 0]))
    assert found.values[3] == 0.0
    assert found.values[:3].tobytes() == prices(market(edges, [2, 2, 2])).values.tobytes()


def test_a_warm_start_reaches_the_same_prices_sooner() -> None:
    where = pool(200, 20, 4)
    cold = exact(where)
    moved = cold.values * np.linspace(0.9, 1.1, 200)
    moved[:10] = 0.0
    warm = exact(where, moved)
    assert warm.values == pytest.approx(cold.values, rel=1e-9)
    usual = prices(where)
    again = prices(where, start=usual.values)
    assert again.iterations < usual.iterations
    assert again.iterations <= 2


def test_a_start_that_is_none_is_refused() -> None:
    where = pool(4, 4, 5)
    with pytest.raises(MarketError, match="3 prices for 4 members"):
        prices(where, start=np.ones(3))
    for wrong in (float("nan"), -1.0, float("inf")):
        with pytest.raises(MarketError, match=r"start\[2\]"):
            prices(where, start=np.array([1.0, 1.0, wrong, 1.0]))


def test_names_and_sides_do_not_matter() -> None:
    where = pool(80, 15, 6)
    names = np.random.default_rng(7).permutation(80)
    found, other = exact(where), exact(renamed(where, names))
    assert other.values[names] == pytest.approx(found.values, rel=1e-9)


def test_small_chances_are_treated_as_large_ones() -> None:
    where = pool(80, 15, 8)
    small = Market(where.start, where.high, where.p * 0.25, where.q * 0.25, where.capacity, 80)
    assert prices(small).values == pytest.approx(prices(where).values, rel=1e-9)
    nobody = Market(where.start, where.high, where.p * 0.0, where.q, where.capacity, 80)
    assert prices(nobody).scale == LEAST_SCALE


def test_exponentials_are_exact() -> None:
    table = exponentials()
    assert len(table) == LEVELS
    for level in (0, 1, 255, 256, 2048, 30_000, LEVELS - 1):
        assert table[level] == pytest.approx(math.exp(level / 2048), rel=1e-15)


def test_one_outlier_does_not_overflow() -> None:
    """A best candidate many times better than the usual one counts as some five times as good."""
    edges = {(2 * k, 2 * k + 1): 1e-6 for k in range(50)} | {(0, 3): 1.0}
    found = prices(market(edges, [1] * 100))
    assert np.isfinite(found.values).all()
    assert (found.values > 0.0).all()
