"""What members do for a living and are interested in: plausible, with colleagues and competitors."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest

from scripts.tools.sample import interests, signals, work
from scripts.tools.sample.community import Community, draw_community
from shared.engine.configuration import CONFIGURATION
from tests.sample.test_community import TODAY

WORD = re.compile(r"[a-z]+(_[a-z]+)*")


@pytest.fixture(scope="module")
def drawn() -> Community:
    return draw_community(6000, 2, TODAY)


@pytest.fixture(scope="module")
def colleagues(drawn: Community) -> list[int]:
    """Members who look for colleagues."""
    return [at for at, mode in enumerate(drawn.mode) if mode == "professional"]


def test_words_are_those_the_database_takes() -> None:
    assert all(WORD.fullmatch(word) and len(word) <= 40 for word in (*work.INDUSTRIES, *interests.WORDS))
    assert len(set(interests.WORDS)) == len(interests.WORDS)
    assert set(work.KIND.values()) == set(range(signals.ARCHETYPES))


def test_who_looks_for_colleagues_mostly_says_what_they_do(drawn: Community, colleagues: list[int]) -> None:
    def said(column: list[str | None], members: list[int]) -> float:
        return sum(column[at] is not None for at in members) / len(members)

    others = [at for at in range(len(drawn)) if drawn.mode[at] != "professional"]
    assert said(drawn.industry, colleagues) > 0.9 > 0.25 > said(drawn.industry, others) > 0.1
    assert all(
        industry is not None
        for industry, employer in zip(drawn.industry, drawn.employer, strict=True)
        if employer
    )
    assert 0.75 < said(drawn.employer, colleagues) < 0.9
    assert set(drawn.industry) == {*work.INDUSTRIES, None}


def test_employers_belong_to_one_industry_mostly_and_some_members_are_colleagues(drawn: Community) -> None:
    at_work = [
        (employer, industry)
        for employer, industry in zip(drawn.employer, drawn.industry, strict=True)
        if employer
    ]
    sizes = Counter(at_work)
    assert max(sizes.values()) > 5 * np.median(list(sizes.values()))
    assert len(sizes) > 200
    assert all(name == name.strip() and 1 <= len(name) <= 120 for name, _ in sizes)
    # Competitors: the same industry, another employer.
    assert len({employer for employer, industry in sizes if industry == "technology"}) > 5


def test_wishes_are_of_the_industries_and_mostly_of_ones_own_kind(
    drawn: Community, colleagues: list[int]
) -> None:
    wishing = [at for at in colleagues if drawn.wanted_industries[at]]
    assert 0.8 < len(wishing) / len(colleagues) < 0.97
    assert all(len(set(wished)) == len(wished) <= 3 for wished in drawn.wanted_industries)
    assert {word for wished in drawn.wanted_industries for word in wished} <= set(work.INDUSTRIES)
    related = [
        work.KIND[str(drawn.industry[at])] in {work.KIND[word] for word in drawn.wanted_industries[at]}
        for at in wishing
        if drawn.industry[at]
    ]
    assert np.mean(related) > 0.5
    assert not any(
        wished
        for wished, mode in zip(drawn.wanted_industries, drawn.mode, strict=True)
        if mode != "professional"
    )
    assert 0.75 < np.mean(drawn.avoids_colleagues) < 0.92
    assert 0.12 < np.mean(drawn.avoids_competitors) < 0.28


def test_profiles_are_alike_where_work_is(drawn: Community, colleagues: list[int]) -> None:
    assert drawn.profile.shape == (len(drawn), 16)
    np.testing.assert_allclose(np.linalg.norm(drawn.profile, axis=1), 1.0, atol=1e-4)
    known = [at for at in colleagues if drawn.industry[at]]
    kinds = np.array([work.KIND[str(drawn.industry[at])] for at in known])
    low, high = np.triu_indices(len(known), 1)
    cosines = (drawn.profile[known] @ drawn.profile[known].T)[low, high]
    same = kinds[low] == kinds[high]
    assert cosines[same].mean() > cosines[~same].mean() + 0.4
    assert cosines.std() > 0.3


def test_activity_is_a_percentage_and_low_while_paused(drawn: Community) -> None:
    active = np.array(drawn.active)
    assert drawn.activity.min() >= 0
    assert drawn.activity.max() <= 100
    assert drawn.activity[active].mean() > 2 * drawn.activity[~active].mean()


def test_interests_are_few_words_and_people_share_some(drawn: Community, colleagues: list[int]) -> None:
    named = [set(drawn.interests[at]) for at in colleagues if drawn.interests[at]]
    assert 0.85 < len(named) / len(colleagues) < 0.97
    assert all(interests.LEAST <= len(words) <= interests.MOST for words in named)
    assert all(list(words) == sorted(set(words)) for words in drawn.interests)
    assert {word for words in drawn.interests for word in words} == set(interests.WORDS)
    overlap = [len(one & other) / len(one | other) for one, other in itertools.pairwise(named)]
    assert 0.03 < np.mean(overlap) < 0.06
    assert 0.15 < sum(not words for words in drawn.interests) / len(drawn) < 0.25


def test_colleagues_follow_the_law_of_the_reference(drawn: Community, colleagues: list[int]) -> None:
    """Roughly: else their median pair would be far from 50, and the minimum score gate something else."""
    low, high = np.triu_indices(len(colleagues), 1)
    activity = drawn.activity[colleagues] / 100.0
    profile = drawn.profile[colleagues]
    weights = interests.weights_of(drawn.interests)
    sets = [set(drawn.interests[at]) for at in colleagues]

    def weight(words: set[str]) -> int:
        return sum(map(weights.__getitem__, words))

    own = [drawn.industry[at] for at in colleagues]
    suited = [{drawn.industry[at], *drawn.wanted_industries[at]} for at in colleagues]
    pairs = list(zip(low.tolist(), high.tolist(), strict=True))
    raw = {
        "profile": (profile @ profile.T)[low, high],
        "activity": 1.0 - np.abs(activity[low] - activity[high]),
        "interests": np.array(
            [
                (weight(sets[a] & sets[b]) / weight(sets[a] | sets[b])) ** 0.5
                for a, b in pairs
                if sets[a] and sets[b]
            ]
        ),
        "industry": np.array(
            [0.5 * (own[a] in suited[b]) + 0.5 * (own[b] in suited[a]) for a, b in pairs if own[a] and own[b]]
        ),
    }
    expected = {block.name: block for block in CONFIGURATION.blocks}
    for name, values in raw.items():
        block = expected[name]
        assert abs(values.mean() - block.mean) < 0.35 * block.deviation, name
        assert 0.7 < values.std() / block.deviation < 1.3, name


def test_weights_are_what_the_database_takes_and_most_leave_them(drawn: Community) -> None:
    changed = [weights for weights in drawn.weights if weights is not None]
    assert 0.1 < len(changed) / len(drawn) < 0.3
    assert all(0.5 <= weight <= 2.0 for weights in changed for weight in weights.values())
    for mode, weights in zip(drawn.mode, drawn.weights, strict=True):
        personal = {"values", "communication", "life_goals", "readiness", "astro", "hd"}
        work_blocks = {"profile", "interests", "location", "industry", "activity"}
        assert set(weights or ()) <= (work_blocks if mode == "professional" else personal)


@pytest.mark.parametrize(
    ("job", "industry"),
    [
        ("computer / hardware / software", "technology"),
        ("executive / management", None),
        ("rather not say", None),
        ("student", None),
        ("", None),
    ],
)
def test_a_job_tells_an_industry_or_nothing(job: str, industry: str | None) -> None:
    assert work.read_industry(job) == industry


def test_an_industry_that_is_told_stays_and_others_are_drawn() -> None:
    rng = np.random.default_rng(1)
    told = ["law", None] * 200
    found = work.draw_industries(rng, ["professional"] * 400, told)
    assert set(found[::2]) == {"law", None}
    assert len(set(found[1::2])) > 10
    silent = work.draw_industries(rng, ["romantic"] * 400, ["law"] * 400)
    assert silent.count("law") < 120
