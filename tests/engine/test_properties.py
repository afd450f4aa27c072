"""What holds for every community, whoever is in it."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine import Ranking
from shared.engine.filters.eligibility import eligible_pairs
from shared.engine.scoring.scores import pair_scores
from tests.engine.community import (
    NOW,
    Member,
    crowd,
    everyone,
    make_member,
    pool_of,
    rank_members,
)

few = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 10**6)
minima = st.sampled_from([0.0, 45.0, 50.0, 55.0])
vectors = st.lists(st.floats(-5, 5), min_size=16, max_size=16).filter(lambda v: max(map(abs, v)) > 1e-3)


def after(members: list[Member], ranking: Ranking) -> tuple[list[Member], list[list[int]]]:
    """The community once every proposal is stored: less room, and pairs with history."""
    place = {member["id"]: at for at, member in enumerate(members)}
    held = [dict(member) for member in members]
    met = [[place[p.a], place[p.b]] for p in ranking.proposals]
    for pair in met:
        for at in pair:
            held[at]["capacity"] -= 1
    return held, met


@few
@given(seeds, st.randoms(use_true_random=False), minima)
def test_the_order_of_members_changes_nothing(seed: int, draw: random.Random, minimum: float) -> None:
    members = crowd(60, seed)
    excluded = [draw.sample(range(60), 2) for _ in range(40)]
    order = draw.sample(range(60), 60)
    moved = {before: now for now, before in enumerate(order)}
    shuffled = [members[at] for at in order]
    turned = [[moved[j], moved[i]] for i, j in reversed(excluded)]
    first = rank_members(members, excluded, match_min_score=minimum)
    again = rank_members(shuffled, turned, match_min_score=minimum)
    assert (again.digest(), again.statement) == (first.digest(), first.statement)
    assert again.prices.tolist() == first.prices.tolist()


@few
@given(seeds, minima)
def test_a_second_run_over_unchanged_members_adds_nothing(seed: int, minimum: float) -> None:
    members = crowd(60, seed)
    first = rank_members(members, match_min_score=minimum)
    held, met = after(members, first)
    assert all(member["capacity"] >= 0 or member["capacity"] == -1 for member in held)
    assert not rank_members(held, met, match_min_score=minimum).proposals


@few
@given(seeds)
def test_no_excluded_pair_and_no_overfull_member(seed: int) -> None:
    members = crowd(60, seed)
    draw = random.Random(seed)
    excluded = [draw.sample(range(60), 2) for _ in range(600)]
    apart = {frozenset((members[i]["id"], members[j]["id"])) for i, j in excluded}
    ranking = rank_members(members, excluded, match_min_score=0.0)
    found = [frozenset((p.a, p.b)) for p in ranking.proposals]
    assert len(set(found)) == len(found)
    assert not apart & set(found)
    assert all(p.a < p.b for p in ranking.proposals)
    room = {member["id"]: max(0, member["capacity"]) for member in members}
    for pair in found:
        for member in pair:
            room[member] -= 1
    assert min(room.values()) >= 0


@few
@given(seeds)
def test_whom_somebody_excludes_takes_nothing_from_eligibility_elsewhere(seed: int) -> None:
    members = crowd(60, seed)
    pool, rest = pool_of(members), pool_of(members, [[0, 1], [5, 9]])
    all_pairs = eligible_pairs(pool, NOW, everyone(pool))
    left = eligible_pairs(rest, NOW, everyone(rest))
    keys, kept = (set(zip(p.low.tolist(), p.high.tolist(), strict=True)) for p in (all_pairs, left))
    assert kept <= keys
    gone = {frozenset((pool.ids[i], pool.ids[j])) for i, j in keys - kept}
    assert gone <= {frozenset((members[i]["id"], members[j]["id"])) for i, j in ((0, 1), (5, 9))}


@few
@given(vectors, vectors, st.floats(0, 100), st.floats(0, 100))
def test_a_score_is_the_same_from_both_sides(
    one: list[float], other: list[float], ready: float, other_ready: float
) -> None:
    found = []
    for first, second in (((one, ready), (other, other_ready)), ((other, other_ready), (one, ready))):
        pool = pool_of(
            [make_member(n, valuesVector=v, readiness=r) for n, (v, r) in enumerate((first, second), 1)]
        )
        found.append(pair_scores(pool, eligible_pairs(pool, NOW, everyone(pool))).z[0])
    assert found[0] == found[1]


@few
@given(st.floats(0, 99), st.floats(0.1, 1), st.floats(0, 1.4), st.floats(0.01, 0.1))
def test_a_better_block_never_lowers_the_score(ready: float, more: float, angle: float, turn: float) -> None:
    """Readiness up, or a smaller angle between two vectors, with everything else unchanged."""

    def z(readiness: float, towards: float) -> float:
        vector = [np.cos(towards).item(), np.sin(towards).item(), *[0.0] * 14]
        straight = [1.0, *[0.0] * 15]
        pool = pool_of(
            [
                make_member(1, readiness=100, valuesVector=straight, lifeGoalsVector=straight),
                make_member(2, readiness=readiness, valuesVector=vector, lifeGoalsVector=straight),
            ]
        )
        return float(pair_scores(pool, eligible_pairs(pool, NOW, everyone(pool))).z[0])

    assert z(ready + more, angle + turn) > z(ready, angle + turn)
    assert z(ready, angle) > z(ready, angle + turn)


@few
@given(seeds, st.integers(0, 59), st.sampled_from(["minAge", "maxAge", "distanceKm", "languagePref"]))
def test_a_wider_wish_never_costs_a_candidate(seed: int, at: int, wish: str) -> None:
    members = crowd(60, seed)
    wider = [dict(member) for member in members]
    wider[at][wish] = {"minAge": 18, "maxAge": 120, "distanceKm": None, "languagePref": []}[wish]

    def keys(them: list[Member]) -> set[tuple[int, int]]:
        pool = pool_of(them)
        pairs = eligible_pairs(pool, NOW, everyone(pool))
        return set(zip(pairs.low.tolist(), pairs.high.tolist(), strict=True))

    assert keys(members) <= keys(wider)


def test_more_members_and_higher_minima_are_monotone() -> None:
    """Nobody's pair is lost by somebody joining, and a higher gate lets fewer through."""
    members = crowd(120, seed=11)
    small = rank_members(members[:60]).statement.eligible_pairs
    assert small < rank_members(members).statement.eligible_pairs
    minima = (0.0, 50.0, 60.0, 90.0)
    above = [rank_members(members, match_min_score=m).statement.pairs_above_minimum for m in minima]
    assert above == sorted(above, reverse=True)
    assert above[0] > above[1] > above[2]
