"""Each hard filter on two people whose answer is obvious, in both directions and on its boundary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shared.engine.eligibility import eligible_pairs, shared_modes
from shared.engine.pool import MODE_BITS
from shared.grid import distance_km
from tests.engine.community import BERLIN, MUNICH, NOW, POTSDAM, make_member, pool_of


def meets(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the two are eligible; asked both ways round, because the answer must be one."""
    answers = []
    for first, second in ((one, other), (other, one)):
        pool = pool_of([make_member(1, **first), make_member(2, **second)])
        answers.append(len(eligible_pairs(pool, NOW, np.arange(2))) == 1)
    assert answers[0] == answers[1]
    return answers[0]


def test_two_people_without_wishes_may_meet() -> None:
    assert meets({}, {})


@pytest.mark.parametrize(
    ("one", "other", "mode"),
    [
        ("romantic", "romantic", "romantic"),
        ("romantic", "both", "romantic"),
        ("both", "both", "romantic"),
        ("friendship", "both", "friendship"),
        ("friendship", "friendship", "friendship"),
        ("professional", "professional", "professional"),
        ("romantic", "friendship", None),
        ("professional", "both", None),
        ("professional", "romantic", None),
        ("professional", "friendship", None),
    ],
)
def test_mode(one: str, other: str, mode: str | None) -> None:
    assert meets({"mode": one}, {"mode": other}) == (mode is not None)
    if mode is not None:
        pool = pool_of([make_member(1, mode=one), make_member(2, mode=other)])
        pairs = eligible_pairs(pool, NOW, np.arange(2))
        assert shared_modes(pool, pairs).tolist() == [MODE_BITS[mode]]


@pytest.mark.parametrize(
    ("gender", "wants", "other_gender", "other_wants", "expected"),
    [
        ("female", ["male"], "male", ["female"], True),
        ("female", ["male"], "male", ["male"], False),
        ("female", ["female"], "male", ["female"], False),
        ("female", ["female"], "female", ["female"], True),
        ("non_binary", [], "male", ["female", "non_binary"], True),
        ("non_binary", [], "male", ["female"], False),
        ("male", [], "male", [], True),
    ],
)
def test_gender(
    gender: str, wants: list[str], other_gender: str, other_wants: list[str], expected: bool
) -> None:
    one = {"gender": gender, "preferredGenders": wants}
    other = {"gender": other_gender, "preferredGenders": other_wants}
    assert meets(one, other) == expected


@pytest.mark.parametrize(
    ("window", "expected"),
    [((30, 30), True), ((18, 29), False), ((31, 99), False), ((18, 30), True), ((30, 99), True)],
)
def test_age_window_is_inclusive(window: tuple[int, int], expected: bool) -> None:
    thirty = {"birthDate": "1996-11-20"}
    picky = {"birthDate": "1980-01-01", "minAge": window[0], "maxAge": window[1]}
    assert meets(thirty, picky) == expected


def test_nobody_under_18_is_eligible_whatever_a_window_says() -> None:
    window = {"minAge": 0, "maxAge": 99}
    assert not meets({"birthDate": "2008-11-21"} | window, window)
    assert meets({"birthDate": "2008-11-20"} | window, window)


@pytest.mark.parametrize(
    ("speaks", "wants", "expected"),
    [
        (["de", "en"], ["en"], True),
        (["de"], ["en", "fr"], False),
        (["de"], [], True),
        ([], [], True),
        ([], ["en"], False),
    ],
)
def test_language(speaks: list[str], wants: list[str], expected: bool) -> None:
    assert meets({"languages": speaks}, {"languagePref": wants}) == expected


def test_language_is_mutual() -> None:
    german = {"languages": ["de"], "languagePref": ["de"]}
    assert not meets(german, {"languages": ["en"], "languagePref": ["de"]})
    assert meets(german, {"languages": ["en", "de"], "languagePref": ["de"]})


def test_distance_counts_to_the_smaller_limit() -> None:
    berlin, munich = {"homeCell": BERLIN}, {"homeCell": MUNICH}
    way = distance_km(BERLIN, MUNICH)
    assert 495 < way < 515
    assert meets(berlin | {"distanceKm": way + 1e-6}, munich)
    assert not meets(berlin | {"distanceKm": way - 1e-6}, munich)
    assert not meets(berlin | {"distanceKm": 20_000}, munich | {"distanceKm": 100})
    assert meets(berlin, munich)


def test_neighbours_and_antipodes() -> None:
    assert meets({"homeCell": BERLIN, "distanceKm": 0}, {"homeCell": BERLIN})
    assert not meets({"homeCell": BERLIN, "distanceKm": 20}, {"homeCell": POTSDAM})
    antipode = f"{1800 - 1 - int(BERLIN.split('.')[0])}.0"
    assert meets({"homeCell": BERLIN, "distanceKm": 20_016}, {"homeCell": antipode})


@pytest.mark.parametrize("cells", [(None, None), (BERLIN, None), ("0.3599", BERLIN)])
def test_equal_zones_stand_for_distance_where_a_cell_is_missing(
    cells: tuple[str | None, str | None],
) -> None:
    limited = {"homeCell": cells[0], "distanceKm": 50, "tz": "Europe/Berlin"}
    assert meets(limited, {"homeCell": cells[1], "tz": "Europe/Berlin"})
    assert not meets(limited, {"homeCell": cells[1], "tz": "Europe/Vienna"})
    assert meets(limited | {"distanceKm": None}, {"homeCell": cells[1], "tz": "Europe/Vienna"})


def test_excluded_pairs_never_meet() -> None:
    pool = pool_of([make_member(n) for n in range(4)], excluded=[[1, 0], [2, 3], [2, 3]])
    pairs = eligible_pairs(pool, NOW, np.arange(4))
    found = list(zip(pairs.low.tolist(), pairs.high.tolist(), strict=True))
    assert found == [(0, 2), (0, 3), (1, 2), (1, 3)]


def test_only_those_among_whom_is_asked() -> None:
    pool = pool_of([make_member(n) for n in range(5)])
    pairs = eligible_pairs(pool, NOW, np.array([4, 1, 2]))
    assert list(zip(pairs.low.tolist(), pairs.high.tolist(), strict=True)) == [(1, 2), (1, 4), (2, 4)]
