"""The run over everybody in one pass: against the steps it is made of, each done on its own."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine import Pool, Ranking, Rules, rank
from shared.engine.filters.eligibility import eligible_pairs
from shared.engine.runs.facts import told
from shared.engine.runs.lists import Lists, candidates, lists_of
from shared.engine.runs.night import night
from shared.engine.runs.ranking import ranking_of
from shared.engine.runs.scored import Above, Scored
from shared.engine.scoring.scores import least_z, pair_scores, score, two_decimals
from tests.engine.community import NOW, Member, answer_of, crowd, pool_of
from tests.engine.described import described
from tests.engine.test_facts import charted

few = settings(max_examples=12, deadline=None)
seeds = st.integers(0, 10**6)
minima = st.sampled_from([0.0, 45.0, 50.0, 55.0])

Drawn = tuple[list[Member], list[list[int]], list[list[int]]]


def drawn(size: int, seed: int) -> Drawn:
    """Members, pairs that must not meet, and pairs that have met."""
    draw = random.Random(seed)
    members = charted(size, seed) if seed % 2 else crowd(size, seed)
    apart = [draw.sample(range(size), 2) for _ in range(size)]
    return members, apart, [*apart[:3], *(draw.sample(range(size), 2) for _ in range(4 * size))]


def pool_with(members: Sequence[Member], apart: Sequence[list[int]], met: Sequence[list[int]]) -> Pool:
    return Pool.parse(answer_of(members, apart) | {"met": [list(pair) for pair in met]})


def ranked_alone(pool: Pool, rules: Rules) -> Ranking:
    """Proposals of a pool all of whose pairs with history are excluded: filtered for themselves."""
    assert not len(pool.met)
    eligible = eligible_pairs(pool, NOW, pool.capacities > 0)
    scores = pair_scores(pool, eligible)
    enough = scores.z >= least_z(rules.match_min_score)
    pairs, z, known = eligible.where(enough), scores.z[enough], scores.known[enough]
    counts = np.bincount([round(100 * two_decimals(score(each))) for each in scores.z], minlength=10_001)
    reached = eligible.per_member(len(pool)) > 0
    scored = Scored(pairs, z, known, len(eligible), reached, counts, Above(pairs, z, known))
    return ranking_of(pool, NOW, scored, lambda _step: None)


def same(one: Ranking, other: Ranking) -> bool:
    return (
        one.digest() == other.digest()
        and one.proposals == other.proposals
        and one.statement == other.statement
        and one.prices.tobytes() == other.prices.tobytes()
        and one.scale == other.scale
    )


def same_lists(one: Lists, other: Lists) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("members", "start", "other", "score", "facts")
    )


@few
@given(seeds, minima)
def test_proposals_prices_and_statement_are_those_of_a_run_without_met_pairs(
    seed: int, minimum: float
) -> None:
    members, apart, met = drawn(60, seed)
    rules = Rules(minimum)
    found = night(pool_with(members, apart, met), rules, NOW).ranking
    assert same(found, ranked_alone(pool_of(members, [*apart, *met]), rules))
    assert same(found, rank(pool_with(members, apart, met), rules, NOW))


def test_the_comparison_is_about_something() -> None:
    members, apart, met = drawn(150, 7)
    with_history = night(pool_with(members, apart, met), Rules(), NOW).ranking
    without = night(pool_with(members, apart, []), Rules(), NOW).ranking
    assert len(with_history.proposals) > 50
    assert not {(p.a, p.b) for p in without.proposals} <= {(p.a, p.b) for p in with_history.proposals}


@few
@given(seeds, minima)
def test_candidates_of_everybody_are_those_of_each(seed: int, minimum: float) -> None:
    members, apart, met = drawn(60, seed)
    pool, rules = pool_with(members, apart, met), Rules(minimum)
    everybody = np.arange(len(pool))
    found = night(pool, rules, NOW).found
    each = candidates(pool, rules, NOW, everybody)
    assert np.array_equal(found.pairs.start, each.pairs.start)
    assert np.array_equal(found.pairs.high, each.pairs.high)
    # An uncertain chart is spread out for the lower of two positions, or for who is asked about: a last bit.
    assert np.abs(found.z - each.z).max(initial=0.0) < 1e-12
    assert np.array_equal(found.known, each.known)
    assert same_lists(lists_of(pool, found, everybody), lists_of(pool, each, everybody))


@few
@given(seeds)
def test_lists_say_of_each_pair_what_is_told_of_it(seed: int) -> None:
    members, apart, met = drawn(40, seed)
    pool = pool_with(members, apart, met)
    lists = lists_of(pool, night(pool, Rules(45.0), NOW).found, np.arange(len(pool)))
    mine = np.repeat(lists.members, np.diff(lists.start))
    low, high = np.minimum(mine, lists.other), np.maximum(mine, lists.other)
    assert [told(row) for row in lists.facts] == described(pool, low, high)


@few
@given(seeds)
def test_guests_get_the_lists_of_a_pool_of_their_own(seed: int) -> None:
    members, apart, met = drawn(60, seed)
    guests = sorted(random.Random(seed).sample(range(len(members)), 25))
    place = {at: new for new, at in enumerate(guests)}
    kept = [[place[i], place[j]] for i, j in apart if i in place and j in place]
    pool, alone = pool_with(members, apart, met), pool_of([members[at] for at in guests], kept)
    among = np.isin(pool.ids, alone.ids)
    found = lists_of(pool, night(pool, Rules(45.0), NOW).found, np.arange(len(pool)), among)
    expected = lists_of(
        alone, candidates(alone, Rules(45.0), NOW, np.arange(len(alone))), np.arange(len(alone))
    )
    assert [pool.ids[at] for at in found.members] == list(alone.ids)
    assert [pool.ids[at] for at in found.other] == [alone.ids[at] for at in expected.other]
    for name in ("start", "score", "facts"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))


def test_met_pairs_stand_on_lists_and_are_not_proposed() -> None:
    members = crowd(60, 8, capacity=20)
    pool = pool_of(members)
    first = night(pool, Rules(), NOW)
    place = {member["id"]: at for at, member in enumerate(members)}
    met = [[place[p.a], place[p.b]] for p in first.ranking.proposals]
    again = night(pool_with(members, [], met), Rules(), NOW)
    everybody = np.arange(len(pool))
    assert len(met) > 30
    assert same_lists(lists_of(pool, first.found, everybody), lists_of(pool, again.found, everybody))
    assert not {(p.a, p.b) for p in first.ranking.proposals} & {(p.a, p.b) for p in again.ranking.proposals}


def test_nobody_and_one() -> None:
    for members in ([], crowd(1, 1)):
        pool = pool_of(members)
        found = night(pool, Rules(), NOW)
        lists = lists_of(pool, found.found, np.arange(len(pool)))
        assert (found.ranking.proposals, len(lists.other), lists.start.tolist()) == (
            (),
            0,
            [0] * (len(pool) + 1),
        )
