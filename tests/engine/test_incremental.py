"""Changed members: what a full run finds of each, and places taken in turn."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine import Rules, market
from shared.engine.pool.pool import Pool
from shared.engine.runs.acceptance import acceptance
from shared.engine.runs.incremental import Update, update, updates, usual_scale
from shared.engine.runs.lists import candidates
from shared.engine.runs.ranking import stall_of
from shared.engine.runs.scored import score_pairs
from tests.engine.community import NOW, axis, crowd, make_member, pool_of

few = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 10**6)


def placed(
    pool: Pool, members: list[int], met: Mapping[int, Collection[int]] | None = None, scale: float = 0.25
) -> list[Update]:
    """These members, one after the other."""
    found = candidates(pool, Rules(45.0), NOW, np.array(sorted(members)))
    return updates(pool, found, members, met or {}, scale)


def pairs_of(done: list[Update]) -> list[tuple[int, int]]:
    """Every proposal, the lower position first."""
    return [
        (min(one.member, other), max(one.member, other)) for one in done for other in one.proposed.tolist()
    ]


def same(one: Update, other: Update) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Update)
    )


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


def test_a_full_member_gets_nothing() -> None:
    pool = pool_of([make_member(1, capacity=0), make_member(2), make_member(3)])
    assert update(pool, Rules(), NOW, 0, 1.0).proposed.tolist() == []
    assert len(update(pool, Rules(), NOW, 1, 1.0).candidates) == 1


def test_a_position_outside_the_pool_is_refused() -> None:
    for member in (-1, 1):
        with pytest.raises(ValueError, match="position"):
            update(pool_of([make_member(1)]), Rules(), NOW, member, 1.0)


# Several at once.


@few
@given(seeds, st.randoms(use_true_random=False))
def test_nobody_gets_more_than_they_have_room_for_and_no_pair_comes_twice(
    seed: int, draw: random.Random
) -> None:
    pool = pool_of(crowd(60, seed))
    members = draw.sample(range(60), 25)
    pairs = pairs_of(placed(pool, members))
    assert len(pairs) == len({*pairs})
    taken = Counter(at for pair in pairs for at in pair)
    assert all(count <= pool.capacities[at] for at, count in taken.items())


@few
@given(seeds, st.randoms(use_true_random=False))
def test_whom_one_has_met_is_never_proposed_again(seed: int, draw: random.Random) -> None:
    pool = pool_of(crowd(60, seed, capacity=3))
    members = draw.sample(range(60), 25)
    before = pairs_of(placed(pool, members))
    met: dict[int, list[int]] = {member: [] for member in members}
    for low, high in before:
        for one, other in ((low, high), (high, low)):
            if one in met:
                met[one].append(other)
    done = placed(pool, members, met)
    assert not {*pairs_of(done)} & {*before}
    assert not any(set(one.candidates.tolist()) & {*met[one.member]} for one in done)


@few
@given(seeds, st.randoms(use_true_random=False))
def test_each_sees_the_places_that_those_before_have_taken(seed: int, draw: random.Random) -> None:
    """The same as placing one, writing down what came of it, and placing the next."""
    pool = pool_of(crowd(50, seed))
    members = draw.sample(range(50), 12)
    done = placed(pool, members)
    room, apart = pool.capacities.copy(), {member: set[int]() for member in members}
    for one in done:
        [alone] = placed(replace(pool, capacities=room.copy()), [one.member], {one.member: apart[one.member]})
        assert same(alone, one)
        for other in one.proposed.tolist():
            room[[one.member, other]] -= 1
            if other in apart:
                apart[other].add(one.member)


def test_the_last_place_goes_to_who_comes_first() -> None:
    wants = {"preferredGenders": ["male"], "valuesVector": axis(0)}
    pool = pool_of(
        [
            make_member(1, gender="male", valuesVector=axis(0), capacity=1),
            *(make_member(n, **wants) for n in (2, 3)),
        ]
    )
    loved, first, second = (pool.ids.index(make_member(n)["id"]) for n in (1, 2, 3))
    for turn in ([first, second], [second, first]):
        done = placed(pool, turn)
        assert [one.proposed.tolist() for one in done] == [[loved], []]


def test_a_pair_that_both_ask_for_is_proposed_once() -> None:
    pool = pool_of([make_member(n, valuesVector=axis(0)) for n in (1, 2)])
    first, second = placed(pool, [0, 1])
    assert (first.proposed.tolist(), second.proposed.tolist()) == ([1], [])


def test_one_at_a_time_is_the_first_of_several() -> None:
    pool = pool_of(crowd(80, 8))
    for member in range(0, 80, 5):
        alone = update(pool, Rules(45.0), NOW, member, 0.25)
        beside = [member, *(at for at in (3, 4) if at != member)]
        assert same(alone, placed(pool, beside)[0])


def test_the_pool_is_left_as_it_was() -> None:
    pool = pool_of(crowd(60, 8))
    room, met = pool.capacities.copy(), {0: [1, 2]}
    placed(pool, [0, 1, 2, 3], met)
    assert pool.capacities.tolist() == room.tolist()
    assert met == {0: [1, 2]}


def test_prices_are_numbers_that_can_be_kept() -> None:
    done = placed(pool_of(crowd(120, 8)), list(range(120)))
    prices = np.array([one.price for one in done])
    assert np.isfinite(prices).all()
    assert (prices >= 0).all()
    assert (prices > 0).any()


# Before any run over everybody.


def test_the_usual_scale_is_the_mean_of_what_the_best_are_worth() -> None:
    pool = pool_of(crowd(60, 8))
    found = candidates(pool, Rules(45.0), NOW, np.arange(40))
    best = []
    for member in range(60):
        row = found.row(member)
        if row.start < row.stop:
            likes = acceptance(found.z[row], found.known[row])
            best.append(max(float(like) ** 2 for like in likes))
    assert 10 < len(best) <= 40
    assert usual_scale(found) == pytest.approx(sum(best) / len(best), rel=1e-12)


def test_where_nobody_has_a_candidate_there_is_a_scale_that_can_be_used() -> None:
    pool = pool_of([make_member(1)])
    found = candidates(pool, Rules(), NOW, np.array([0]))
    assert usual_scale(found) == market.LEAST_SCALE
    [done] = updates(pool, found, [0], {}, usual_scale(found))
    assert done.proposed.tolist() == []


def test_strangers_have_a_scale_that_can_be_used() -> None:
    """Of whom nothing is known, next to nothing is hoped for: still they are proposed."""
    pool = pool_of([make_member(n) for n in (1, 2, 3)])
    found = candidates(pool, Rules(), NOW, np.arange(3))
    assert usual_scale(found) >= market.LEAST_SCALE
    done = updates(pool, found, [0, 1, 2], {}, usual_scale(found))
    assert sorted(pairs_of(done)) == [(0, 1), (0, 2), (1, 2)]
