"""The search for pairs against a double loop over people, in crowds that differ in everything a rule asks."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from shared.engine.filters import eligibility
from shared.engine.filters.eligibility import candidates_of, eligible_pairs
from shared.engine.filters.filters import PASSED, RULES, age, first_failed, gender, members_of, mode
from shared.engine.pool.pool import MODE_BITS
from shared.engine.scoring.modes import shared_modes
from tests.engine.community import NOW, Member, crowd, everyone, make_member, pool_of
from tests.engine.double_loop import RULES as RULE_NAMES
from tests.engine.double_loop import eligible_pairs_of, stopped_by

NAMES = {bit: name for name, bit in MODE_BITS.items()}


def world(size: int, seed: int, **overrides: Any) -> tuple[list[Member], list[list[int]]]:
    draw = random.Random(seed)
    return crowd(size, seed, **overrides), [draw.sample(range(size), 2) for _ in range(size * size // 20)]


def found_in(members: list[Member], excluded: list[list[int]]) -> dict[tuple[str, str], str | None]:
    """As `eligible_pairs_of`, by the engine; checks on the way that rows are what `Pairs` promises."""
    pool = pool_of(members, excluded)
    pairs = eligible_pairs(pool, NOW, everyone(pool))
    low, high = pairs.low, pairs.high
    assert pairs.start.dtype == np.int64
    assert low.dtype == high.dtype == np.int32
    assert pairs.start[0] == 0
    assert pairs.start[-1] == len(pairs) == len(high)
    assert (low < high).all()
    assert (np.diff(low.astype(np.int64) * len(pool) + high) > 0).all(), "a pair out of order, or twice"
    modes = shared_modes(pool, low, high)
    return {
        (pool.ids[a], pool.ids[b]): NAMES[bit]
        for a, b, bit in zip(low.tolist(), high.tolist(), modes.tolist(), strict=True)
    }


@pytest.mark.parametrize("seed", range(5))
def test_pairs_and_their_modes_equal_the_double_loop(seed: int) -> None:
    members, excluded = world(180, seed)
    expected = eligible_pairs_of(members, excluded)
    assert 180 < len(expected) < 4000, "this world filters too much or too little to tell"
    assert found_in(members, excluded) == expected


def test_every_rule_stops_somebody_in_these_crowds() -> None:
    """Else the comparison above says nothing about it."""
    stopped = set()
    for seed in range(5):
        members, excluded = world(180, seed)
        apart = {frozenset(pair) for pair in excluded}
        stopped |= {
            stopped_by(members[i], members[j], frozenset((i, j)) in apart)
            for i in range(180)
            for j in range(i)
        }
    assert stopped == {*RULE_NAMES, None}


@pytest.mark.parametrize(
    "alike",
    [
        {"gender": "female"},
        {"gender": "female", "preferredGenders": ["male"]},
        {"mode": "both", "preferredGenders": ["male"], "minAge": 18, "maxAge": 99},
        {"mode": "both", "friendshipGenders": ["female"], "minAge": 18, "maxAge": 99},
        {"birthDate": "1990-01-01", "minAge": 18, "maxAge": 99},
        {"mode": "professional", "distanceKm": None, "languagePref": [], "minAge": 18, "maxAge": 99},
        {"minAge": 18, "maxAge": 99, "preferredGenders": [], "mode": "both", "languagePref": []},
        {"homeCell": None},
    ],
)
def test_crowds_alike_in_something(alike: dict[str, Any]) -> None:
    members, excluded = world(150, 3, **alike)
    assert found_in(members, excluded) == eligible_pairs_of(members, excluded)


def test_pieces_and_waves_of_work_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    members, excluded = world(150, 5, preferredGenders=[], minAge=18, maxAge=99)
    whole = found_in(members, excluded)
    monkeypatch.setattr(eligibility, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(eligibility, "ROWS_IN_A_WAVE", 21)
    assert found_in(members, excluded) == whole


def test_members_of_rare_wishes_share_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """With many genders nearly everybody may have wishes of their own."""
    members, excluded = world(150, 5, minAge=18, maxAge=99)
    whole = found_in(members, excluded)
    pool = pool_of(members, excluded)
    people = members_of(pool, NOW)
    alike = len(eligibility._grouped(*people, everyone(pool)).meets)
    monkeypatch.setattr(eligibility, "_MOST_GROUPS", 3)
    assert len(eligibility._grouped(*people, everyone(pool)).meets) <= 3 + 4 * 5 < alike
    assert found_in(members, excluded) == whole


def test_a_crowd_without_wishes_meets_as_a_whole() -> None:
    """More partners per member than one word of marks, more pairs than a piece of work first has room for."""
    members = [make_member(number) for number in range(300)]
    assert len(found_in(members, [])) == 300 * 299 // 2


@pytest.mark.parametrize("seed", [1, 2])
def test_compiled_rules_equal_the_python_they_are_written_in(seed: int) -> None:
    members, excluded = world(40, seed)
    people, met = members_of(pool_of(members, excluded), NOW)
    for i in range(40):
        for j in range(40):
            if i == j:
                continue
            one, other = people[i], people[j]
            answers = [rule.passes.py_func(one, other, met) for rule in RULES]  # type: ignore[attr-defined]
            assert answers == [asked_of(rule.passes, people, met, i, j) for rule in RULES]
            first = answers.index(False) if False in answers else PASSED
            assert asked_of(first_failed, people, met, i, j) == first


def asked_of(rule: Any, people: Any, met: Any, i: int, j: int) -> Any:
    return rule(people[i], people[j], met)


@pytest.mark.parametrize("seed", [7, 8])
def test_one_members_candidates_are_their_row_and_column(seed: int) -> None:
    members, excluded = world(120, seed)
    pool = pool_of(members, excluded)
    pairs = eligible_pairs(pool, NOW, everyone(pool))
    counts = pairs.per_member(len(pool))
    for member in range(len(pool)):
        both = np.concatenate([pairs.high[pairs.low == member], pairs.low[pairs.high == member]])
        candidates = candidates_of(pool, NOW, member)
        assert candidates.dtype == np.int32
        assert candidates.tolist() == sorted(both.tolist())
        assert counts[member] == len(both)


def test_groups_skip_only_what_their_rules_refuse() -> None:
    """What speed rests on: members of one signature agree in mode and gender, and age bounds a window."""
    members, excluded = world(100, 9)
    pool = pool_of(members, excluded)
    people, met = members_of(pool, NOW)
    groups = eligibility._grouped(people, met, everyone(pool))
    assert groups.by_age.dtype.itemsize <= 16
    for i, one in enumerate(groups.members):
        for j, other in enumerate(groups.members):
            meets = groups.meets[groups.group_of[i], groups.group_of[j]]
            passes = [rule.py_func(one, other, met) for rule in (mode, gender)]  # type: ignore[attr-defined]
            assert meets == all(passes)
            if age.py_func(one, other, met):  # type: ignore[attr-defined]
                assert one.youngest <= other.age < one.oldest + 1
