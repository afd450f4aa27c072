"""A world in regions: lists as if all were one pool, capacities and pairs across borders."""

from __future__ import annotations

import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine import Pool, Rules
from shared.engine.runs.lists import lists_of
from shared.engine.runs.night import night
from shared.engine.runs.regions import FARTHEST_KM, Load, Region, cut, visits
from shared.places.grid import cell_centres, distances_km, home_cell
from tests.engine.community import NOW, Member, crowd, pool_of

few = settings(max_examples=10, deadline=None)


def spread(size: int, seed: int) -> list[Member]:
    """Members along a coast of some hundred kilometres, who reach a part of it."""
    draw = random.Random(seed)
    return [
        member
        | {
            "homeCell": home_cell(53.0 + draw.random(), 7.0 + 9.0 * draw.random()),
            "distanceKm": draw.choice([25, 40, 60, 100]),
            "preferredGenders": [],
            "languagePref": [],
        }
        for member in crowd(size, seed)
    ]


def cut_members(members: list[Member], most: int) -> list[Region]:
    places = cell_centres([member["homeCell"] for member in members])
    return cut(*places, np.array([float(member["distanceKm"]) for member in members]), most)


def loader(members: list[Member]) -> Load:
    number = {member["id"]: at for at, member in enumerate(members)}

    def load(numbers: np.ndarray) -> tuple[Pool, np.ndarray]:
        pool = pool_of([members[at] for at in numbers.tolist()])
        return pool, np.array([number[id_] for id_ in pool.ids], dtype=np.int64)

    return load


def with_waits(members: list[Member]) -> list[Member]:
    """Written down: who waits how long must not depend on who else is in the pool."""
    return [member | {"waitingSince": 1000 + at} for at, member in enumerate(members)]


@few
@given(st.integers(0, 10**6))
def test_lists_are_those_of_one_pool_and_proposals_keep_capacities_and_pairs(seed: int) -> None:
    members = with_waits(spread(150, seed))
    regions = cut_members(members, 60)
    assert len(regions) > 2
    whole, numbers = loader(members)(np.arange(len(members)))
    rules = Rules(45.0)
    one = night(whole, rules, NOW)
    expected = lists_of(whole, one.found, np.arange(len(whole)))
    rows = {int(numbers[at]): slice(expected.start[at], expected.start[at + 1]) for at in range(len(whole))}
    proposed: Counter[frozenset[str]] = Counter()
    listed = 0
    for visit in visits(regions, loader(members), rules, NOW):
        own = np.flatnonzero(np.isin(visit.numbers, visit.region.own))
        lists = lists_of(visit.pool, visit.night.found, own)
        for at, member in enumerate(lists.members.tolist()):
            here, there = slice(lists.start[at], lists.start[at + 1]), rows[int(visit.numbers[member])]
            assert visit.numbers[lists.other[here]].tolist() == numbers[expected.other[there]].tolist()
            assert np.array_equal(lists.score[here], expected.score[there])
            assert np.array_equal(lists.facts[here], expected.facts[there])
            listed += here.stop - here.start
        proposed.update(frozenset((p.a, p.b)) for p in visit.night.ranking.proposals)
    assert listed == len(expected.other) > 100
    assert set(proposed.values()) <= {1}
    load = Counter(id_ for pair in proposed for id_ in pair)
    room = {member["id"]: member["capacity"] - load[member["id"]] for member in members}
    assert min(room[id_] for id_ in load) >= 0
    # Nobody has room for somebody who has room, and every proposal could have been one of the whole pool.
    pairs = one.above.pairs
    both = {frozenset((whole.ids[i], whole.ids[j])) for i, j in zip(pairs.low, pairs.high, strict=True)}
    assert proposed.keys() <= both
    assert not [pair for pair in both - proposed.keys() if all(room[id_] > 0 for id_ in pair)]


def test_some_stand_in_several_and_meet_across_a_border() -> None:
    members = with_waits(spread(300, 3))
    regions = cut_members(members, 120)
    home = {number: at for at, region in enumerate(regions) for number in region.own.tolist()}
    number = {member["id"]: at for at, member in enumerate(members)}
    stands = Counter(number for region in regions for part in region for number in part.tolist())
    assert sorted(home) == list(range(300))
    assert max(stands.values()) > 1
    across = [
        p
        for visit in visits(regions, loader(members), Rules(), NOW)
        for p in visit.night.ranking.proposals
        if home[number[p.a]] != home[number[p.b]]
    ]
    assert len(across) > 5


@given(st.integers(0, 10**6), st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_who_may_meet_stand_together_where_either_lives(seed: int, most: int) -> None:
    """Anywhere on earth, the date line and the poles included."""
    rng = np.random.default_rng(seed)
    latitudes = np.degrees(np.arcsin(rng.uniform(-1, 1, 60))).round(1)
    longitudes = rng.choice([-180.0, -179.9, 179.9, 0.0, 5.0, 90.0], 60) + rng.choice([0.0, 0.05], 60)
    latitudes[:20] = rng.choice([89.9, 89.0, -90.0, 60.0, 60.5], 20)
    reaches = rng.choice([0.0, 25.0, 200.0, 5000.0, math.inf], 60)
    regions = cut(latitudes, longitudes, reaches, most)
    assert np.sort(np.concatenate([region.own for region in regions])).tolist() == list(range(60))
    home = {number: region for region in regions for number in region.own.tolist()}
    apart = distances_km(latitudes[:, None], longitudes[:, None], latitudes, longitudes)
    limit = np.minimum(np.minimum(reaches[:, None], reaches), FARTHEST_KM)
    for i, j in np.argwhere(apart <= limit - 1e-6).tolist():
        assert i in home[j].own or i in home[j].guests


def test_nobody_is_no_region_and_one_place_is_not_cut() -> None:
    none = np.empty(0)
    assert cut(none, none, none, 10) == []
    assert list(visits([], lambda _members: pytest.fail("nobody is read"), Rules(), NOW)) == []
    (region,) = cut(np.full(50, 52.5), np.full(50, 13.4), np.full(50, 25.0), 10)
    assert (len(region.own), len(region.guests)) == (50, 0)
