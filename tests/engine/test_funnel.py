"""What each rule leaves of a member's candidates, and what a wider wish of their own would."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from shared.engine.filters.eligibility import eligible_pairs
from shared.engine.filters.filters import RULE_NAMES
from shared.engine.filters.funnel import CHANGES, funnel, shown
from shared.engine.filters.funnel_shown import STEPS
from shared.places.grid import distance_km
from tests.engine.community import BERLIN, MUNICH, NOW, POTSDAM, Member, crowd, everyone, make_member, pool_of
from tests.engine.double_loop import RULES, stopped_by

CHANGED: Mapping[str, Callable[[Member], dict[str, Any]]] = {
    "widen_age": lambda m: {"minAge": m["minAge"] - 2, "maxAge": m["maxAge"] + 2},
    "any_language": lambda _: {"languagePref": []},
    "double_distance": lambda m: {"distanceKm": m["distanceKm"] and 2 * m["distanceKm"]},
    "any_distance": lambda _: {"distanceKm": None},
    "no_deal_breakers": lambda _: {"dealBreakers": []},
}
"""What each change does to a member as written down."""


def counted(
    members: list[Member], excluded: list[list[int]], at: int
) -> tuple[dict[str, int], dict[str, int]]:
    """What passes each rule, and how many candidates each change would leave, for one of the members."""
    apart = {frozenset(pair) for pair in excluded}

    def stops(one: Member) -> list[str | None]:
        others = (j for j in range(len(members)) if j != at)
        return [stopped_by(one, members[j], frozenset((at, j)) in apart) for j in others]

    stopped = stops(members[at])
    left = {
        rule: sum(stop is None or RULES.index(stop) > place for stop in stopped)
        for place, rule in enumerate(RULES)
    }
    changed = {name: stops(members[at] | change(members[at])).count(None) for name, change in CHANGED.items()}
    return left, changed


@pytest.mark.parametrize("seed", range(3))
def test_counts_equal_a_loop_over_people_with_changed_wishes(seed: int) -> None:
    members = crowd(90, seed)
    draw = random.Random(seed)
    excluded = [draw.sample(range(90), 2) for _ in range(450)]
    pool = pool_of(members, excluded)
    found = funnel(pool, NOW)
    place = {member["id"]: at for at, member in enumerate(members)}
    gained = np.zeros(len(CHANGES), dtype=np.int64)
    for at, id_ in enumerate(pool.ids):
        left, changed = counted(members, excluded, place[id_])
        assert dict(zip(RULE_NAMES, found.left[at].tolist(), strict=True)) == left
        assert {c.name: n for c, n in zip(CHANGES, found.changed[at].tolist(), strict=True)} == changed
        gained += found.changed[at] - left["history"]
    assert (gained > 0).all(), "a change that helps nobody tests nothing"


@pytest.mark.parametrize("seed", [4, 5])
def test_the_last_rule_leaves_the_eligible_pairs(seed: int) -> None:
    pool = pool_of(crowd(150, seed), excluded=[[1, 2], [3, 4], [100, 7]])
    pairs = eligible_pairs(pool, NOW, everyone(pool))
    found = funnel(pool, NOW)
    assert found.left[:, -1].tolist() == pairs.per_member(150).tolist()
    removed = found.removed()
    assert list(removed) == list(RULES)
    assert sum(removed.values()) == 150 * 149 // 2 - len(pairs)
    assert (np.diff(found.left, axis=1) <= 0).all()
    assert (found.changed >= found.left[:, -1:]).all(), "a wider wish cost a candidate"


def test_each_member_counts_their_own_side_of_a_wish() -> None:
    """Anna wants women to 30 only; her wider window helps her with Bea of 32, and Bea's does not."""
    anna = make_member(1, birthDate="1998-01-01", maxAge=30)
    bea = make_member(2, birthDate="1994-01-01")
    found = funnel(pool_of([anna, bea]), NOW)
    widened = [change.name for change in CHANGES].index("widen_age")
    assert found.left[:, RULES.index("age")].tolist() == [0, 0]
    assert found.changed[:, widened].tolist() == [1, 0]
    assert found.changed.sum() == 1


def test_a_window_is_never_widened_below_adults() -> None:
    young = make_member(1, birthDate="2008-11-21", minAge=0)
    found = funnel(pool_of([young, make_member(2, minAge=18, maxAge=19), make_member(3, minAge=0)]), NOW)
    assert found.left[:, RULES.index("age")].tolist() == [0, 0, 0]
    # The second's wider window reaches the third, of thirty, no more than the first, of seventeen.
    assert found.changed[:, 0].tolist() == [0, 0, 0]


def test_twice_as_far_is_twice_the_kilometres() -> None:
    """Also beyond a quarter and half of the way round the earth."""
    doubled = [change.name for change in CHANGES].index("double_distance")
    antipode = f"{1800 - 1 - int(BERLIN.split('.')[0])}.0"
    for cell in (POTSDAM, MUNICH, "900.0", "450.100", antipode):
        way = distance_km(BERLIN, cell)
        for share, reached in ((0.4999, 0), (0.5001, 1), (0.9, 1)):
            here = make_member(1, homeCell=BERLIN, distanceKm=way * share)
            found = funnel(pool_of([here, make_member(2, homeCell=cell)]), NOW)
            assert found.left[:, -1].tolist() == [0, 0]
            assert found.changed[:, doubled].tolist() == [reached, 0]


@pytest.mark.parametrize("size", [0, 1, 2])
def test_small_pools(size: int) -> None:
    found = funnel(pool_of([make_member(n) for n in range(size)]), NOW)
    assert found.left.shape == (size, len(RULES))
    assert found.changed.shape == (size, len(CHANGES))
    assert found.left.tolist() == [[max(0, size - 1)] * len(RULES)] * size
    assert set(found.removed().values()) == {0}
    for at in range(size):
        told = shown(found, at)
        assert told["searching"] is None
        assert [step["left"] for step in told["steps"]] == [None] * len(STEPS)
        assert told["suggestions"] == []


def test_what_a_member_is_shown() -> None:
    """130 others: 110 want what Anna wants, 100 her language too, 42 near, 60 more twice as far."""
    anna = make_member(999, homeCell=BERLIN, distanceKm=20, mode="romantic", languagePref=["en"])
    others = [make_member(n, mode="friendship") for n in range(20)]
    others += [make_member(n, mode="romantic", languages=["de"]) for n in range(20, 30)]
    others += [make_member(n, mode="romantic", homeCell=BERLIN) for n in range(30, 72)]
    others += [make_member(n, mode="romantic", homeCell=POTSDAM) for n in range(72, 130)]
    assert 20 < distance_km(BERLIN, POTSDAM) < 40
    pool = pool_of([*others, anna])
    told = shown(funnel(pool, NOW), len(pool) - 1)
    assert json.loads(json.dumps(told)) == told
    assert told == {
        "searching": 150,
        "steps": [
            {"rule": "mode", "left": 100},
            {"rule": "age", "left": 100},
            {"rule": "gender", "left": 100},
            {"rule": "language", "left": 100},
            {"rule": "distance", "left": 50},
            {"rule": "deal_breakers", "left": 50},
            {"rule": "acquaintances", "left": 50},
        ],
        "suggestions": [{"change": "double_distance", "effect": "about_doubles"}],
    }
