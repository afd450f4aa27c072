"""Scores of pairs whose blocks are chosen so that the answer can be worked out on paper."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shared.engine.configuration import CONFIGURATION, Configuration
from shared.engine.filters.eligibility import eligible_pairs
from shared.engine.scoring.scores import detail, least_z, pair_scores, score, two_decimals
from tests.engine.community import BERLIN, MUNICH, NOW, axis, crowd, everyone, make_member, pool_of
from tests.engine.vocabulary import SHARES

PLAIN: Configuration = replace(
    CONFIGURATION,
    blocks=tuple(replace(block, mean=0.0, deviation=1.0) for block in CONFIGURATION.blocks),
    shares=SHARES,
)
"""Raw values count as they are, with the shares of these examples."""

# Standard normal distribution function, Abramowitz and Stegun, table 26.1.
CDF = {0.0: 0.5, 0.5: 0.691462, 1.0: 0.841345, 2.0: 0.977250, -1.0: 0.158655}


@pytest.fixture(autouse=True)
def shares_of_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.engine.pool.weights.CONFIGURATION", PLAIN)


def pair_z(one: dict[str, Any], other: dict[str, Any]) -> tuple[float, bool]:
    pool = pool_of([make_member(1, **one), make_member(2, **other)])
    scores = pair_scores(pool, eligible_pairs(pool, NOW, everyone(pool)), PLAIN)
    return float(scores.z[0]), bool(scores.known[0])


@pytest.mark.parametrize(("z", "share"), CDF.items())
def test_score_is_the_normal_distribution_stretched_by_the_spread(z: float, share: float) -> None:
    assert score(1.75 * z) == pytest.approx(100 * share, abs=1e-4)


def test_score_is_exactly_50_in_the_middle_and_stays_within_0_and_100() -> None:
    assert score(0.0) == score(-0.0) == 50.0
    assert score(-1e9) == 0.0
    assert score(1e9) == 100.0
    ladder = [score(z / 10) for z in range(-60, 61)]
    assert ladder == sorted(set(ladder))


@pytest.mark.parametrize("minimum", [0.01, 1.0, 25.0, 50.0, 62.5, 99.0])
def test_least_z_is_where_the_minimum_lies(minimum: float) -> None:
    assert score(least_z(minimum)) == pytest.approx(minimum, abs=1e-9)


def test_least_z_at_the_ends() -> None:
    assert least_z(0) == -math.inf
    assert least_z(100) == math.inf
    assert least_z(50) == 0.0


def test_without_a_shared_block_the_pair_is_unknown_and_in_the_middle() -> None:
    assert pair_z({"valuesVector": axis(0)}, {"communicationVector": axis(0), "readiness": 90}) == (
        0.0,
        False,
    )


@pytest.mark.parametrize("column", ["valuesVector", "communicationVector", "lifeGoalsVector"])
def test_one_shared_block_counts_alone_whatever_its_share(column: str) -> None:
    same, opposite = axis(3), axis(3, -2.0)
    assert pair_z({column: same}, {column: same})[0] == pytest.approx(1.0)
    assert pair_z({column: same}, {column: opposite})[0] == pytest.approx(-1.0)
    assert pair_z({column: same}, {column: axis(4)}) == (0.0, True)


def test_readiness_of_a_pair_is_the_lower_of_the_two() -> None:
    assert pair_z({"readiness": 90}, {"readiness": 12.5})[0] == pytest.approx(12.5)


def test_blocks_are_weighed_by_their_shares() -> None:
    one = {
        "valuesVector": axis(0),
        "communicationVector": axis(0),
        "lifeGoalsVector": axis(0),
        "readiness": 1,
    }
    other = one | {"communicationVector": axis(0, -1.0)}
    # (.25 - .20 + .15 + .20) / sqrt(.25² + .20² + .15² + .20²)
    assert pair_z(one, other)[0] == pytest.approx(0.40 / math.sqrt(0.165), abs=1e-12)


def test_shares_are_the_agreed_ones() -> None:
    of_the_sources = {
        "values": 0.25,
        "communication": 0.20,
        "life_goals": 0.15,
        "readiness": 0.20,
        "astro": 0.10,
        "hd": 0.10,
    }
    personal = {name: pytest.approx(0.85 * share) for name, share in of_the_sources.items()}
    personal |= {"interests": pytest.approx(0.10), "location": pytest.approx(0.05)}
    assert CONFIGURATION.shares == {
        "romantic": personal,
        "friendship": personal,
        "professional": pytest.approx(
            {
                # The first five keep the proportions of 30, 25, 20, 15 and 10.
                "profile": 30 / 135,
                "interests": 25 / 135,
                "location": 20 / 135,
                "industry": 15 / 135,
                "activity": 10 / 135,
                "goals": 25 / 135,
                "position": 10 / 135,
            }
        ),
    }


SQRT_5_8 = math.sqrt(5 / 8)
WORK: dict[str, Any] = {"mode": "professional", "avoidsColleagues": False}


@pytest.mark.parametrize(
    ("one", "other", "z"),
    [
        # Common: opera 1, chess 4. Of all: opera 1, chess 4, code 3.
        (
            {"interests": {"chess": 4, "opera": 1}},
            {"interests": {"opera": 1, "code": 3, "chess": 4}},
            SQRT_5_8,
        ),
        # Weighed at two times: the smaller weight is common, the larger one of all.
        ({"interests": {"chess": 4, "opera": 1}}, {"interests": {"chess": 1}}, math.sqrt(1 / 5)),
        ({"interests": {"chess": 2}}, {"interests": {"chess": 2}}, 1.0),
        ({"interests": {"chess": 1}}, {"interests": {"opera": 1}}, 0.0),
        ({"interests": {"chess": 1}}, {"interests": {}}, None),
        ({"activity": 80}, {"activity": 55}, 0.75),
        ({"profileVector": axis(1)}, {"profileVector": axis(1, 3.0)}, 1.0),
        ({"industry": "law"}, {"industry": "law"}, 1.0),
        ({"industry": "law", "wantedIndustries": ["health"]}, {"industry": "health"}, 0.5),
        ({"industry": "law"}, {"industry": "health"}, 0.0),
        ({"industry": "law"}, {"wantedIndustries": ["law"]}, None),
        ({"goals": ["find_mentor"]}, {"goals": ["offer_mentoring"]}, 1.0),
        ({"goals": ["raise_funding"]}, {"goals": ["invest", "hire"]}, 3 / 4),
        ({"goals": ["find_cofounder"]}, {"goals": ["find_cofounder"]}, 1.0),
        ({"goals": ["find_mentor"]}, {"goals": ["find_mentor"]}, 0.0),
        ({"goals": ["find_mentor"]}, {"goals": []}, None),
        ({"wantedLevels": ["founder", "lead"]}, {"jobLevel": "founder"}, 1.0),
        (
            {"wantedLevels": ["founder"], "jobLevel": "mid"},
            {"jobLevel": "lead", "wantedLevels": ["mid"]},
            1 / 2,
        ),
        ({"wantedLevels": ["founder"]}, {"jobLevel": "founder", "wantedSizes": ["1"]}, 1.0),
        ({"wantedSizes": ["1"], "wantedLevels": ["mid"]}, {"companySize": "2-10", "jobLevel": "mid"}, 1 / 2),
        ({"wantedLevels": ["founder"]}, {"companySize": "1"}, None),
        ({"jobLevel": "founder", "companySize": "1"}, {"jobLevel": "founder", "companySize": "1"}, None),
        ({"homeCell": BERLIN}, {"homeCell": BERLIN}, 1.0),
        ({"homeCell": BERLIN}, {"homeCell": MUNICH}, 0.0),
        ({"homeCell": BERLIN}, {}, None),
        # What belongs to other modes does not count here.
        ({"valuesVector": axis(0), "readiness": 90}, {"valuesVector": axis(0), "readiness": 90}, None),
    ],
)
def test_professional_blocks(one: dict[str, Any], other: dict[str, Any], z: float | None) -> None:
    found, known = pair_z(WORK | one, WORK | other)
    assert known == (z is not None)
    assert found == pytest.approx(z or 0.0, abs=1e-12)


@pytest.mark.parametrize("mode", ["romantic", "friendship"])
def test_interests_and_homes_count_for_romance_and_friendship_too(
    monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    real = replace(PLAIN, shares=CONFIGURATION.shares)
    monkeypatch.setattr("shared.engine.pool.weights.CONFIGURATION", real)
    one = {"mode": mode, "interests": {"chess": 1}, "homeCell": BERLIN}
    assert pair_z(one, one)[0] == pytest.approx((0.10 + 0.05) / math.hypot(0.10, 0.05))
    assert pair_z(one, one | {"homeCell": None})[0] == pytest.approx(1.0)
    far = one | {"homeCell": MUNICH, "interests": {"opera": 1}}
    assert pair_z(one, far) == (0.0, True)


def test_a_rare_interest_counts_more_than_a_common_one() -> None:
    mine = {"tea": 1, "zither": 4}
    rare, common = ({"interests": {word: mine[word], "dogs": 2}} for word in ("zither", "tea"))
    assert pair_z(WORK | {"interests": mine}, WORK | rare) > pair_z(WORK | {"interests": mine}, WORK | common)


def test_closeness_falls_in_a_straight_line_to_nothing_at_100_km() -> None:
    """Two cells on one meridian, 5 rows of a tenth of a degree apart; a degree is 111.195 km."""
    row = int(BERLIN.split(".")[0])
    south, north = f"{row}.0", f"{row + 5}.0"
    # The first column's middle lies a little further east where a row has fewer columns.
    found, _ = pair_z(WORK | {"homeCell": south}, WORK | {"homeCell": north})
    assert found == pytest.approx(1 - 0.5 * 111.195 / 100, abs=1e-3)


def test_weights_of_both_members_count_half_each() -> None:
    one = {"valuesVector": axis(0), "communicationVector": axis(0)}
    other = one | {"communicationVector": axis(0, -1.0)}
    only_values = {"weights": dict.fromkeys(("communication", "life_goals", "readiness", "astro", "hd"), 0)}
    assert pair_z(one | only_values, other | only_values)[0] == pytest.approx(1.0)
    half_values, half_communication = (1.0 + 0.25) / 2, (0.0 + 0.20) / 2
    expected = (half_values - half_communication) / math.hypot(half_values, half_communication)
    assert pair_z(one | only_values, other)[0] == pytest.approx(expected)
    assert pair_z(one, other | only_values)[0] == pytest.approx(expected)


def test_the_terms_behind_a_total_add_up_to_it() -> None:
    pool = pool_of(crowd(60, seed=3))
    pairs = eligible_pairs(pool, NOW, everyone(pool))
    scores = pair_scores(pool, pairs)
    terms = detail(pool, pairs.low.astype(np.int64), pairs.high.astype(np.int64))
    weights = np.where(terms.present, terms.weights, 0.0)
    length = np.sqrt((weights**2).sum(axis=1))
    total = (weights * terms.z).sum(axis=1) / np.where(length > 0, length, 1.0)
    np.testing.assert_allclose(total, scores.z, atol=1e-12)
    assert scores.known.tolist() == (length > 0).tolist()
    assert len(pairs) > 50


def test_a_score_does_not_depend_on_who_else_is_scored() -> None:
    """Batches and vector instructions must not show in the last bit."""
    rng = np.random.default_rng(7)
    members = [
        make_member(n, valuesVector=rng.normal(size=16).tolist(), readiness=float(rng.uniform(0, 100)))
        for n in range(400)
    ]
    pool = pool_of(members)
    pairs = eligible_pairs(pool, NOW, everyone(pool))
    assert len(pairs) == 400 * 399 / 2  # more than one batch
    z = pair_scores(pool, pairs).z
    for at in rng.integers(len(pairs), size=50):
        low, high = int(pairs.low[at]), int(pairs.high[at])
        few = pool_of([members[low], members[high]])
        alone = pair_scores(few, eligible_pairs(few, NOW, everyone(few))).z[0]
        assert alone == z[at]


def test_storage_rounds_half_to_even() -> None:
    assert [two_decimals(x) for x in (0.125, 0.375, 2.625, 50.004, 99.996)] == [0.12, 0.38, 2.62, 50.0, 100.0]
