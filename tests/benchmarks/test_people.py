"""The engine's candidates and scores against plain Python, over drawn members with charts of all kinds."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.tools.bench import double_loop_run, pools
from scripts.tools.bench.people import Person, candidates, people_of
from shared.engine import Pool
from shared.engine.filters.eligibility import Pairs, eligible_pairs
from shared.engine.filters.filters import members_of
from shared.engine.scoring.scores import pair_scores

MEMBERS = 400


@pytest.fixture(scope="module")
def world() -> tuple[Pool, list[Person]]:
    answer = pools.answer_of(pools.drawn(MEMBERS), MEMBERS)
    pool = Pool.parse(answer)
    return pool, people_of(answer, pool, pools.NOW)


def everybody(pool: Pool) -> Pairs:
    return eligible_pairs(pool, pools.NOW, np.ones(len(pool), dtype=np.bool_))


def test_every_pair_and_every_score_equals_plain_python(world: tuple[Pool, list[Person]]) -> None:
    pool, people = world
    pairs = everybody(pool)
    found = {
        (low, high): z
        for low, high, z in zip(
            pairs.low.tolist(), pairs.high.tolist(), pair_scores(pool, pairs).z.tolist(), strict=True
        )
    }
    plain = {
        (member, other): z
        for member in range(len(people))
        for other, z in candidates(people, member)
        if member < other
    }
    assert len(plain) > MEMBERS, "this community has too few pairs to tell"
    assert found == pytest.approx(plain, abs=1e-9)


def test_the_community_has_pairs_of_every_kind(world: tuple[Pool, list[Person]]) -> None:
    """Else the comparison above says nothing about them."""
    pool, people = world
    pairs = everybody(pool)
    kinds = {
        (people[low].modes & people[high].modes, bool(exact[low]), bool(exact[high]))
        for low, high in zip(pairs.low.tolist(), pairs.high.tolist(), strict=True)
        for exact in [pool.charts.exact]
    }
    assert {mode for mode, _, _ in kinds} == {1, 2, 3, 4}
    assert {(one, other) for _, one, other in kinds} == {(a, b) for a in (True, False) for b in (True, False)}


def test_a_pair_too_few_or_too_many_is_noticed(world: tuple[Pool, list[Person]]) -> None:
    pool, _ = world
    pairs = everybody(pool)
    rows, met = members_of(pool, pools.NOW)
    assert double_loop_run.wrong_pairs(rows, met, pairs.start, pairs.high) == 0
    keep = np.ones(len(pairs), dtype=np.bool_)
    keep[[0, len(pairs) // 2]] = False
    fewer = pairs.where(keep)
    assert double_loop_run.wrong_pairs(rows, met, fewer.start, fewer.high) == 2
    row = int(np.flatnonzero(np.diff(pairs.start))[0])
    other = next(at for at in range(row + 1, len(pool)) if at not in pairs.high[pairs.start[row] :][:50])
    more = np.insert(pairs.high, pairs.start[row], other)
    start = pairs.start.copy()
    start[row + 1 :] += 1
    more[start[row] : start[row + 1]].sort()
    assert double_loop_run.wrong_pairs(rows, met, start, more) == 1


def test_smaller_pools_of_one_community_are_parts_of_larger_ones() -> None:
    community = pools.drawn(120)
    larger = pools.answer_of(community, 120)
    smaller = pools.cut(larger, community, 40)
    assert smaller == pools.answer_of(community, 40)
    assert len(smaller["members"]["rows"]) == 40
    assert len(Pool.parse(larger)) == 120
