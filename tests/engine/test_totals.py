"""Every pair and total of drawn members against plain Python: `double_loop`, and the formula of a block."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from shared.engine.configuration import CONFIGURATION
from shared.engine.filters.eligibility import eligible_pairs
from shared.engine.networking_goals import ANSWERS
from shared.engine.scoring.scores import pair_scores
from shared.places.grid import EARTH_RADIUS_KM, distance_km
from tests.engine import test_composite, test_synastry
from tests.engine.community import NOW, Member, crowd, everyone, pool_of
from tests.engine.double_loop import eligible_pairs_of
from tests.engine.drawn_charts import drawn_exact, drawn_uncertain

BLOCKS = {block.name: block for block in CONFIGURATION.blocks}
VECTORS = {
    "values": "valuesVector",
    "communication": "communicationVector",
    "life_goals": "lifeGoalsVector",
    "profile": "profileVector",
}


def with_charts(size: int, seed: int) -> list[Member]:
    """A crowd of whom a quarter has no chart, a half an exact one, a quarter an uncertain one."""
    rng = np.random.default_rng(seed)
    members = crowd(size, seed)
    for at, member in enumerate(members):
        draw = (None, drawn_exact, drawn_exact, drawn_uncertain)[at % 4]
        member["chart"] = draw and draw(rng)
    return members


def total(one: Member, other: Member, mode: str) -> float:
    """The standardised total of a pair, 0 where it shares no block."""
    weighted = squares = 0.0
    for name, raw in raw_blocks(one, other):
        if name in CONFIGURATION.shares[mode]:
            weight = (weights(one, mode)[name] + weights(other, mode)[name]) / 2
            weighted += weight * (raw - BLOCKS[name].mean) / BLOCKS[name].deviation
            squares += weight * weight
    return weighted / math.sqrt(squares) if squares else 0.0


def weights(member: Member, mode: str) -> dict[str, float]:
    """The shares, some of them times a member's own factors, scaled to add up to 1."""
    mine = {
        name: share * (member["weights"] or {}).get(name, 1)
        for name, share in CONFIGURATION.shares[mode].items()
    }
    return {name: weight / sum(mine.values()) for name, weight in mine.items()}


def raw_blocks(one: Member, other: Member) -> Iterator[tuple[str, float]]:
    """The blocks that both sides have what they need for, of any mode, with their raw values."""

    def both(column: str) -> bool:
        return None not in (one[column], other[column])

    for name, column in VECTORS.items():
        if both(column):
            a, b = np.array(one[column]), np.array(other[column])
            yield name, float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    if both("readiness"):
        yield "readiness", min(one["readiness"], other["readiness"])
    if both("chart"):
        yield from raw_charts(one["chart"], other["chart"])
    if one["interests"] and other["interests"]:
        pairs = [
            (one["interests"].get(word, 0), other["interests"].get(word, 0))
            for word in {*one["interests"], *other["interests"]}
        ]
        yield "interests", math.sqrt(sum(map(min, pairs)) / sum(map(max, pairs)))
    if both("homeCell"):
        half = distance_km(one["homeCell"], other["homeCell"]) / (2.0 * EARTH_RADIUS_KM)
        yield "location", max(0.0, 1.0 - 2.0 * EARTH_RADIUS_KM * math.sin(half) / CONFIGURATION.near_km)
    if both("industry"):
        wanted = (
            b["industry"] in {a["industry"], *a["wantedIndustries"]} for a, b in ((one, other), (other, one))
        )
        yield "industry", sum(wanted) / 2
    if both("activity"):
        yield "activity", 1.0 - abs(one["activity"] - other["activity"]) / 100.0
    if one["goals"] and other["goals"]:
        answered = (
            [ANSWERS[goal] in b["goals"] for goal in a["goals"]] for a, b in ((one, other), (other, one))
        )
        yield "goals", sum(sum(each) / len(each) for each in answered) / 2
    wishes = [
        b[told] in a[wanted]
        for a, b in ((one, other), (other, one))
        for wanted, told in (("wantedLevels", "jobLevel"), ("wantedSizes", "companySize"))
        if a[wanted] and b[told]
    ]
    if wishes:
        yield "position", sum(wishes) / len(wishes)


def raw_charts(one: list[int], other: list[int]) -> Iterator[tuple[str, float]]:
    """The formulas for two exact charts; for others the engine's answer for these two alone."""
    if one[0] == other[0] == 1:
        yield "astro", test_synastry.plain_raw(one[1:14], other[1:14])
        terms = test_composite.plain_terms(*map(test_composite.samples_of, (one, other)))
        yield "hd", sum(terms.values())
    else:
        yield "astro", test_synastry.raw_of(one, other)
        yield "hd", test_composite.raw_of(one, other)


@pytest.mark.parametrize("seed", [3, 4])
def test_every_pair_and_every_total_equals_plain_python(seed: int) -> None:
    members = with_charts(120, seed)
    by_id = {member["id"]: member for member in members}
    pool = pool_of(members)
    pairs = eligible_pairs(pool, NOW, everyone(pool))
    ids = [
        tuple(sorted((pool.ids[low], pool.ids[high])))
        for low, high in zip(pairs.low, pairs.high, strict=True)
    ]
    found = dict(zip(ids, pair_scores(pool, pairs).z.tolist(), strict=True))
    modes = eligible_pairs_of(members)
    plain = {(a, b): total(by_id[a], by_id[b], str(mode)) for (a, b), mode in modes.items()}
    assert found == pytest.approx(plain, abs=1e-9)
    # Otherwise the comparison would show little.
    assert {*modes.values()} == {"romantic", "friendship", "professional"}
    charts = [[by_id[id_]["chart"] for id_ in pair] for pair in modes]
    assert {tuple(chart and chart[0] for chart in pair) for pair in charts} >= {(1, 1), (1, 2), (2, 2)}
