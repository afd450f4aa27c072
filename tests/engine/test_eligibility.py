"""Each rule on two people whose answer is obvious, in both directions and on its boundary."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine.filters.eligibility import Pairs, candidates_of, eligible_pairs
from shared.engine.filters.filters import PASSED, RULE_NAMES, RULES, first_failed, members_of
from shared.engine.pool.pool import MODE_BITS
from shared.engine.scoring.modes import shared_modes
from shared.places.grid import distance_km
from tests.engine import double_loop
from tests.engine.community import (
    BERLIN,
    MUNICH,
    NOW,
    POTSDAM,
    Member,
    crowd,
    everyone,
    make_member,
    pool_of,
)


def stopped_by(one: dict[str, Any], other: dict[str, Any]) -> str | None:
    """The rule that keeps the two apart, None where they are eligible.

    Asked both ways round, because the answer must be one, and of everything that answers it.
    """
    answers = set()
    for first, second in ((one, other), (other, one)):
        pool = pool_of([make_member(1, **first), make_member(2, **second)])
        people, met = members_of(pool, NOW)
        failed = first_failed(people[0], people[1], met)
        answers.add(None if failed == PASSED else RULE_NAMES[failed])
        assert len(eligible_pairs(pool, NOW, everyone(pool))) == (failed == PASSED)
        assert candidates_of(pool, NOW, 0).tolist() == ([1] if failed == PASSED else [])
    (answer,) = answers
    return answer


def meets(one: dict[str, Any], other: dict[str, Any], but_for: str = "") -> bool:
    """Whether the two are eligible; if not, the rule `but_for` must be what keeps them apart."""
    rule = stopped_by(one, other)
    assert rule in (None, but_for)
    return rule is None


def listed(pairs: Pairs) -> list[tuple[int, int]]:
    return list(zip(pairs.low.tolist(), pairs.high.tolist(), strict=True))


def test_the_table_names_every_rule_in_the_order_in_which_they_are_asked() -> None:
    assert RULE_NAMES == double_loop.RULES
    assert len(RULES) == PASSED
    assert all(rule.asks.endswith(".") for rule in RULES)
    assert len({rule.asks for rule in RULES}) == len(RULES)


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
    assert meets({"mode": one}, {"mode": other}, "mode") == (mode is not None)
    if mode is not None:
        pool = pool_of([make_member(1, mode=one), make_member(2, mode=other)])
        pairs = eligible_pairs(pool, NOW, everyone(pool))
        assert shared_modes(pool, pairs.low, pairs.high).tolist() == [MODE_BITS[mode]]


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
    assert meets(one, other, "gender") == expected


WOMEN, MEN = {"preferredGenders": ["female"]}, {"preferredGenders": ["male"]}
ANY: Member = {"preferredGenders": []}


def friends(*genders: str) -> Member:
    return {"friendshipGenders": [*genders]}


@pytest.mark.parametrize(
    ("one", "other", "mode"),
    [
        # Two women who look for men.
        (MEN, MEN, None),
        (MEN | friends("female"), MEN | friends(), "friendship"),
        (MEN | friends("female"), MEN, None),
        (MEN | friends("female"), WOMEN, "friendship"),
        (MEN | friends(), MEN | friends("male", "agender"), None),
        # Romance wins where both want it, and only there.
        (WOMEN | friends("female"), ANY, "romantic"),
        (WOMEN | friends("male"), ANY | friends("male"), "romantic"),
        (WOMEN | friends(), MEN | friends(), "friendship"),
        # Who looks for friends alone is asked about friends alone.
        ({"mode": "friendship"} | MEN, MEN | friends(), None),
        ({"mode": "friendship"} | MEN | friends("female"), MEN | friends(), "friendship"),
        ({"mode": "friendship"} | WOMEN | friends("male"), ANY, None),
        ({"mode": "friendship"} | WOMEN, WOMEN, "friendship"),
        # Nor does a wish for friends open another mode.
        ({"mode": "romantic"} | MEN | friends(), MEN | friends(), None),
        ({"mode": "romantic"} | MEN | friends(), {"mode": "romantic"} | MEN | friends(), None),
        ({"mode": "professional"} | MEN | friends(), {"mode": "professional"} | friends(), None),
        ({"mode": "professional"} | friends("male"), {"mode": "professional"}, "professional"),
    ],
)
def test_other_genders_for_friendship(one: Member, other: Member, mode: str | None) -> None:
    assert meets(one, other, "gender") == (mode is not None)
    if mode is not None:
        pool = pool_of([make_member(1, **one), make_member(2, **other)])
        pairs = eligible_pairs(pool, NOW, everyone(pool))
        assert shared_modes(pool, pairs.low, pairs.high).tolist() == [MODE_BITS[mode]]


@pytest.mark.parametrize("wants", [["female"], ["female", "male", "non_binary", "agender"]])
def test_a_gender_that_nobody_names_meets_whoever_wants_to_meet_anybody(wants: list[str]) -> None:
    unsaid = {"gender": "not_said"}
    assert meets(unsaid, {})
    assert not meets(unsaid, {"preferredGenders": wants}, "gender")
    assert meets(unsaid, {"preferredGenders": wants, "friendshipGenders": []})


def test_sixteen_genders_each_of_which_wants_to_meet_the_next() -> None:
    words = [f"gender_{letter}" for letter in "ponmlkjihgfedcba"]
    members = [
        make_member(at, gender=word, mode="romantic", preferredGenders=[words[at ^ 1]])
        for at, word in enumerate(words)
    ]
    pool = pool_of(members)
    pairs = eligible_pairs(pool, NOW, everyone(pool))
    found = {frozenset((pool.ids[a], pool.ids[b])) for a, b in zip(pairs.low, pairs.high, strict=True)}
    assert found == {frozenset((members[at]["id"], members[at + 1]["id"])) for at in range(0, 16, 2)}


@pytest.mark.parametrize(
    ("window", "expected"),
    [((30, 30), True), ((18, 29), False), ((31, 99), False), ((18, 30), True), ((30, 99), True)],
)
def test_age_window_is_inclusive(window: tuple[int, int], expected: bool) -> None:
    thirty = {"birthDate": "1996-11-20"}
    picky = {"birthDate": "1980-01-01", "minAge": window[0], "maxAge": window[1]}
    assert meets(thirty, picky, "age") == expected


def test_nobody_under_18_is_eligible_whatever_a_window_says() -> None:
    window = {"minAge": 0, "maxAge": 99}
    assert stopped_by({"birthDate": "2008-11-21"} | window, window) == "age"
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
    assert meets({"languages": speaks}, {"languagePref": wants}, "language") == expected


def test_language_is_mutual() -> None:
    german = {"languages": ["de"], "languagePref": ["de"]}
    assert stopped_by(german, {"languages": ["en"], "languagePref": ["de"]}) == "language"
    assert meets(german, {"languages": ["en", "de"], "languagePref": ["de"]})


def test_distance_counts_to_the_smaller_limit() -> None:
    berlin, munich = {"homeCell": BERLIN}, {"homeCell": MUNICH}
    way = distance_km(BERLIN, MUNICH)
    assert 495 < way < 515
    assert meets(berlin | {"distanceKm": way + 1e-6}, munich)
    assert stopped_by(berlin | {"distanceKm": way - 1e-6}, munich) == "distance"
    assert stopped_by(berlin | {"distanceKm": 20_000}, munich | {"distanceKm": 100}) == "distance"
    assert meets(berlin, munich)


def test_neighbours_and_antipodes() -> None:
    assert meets({"homeCell": BERLIN, "distanceKm": 0}, {"homeCell": BERLIN})
    assert stopped_by({"homeCell": BERLIN, "distanceKm": 20}, {"homeCell": POTSDAM}) == "distance"
    antipode = f"{1800 - 1 - int(BERLIN.split('.')[0])}.0"
    assert meets({"homeCell": BERLIN, "distanceKm": 20_016}, {"homeCell": antipode})


@pytest.mark.parametrize("cells", [(None, None), (BERLIN, None), ("0.3599", BERLIN)])
def test_equal_zones_stand_for_distance_where_a_cell_is_missing(
    cells: tuple[str | None, str | None],
) -> None:
    limited = {"homeCell": cells[0], "distanceKm": 50, "tz": "Europe/Berlin"}
    assert meets(limited, {"homeCell": cells[1], "tz": "Europe/Berlin"})
    assert stopped_by(limited, {"homeCell": cells[1], "tz": "Europe/Vienna"}) == "distance"
    assert meets(limited | {"distanceKm": None}, {"homeCell": cells[1], "tz": "Europe/Vienna"})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Asia/Calcutta", "Asia/Kolkata", True),
        ("US/Pacific", "America/Los_Angeles", True),
        ("Europe/Kiev", "Europe/Kyiv", True),
        ("UTC", "Etc/UTC", True),
        # One zone since 1970, and two places.
        ("Europe/Oslo", "Europe/Berlin", False),
        ("CET", "CET", True),
        ("CET", "Europe/Brussels", False),
        ("EST5EDT", "America/New_York", False),
        ("Mars/Olympus", "Mars/Olympus", True),
    ],
)
def test_a_zone_is_one_whichever_of_its_names_is_told(one: str, other: str, same: bool) -> None:
    limited = {"homeCell": None, "distanceKm": 50, "tz": one}
    assert stopped_by(limited, {"homeCell": None, "tz": other}) == (None if same else "distance")


def test_many_languages_are_told_apart() -> None:
    """More than the bits of one word of a set; of the last one as of the first."""
    codes = [a + b for a in "abcdefghij" for b in "abcdefghijklmnopqrst"]
    members = [make_member(at, languages=[code], languagePref=[code]) for at, code in enumerate(codes)]
    pool = pool_of([*members, make_member(500, languages=codes, languagePref=codes[-1:])])
    assert listed(eligible_pairs(pool, NOW, everyone(pool))) == [(199, 200)]


def test_deal_breakers_are_mutual() -> None:
    smoker = {"traits": ["smokes", "has_pets"]}
    assert meets(smoker, {"dealBreakers": ["religious", "has_children"]})
    assert stopped_by(smoker, {"dealBreakers": ["religious", "smokes"]}) == "deal_breakers"
    assert meets(smoker | {"dealBreakers": ["smokes"]}, {}), "what somebody refuses they may be themself"
    for trait in ("smokes", "eats_meat"):
        assert stopped_by({"traits": [trait]}, {"dealBreakers": [trait]}) == "deal_breakers"


WORK = {"mode": "professional", "employer": 7, "industry": "law", "avoidsColleagues": False}


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ({}, {}, None),
        ({"avoidsColleagues": True}, {}, "colleagues"),
        ({"avoidsColleagues": True}, {"employer": 8}, None),
        ({"avoidsColleagues": True}, {"employer": None}, None),
        ({"avoidsColleagues": True, "employer": None}, {"employer": None}, None),
        ({"avoidsCompetitors": True}, {"employer": 8}, "competitors"),
        ({"avoidsCompetitors": True}, {"employer": 8, "industry": "health"}, None),
        ({"avoidsCompetitors": True}, {"employer": 8, "industry": None}, None),
        ({"avoidsCompetitors": True, "industry": None}, {"employer": 8, "industry": None}, None),
        ({"avoidsCompetitors": True}, {}, None),
        ({"avoidsCompetitors": True}, {"employer": None}, None),
        ({"avoidsCompetitors": True, "employer": None}, {"employer": None}, None),
        ({"avoidsCompetitors": True, "avoidsColleagues": True}, {}, "colleagues"),
    ],
)
def test_colleagues_and_competitors(one: dict[str, Any], other: dict[str, Any], rule: str | None) -> None:
    assert stopped_by(WORK | one, WORK | other) == rule


@pytest.mark.parametrize("mode", ["romantic", "friendship", "both"])
def test_work_keeps_nobody_apart_outside_professional_mode(mode: str) -> None:
    picky = WORK | {"mode": mode, "avoidsColleagues": True, "avoidsCompetitors": True}
    assert meets(picky, picky)
    assert meets(picky, picky | {"employer": 8})


def test_excluded_pairs_never_meet() -> None:
    pool = pool_of([make_member(n) for n in range(4)], excluded=[[1, 0], [2, 3], [2, 3]])
    assert listed(eligible_pairs(pool, NOW, everyone(pool))) == [(0, 2), (0, 3), (1, 2), (1, 3)]
    assert [candidates_of(pool, NOW, at).tolist() for at in range(4)] == [[2, 3], [2, 3], [0, 1], [0, 1]]
    people, met = members_of(pool, NOW)
    stops = [first_failed(people[0], people[at], met) for at in (1, 2)]
    assert stops == [RULE_NAMES.index("history"), PASSED]


def test_somebody_who_met_everybody_has_no_candidates() -> None:
    pool = pool_of([make_member(n) for n in range(40)], excluded=[[20, n] for n in range(40) if n != 20])
    assert candidates_of(pool, NOW, 20).tolist() == []
    assert len(eligible_pairs(pool, NOW, everyone(pool))) == 39 * 38 // 2


def test_only_those_among_whom_is_asked() -> None:
    pool = pool_of([make_member(n) for n in range(5)])
    among = np.array([False, True, True, False, True])
    assert listed(eligible_pairs(pool, NOW, among)) == [(1, 2), (1, 4), (2, 4)]
    assert listed(eligible_pairs(pool, NOW, np.zeros(5, dtype=np.bool_))) == []


@pytest.mark.parametrize("among", [np.ones(4, np.bool_), np.arange(5), np.ones((5, 1), np.bool_)])
def test_marks_that_are_not_one_per_member_are_refused(among: Any) -> None:
    with pytest.raises(ValueError, match=r"among: .* per member"):
        eligible_pairs(pool_of([make_member(n) for n in range(5)]), NOW, among)


@pytest.mark.parametrize("member", [-1, 5])
def test_a_position_outside_the_pool_is_refused(member: int) -> None:
    with pytest.raises(ValueError, match="position in the pool"):
        candidates_of(pool_of([make_member(n) for n in range(5)]), NOW, member)


def test_a_clock_without_a_zone_is_refused() -> None:
    pool = pool_of([make_member(1), make_member(2)])
    for ask in (
        lambda now: eligible_pairs(pool, now, everyone(pool)),
        lambda now: candidates_of(pool, now, 0),
    ):
        with pytest.raises(ValueError, match="zone"):
            ask(NOW.replace(tzinfo=None))


def test_ages_count_on_the_utc_date() -> None:
    """Eighteen on the 21st: not yet at 20:00 in New York on the 19th, which is the 20th in Greenwich."""
    pool = pool_of([make_member(1, birthDate="2008-11-21"), make_member(2)])
    new_york = datetime.timezone(datetime.timedelta(hours=-5))
    for day, hour, pairs in ((19, 20, 0), (20, 18, 0), (20, 19, 1)):
        now = datetime.datetime(2026, 11, day, hour, tzinfo=new_york)
        assert len(eligible_pairs(pool, now, everyone(pool))) == pairs


@pytest.mark.parametrize(
    ("zone", "from_hour"),
    [
        ("America/Los_Angeles", 8),
        ("US/Pacific", 8),
        ("Etc/GMT+12", 12),
        ("Europe/Berlin", 0),
        # A day older at home already: the UTC date decides.
        ("Pacific/Kiritimati", 0),
        ("Mars/Olympus", 12),
    ],
)
def test_nobody_is_an_adult_before_it_is_their_birthday_at_home(zone: str, from_hour: int) -> None:
    """Born on 21 November 2008: hours of 21 November 2026 in UTC."""
    pool = pool_of([make_member(1, birthDate="2008-11-21", tz=zone), make_member(2)])
    midnight = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
    for hour in range(-14, 24):
        now = midnight + datetime.timedelta(hours=hour)
        assert len(eligible_pairs(pool, now, everyone(pool))) == (hour >= from_hour), hour


def test_a_leap_days_child_is_an_adult_on_the_first_of_march_at_home() -> None:
    pool = pool_of([make_member(1, birthDate="2008-02-29", tz="America/New_York"), make_member(2)])
    for day, hour, pairs in ((28, 23, 0), (1, 4, 0), (1, 5, 1)):
        now = datetime.datetime(2026, 2 if day == 28 else 3, day, hour, tzinfo=datetime.UTC)
        assert len(eligible_pairs(pool, now, everyone(pool))) == pairs


@pytest.mark.parametrize(("size", "pairs"), [(0, []), (1, []), (2, [(0, 1)]), (3, [(0, 1), (0, 2), (1, 2)])])
def test_small_pools(size: int, pairs: list[tuple[int, int]]) -> None:
    pool = pool_of([make_member(n) for n in range(size)])
    found = eligible_pairs(pool, NOW, everyone(pool))
    assert listed(found) == pairs
    assert len(found.start) == size + 1
    assert found.per_member(size).tolist() == [max(0, size - 1)] * size


def test_a_pool_in_which_nobody_wants_anybody() -> None:
    pool = pool_of([make_member(n, preferredGenders=["male"]) for n in range(70)])
    pairs = eligible_pairs(pool, NOW, everyone(pool))
    assert len(pairs) == 0
    assert not pairs.per_member(70).any()


def test_pairs_that_are_kept_stay_in_their_rows() -> None:
    pairs = Pairs(np.array([0, 2, 2, 3, 3]), np.array([1, 3, 3], dtype=np.int32))
    assert listed(pairs) == [(0, 1), (0, 3), (2, 3)]
    assert pairs.per_member(4).tolist() == [2, 1, 1, 2]
    kept = pairs.where(np.array([False, True, True]))
    assert (kept.start.tolist(), kept.high.tolist()) == ([0, 1, 1, 2, 2], [3, 3])
    assert len(pairs.where(np.zeros(3, dtype=np.bool_))) == 0


few = settings(max_examples=15, deadline=None)


@few
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_the_order_in_which_members_arrive_changes_nothing(seed: int, draw: Any) -> None:
    members = crowd(50, seed)
    order = draw.sample(range(50), 50)
    pool, other = pool_of(members), pool_of([members[at] for at in order])
    first, second = (eligible_pairs(p, NOW, everyone(p)) for p in (pool, other))
    assert first.start.tolist() == second.start.tolist()
    assert first.high.tolist() == second.high.tolist()


@few
@given(st.integers(0, 10**6), st.data())
def test_some_among_all_have_the_pairs_they_had(seed: int, data: Any) -> None:
    pool = pool_of(crowd(50, seed))
    among = np.array(data.draw(st.lists(st.booleans(), min_size=50, max_size=50)))
    whole, part = (eligible_pairs(pool, NOW, marks) for marks in (everyone(pool), among))
    kept = whole.where(among[whole.low] & among[whole.high])
    assert (part.start.tolist(), part.high.tolist()) == (kept.start.tolist(), kept.high.tolist())
