"""The vectorised engine against a double loop over people, written from the rules and from nothing else."""

from __future__ import annotations

import datetime
import math
import random
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from shared.engine.configuration import CONFIGURATION
from shared.engine.eligibility import eligible_pairs, shared_modes
from shared.engine.pool import MODE_BITS
from shared.engine.scores import pair_scores, score
from shared.grid import distance_km
from tests.engine.community import NOW, Member, crowd, pairs_of, pool_of, rank_members

WISHES = {
    "romantic": {"romantic"},
    "friendship": {"friendship"},
    "both": {"romantic", "friendship"},
    "professional": {"professional"},
}


def age(member: Member) -> int:
    born = datetime.date.fromisoformat(member["birthDate"])
    today = NOW.date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def accepts(one: Member, other: Member) -> bool:
    """Whether `other` passes the wishes of `one` that need no mutual rule."""
    return (
        (not one["preferredGenders"] or other["gender"] in one["preferredGenders"])
        and max(one["minAge"], 18) <= age(other) <= one["maxAge"]
        and (not one["languagePref"] or bool({*one["languagePref"]} & {*other["languages"]}))
    )


def near(one: Member, other: Member) -> bool:
    limits = [m["distanceKm"] for m in (one, other) if m["distanceKm"] is not None]
    if not limits:
        return True
    if one["homeCell"] is None or other["homeCell"] is None:
        return bool(one["tz"] == other["tz"])
    return bool(distance_km(one["homeCell"], other["homeCell"]) <= min(limits) + 1e-9)


def eligible(one: Member, other: Member) -> bool:
    return bool(
        WISHES[one["mode"]] & WISHES[other["mode"]]
        and accepts(one, other)
        and accepts(other, one)
        and near(one, other)
    )


def cosine(one: list[float], other: list[float]) -> float:
    product = sum(a * b for a, b in zip(one, other, strict=True))
    return product / (math.hypot(*one) * math.hypot(*other))


def total(one: Member, other: Member) -> float:
    """The score by the formula, renormalising shares, which the engine need not do."""
    columns = {
        "values": "valuesVector",
        "communication": "communicationVector",
        "life_goals": "lifeGoalsVector",
        "readiness": "readiness",
    }
    shared: list[tuple[float, float]] = []
    for block in CONFIGURATION.blocks:
        a, b = one[columns[block.name]], other[columns[block.name]]
        if a is not None and b is not None:
            raw = min(a, b) if block.name == "readiness" else cosine(a, b)
            shared.append((block.share, (raw - block.mean) / block.deviation))
    if not shared:
        return 50.0
    whole = sum(share for share, _ in shared)
    z = sum(share / whole * value for share, value in shared)
    z /= math.sqrt(sum((share / whole) ** 2 for share, _ in shared))
    return 100 * NormalDist().cdf(z / 1.75)


def world(seed: int) -> tuple[list[Member], list[list[int]]]:
    members = crowd(80, seed)
    draw = random.Random(seed)
    return members, [draw.sample(range(80), 2) for _ in range(300)]


@pytest.mark.parametrize("seed", range(12))
def test_eligible_pairs_modes_and_scores_equal_the_double_loop(seed: int) -> None:
    members, excluded = world(seed)
    apart = {frozenset(pair) for pair in excluded}
    expected: dict[frozenset[Any], tuple[str, float]] = {}
    for i, one in enumerate(members):
        for j in range(i):
            other = members[j]
            if frozenset((i, j)) not in apart and eligible(one, other):
                modes = WISHES[one["mode"]] & WISHES[other["mode"]]
                mode = "romantic" if "romantic" in modes else modes.pop()
                expected[frozenset((one["id"], other["id"]))] = (mode, total(one, other))

    pool = pool_of(members, excluded)
    pairs = eligible_pairs(pool, NOW, np.arange(len(pool)))
    modes_found = shared_modes(pool, pairs)
    scores = pair_scores(pool, pairs)
    names = {bit: name for name, bit in MODE_BITS.items()}
    found = {
        frozenset((pool.ids[low], pool.ids[high])): (names[int(modes_found[at])], score(scores.z[at]))
        for at, (low, high) in enumerate(zip(pairs.low, pairs.high, strict=True))
    }
    assert len(found) == len(pairs)
    assert found.keys() == expected.keys()
    assert 50 < len(found) < 1000, "this world filters too much or too little to tell"
    for pair, (mode, points) in expected.items():
        assert found[pair][0] == mode
        assert found[pair][1] == pytest.approx(points, abs=1e-9)


@pytest.mark.parametrize("minimum", [0.0, 50.0, 58.0])
def test_proposals_are_eligible_above_the_minimum_within_room_and_complete(minimum: float) -> None:
    members, excluded = world(99)
    apart = {frozenset(pair) for pair in excluded}
    ranking = rank_members(members, excluded, match_min_score=minimum)
    place = {int(m["id"].replace("-", ""), 16): at for at, m in enumerate(members)}
    load = [0] * len(members)
    proposed = set()
    for low, high in pairs_of(ranking):
        i, j = place[low], place[high]
        assert eligible(members[i], members[j])
        assert frozenset((i, j)) not in apart
        assert total(members[i], members[j]) >= minimum - 1e-9
        load[i] += 1
        load[j] += 1
        proposed.add(frozenset((i, j)))
    assert len(proposed) == len(ranking.proposals) > 3
    assert all(held <= max(0, m["capacity"]) for held, m in zip(load, members, strict=True))
    for i, one in enumerate(members):
        for j in range(i):
            if (
                load[i] < one["capacity"]
                and load[j] < members[j]["capacity"]
                and frozenset((i, j)) not in apart | proposed
                and eligible(one, members[j])
            ):
                assert total(one, members[j]) < minimum, "two people with room were left unproposed"
