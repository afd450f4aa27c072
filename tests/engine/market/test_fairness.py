"""The numbers of the run statement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from shared.engine.market import Fairness, Market, fairness, gini, propose, without_prices
from tests.engine.market.markets import loads, market, markets, pairs_of, pool, popularity

SQUARE = market({(0, 2): 0.9, (0, 3): 0.8, (1, 2): 0.8, (1, 3): 0.1}, [1] * 4)


def test_of_four_who_get_one_each() -> None:
    """0 with 3 and 1 with 2."""
    assert fairness(SQUARE, np.array([1, 2])) == Fairness(
        members=4,
        members_with_candidates=4,
        members_with_proposal=4,
        proposals=2,
        expected_matches=0.8,
        tenth_percentile=0.8,
        gini=0.0,
        # 0 would rather have 2, whom 1 has; 2 would rather have 0, whom 3 has.
        envy=0.5,
        largest_load=1,
    )


def test_of_two_who_get_everything() -> None:
    found = fairness(SQUARE, np.array([0]))
    assert (found.members_with_proposal, found.proposals, found.gini) == (2, 1, 0.5)
    assert found.expected_matches == pytest.approx(2 * 0.9 / 4)
    assert found.tenth_percentile == 0.0
    # 1 envies 0, who has 2; 3 envies 2, who has 0.
    assert found.envy == 0.5


def test_who_has_no_room_or_nobody_to_meet() -> None:
    """2 has no room; 3 only knows 2; 4 knows nobody."""
    where = market({(0, 1): 0.5, (0, 2): 0.9, (2, 3): 0.9}, [1, 1, 0, 1, 1])
    found = fairness(where, propose(where).chosen)
    assert (found.members, found.members_with_candidates, found.members_with_proposal) == (4, 2, 2)
    assert (found.expected_matches, found.envy, found.gini) == (0.25, 0.0, 0.5)


def test_a_tenth_expect_no_more_than_the_tenth_percentile() -> None:
    """Ten pairs of chance .05, .1 … .5: of 20 members, two expect .05 and two .1."""
    pairs = market({(2 * k, 2 * k + 1): 0.05 * (k + 1) for k in range(10)}, [1] * 20)
    assert fairness(pairs, propose(pairs).chosen).tenth_percentile == pytest.approx(0.05)
    nine = market({(2 * k, 2 * k + 1): 0.05 * (k + 1) for k in range(1, 10)}, [1] * 20)
    found = fairness(nine, propose(nine).chosen[:-1])
    assert found.tenth_percentile == 0.0
    more = market({(2 * k, 2 * k + 1): 0.05 * (k // 2 + 1) for k in range(20)} | {(40, 41): 0.0}, [1] * 42)
    assert fairness(more, propose(more).chosen).tenth_percentile == pytest.approx(0.05)


def test_of_nobody_and_of_nothing() -> None:
    for members in (0, 1, 3):
        found = fairness(market({}, [1] * members), np.empty(0, dtype=np.int64))
        assert found == Fairness(members, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0)


def envious_by_hand(where: Market, chosen: list[tuple[int, int]]) -> float:
    """Envy over all members who can be served, by comparing everybody with everybody."""
    weight = dict(zip(pairs_of(where, np.arange(len(where))), where.weights.tolist(), strict=True))

    def hope(member: int, others: set[int]) -> float:
        return sum(float(weight.get((min(member, o), max(member, o)), 0.0)) for o in others if o != member)

    partners: dict[int, set[int]] = {m: set() for m in range(where.members)}
    for low, high in chosen:
        partners[low].add(high)
        partners[high].add(low)
    asked = {m for pair in weight if min(where.capacity[pair[0]], where.capacity[pair[1]]) > 0 for m in pair}
    envious = [
        m
        for m in asked
        if max(hope(m, partners[o]) for o in partners if o != m) > hope(m, partners[m]) + 1e-9
    ]
    return len(envious) / len(asked) if asked else 0.0


@settings(deadline=None)
@given(markets())
def test_envy_as_by_hand(where: Market) -> None:
    chosen = propose(where).chosen
    assert fairness(where, chosen).envy == envious_by_hand(where, pairs_of(where, chosen))


def test_a_sample_is_spread_over_all_and_always_the_same() -> None:
    where = pool(400, 20, 1)
    chosen = propose(where).chosen
    all_of_them, some = fairness(where, chosen), fairness(where, chosen, sample=100)
    assert some == fairness(where, chosen, sample=100)
    assert some.envy == pytest.approx(all_of_them.envy, abs=0.1)
    assert fairness(where, chosen, sample=0).envy == 0.0


def test_without_prices_the_best_pairs_are_taken_first() -> None:
    assert pairs_of(SQUARE, without_prices(SQUARE)) == [(0, 2), (1, 3)]
    assert len(without_prices(market({}, [1, 1]))) == 0


def test_prices_serve_whom_greed_forgets() -> None:
    where = popularity(200, 0.8, 2)
    before, after = fairness(where, without_prices(where)), fairness(where, propose(where).chosen)
    assert loads(where, without_prices(where)).max() == 3
    assert before.members_with_proposal < 0.9 * 400
    assert after.members_with_proposal == 400
    assert before.gini > 0.2 > 0.01 >= after.gini
    assert after.expected_matches > 1.1 * before.expected_matches
    assert after.tenth_percentile > before.tenth_percentile


def test_gini() -> None:
    assert gini([]) == gini([0, 0]) == gini([2, 2, 2]) == 0.0
    assert gini([0, 0, 0, 8]) == 0.75
    assert gini([3, 1]) == gini([1, 3]) == 0.25
