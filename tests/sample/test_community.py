"""The drawn community: the same for one seed, adult, and shaped like real ones."""

import dataclasses
import pickle
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from scripts.tools.sample import metros
from scripts.tools.sample.community import Community, community_of, draw_community
from scripts.tools.sample.people import Cast, born_on
from scripts.tools.sample.profiles import Profiles
from shared.engine.charts.birth import Birth, moments_of
from shared.places.grid import distances_km
from shared.places.resolve import resolve
from shared.quiz.questionnaire import VECTORS, questionnaire
from shared.quiz.scoring import signals_of

TODAY = date(2026, 3, 14)
SIZE = 3000


def in_bytes(community: Community) -> bytes:
    return pickle.dumps(
        [
            column.tobytes() if isinstance(column, np.ndarray) else repr(column)
            for column in (getattr(community, field.name) for field in dataclasses.fields(community))
        ]
    )


def completed_years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@pytest.fixture(scope="module")
def drawn() -> Community:
    return draw_community(SIZE, 1, TODAY)


def share(values: list[Any], wanted: Any) -> float:
    return values.count(wanted) / len(values)


def test_the_same_seed_and_day_give_the_same_bytes_and_another_seed_others() -> None:
    assert in_bytes(draw_community(200, 7, TODAY)) == in_bytes(draw_community(200, 7, TODAY))
    assert in_bytes(draw_community(200, 7, TODAY)) != in_bytes(draw_community(200, 8, TODAY))


@pytest.mark.parametrize("size", [0, 1, 17])
def test_every_column_has_one_entry_per_member(size: int) -> None:
    community = draw_community(size, 1, TODAY)
    assert {len(getattr(community, field.name)) for field in dataclasses.fields(community)} == {size}


def test_everybody_is_between_18_and_80_and_most_are_young(drawn: Community) -> None:
    ages = np.array([completed_years(born, TODAY) for born in drawn.birth_date])
    assert ages.min() >= 18
    assert 70 <= ages.max() <= 80
    assert 0.6 < ((ages >= 22) & (ages <= 40)).mean() < 0.85
    assert 25 < np.median(ages) < 33


@pytest.mark.parametrize(
    "today", [date(2026, 1, 1), date(2028, 2, 29), date(2027, 2, 28), date(2026, 12, 31)]
)
@pytest.mark.parametrize("age", [18, 19, 110])
def test_a_birth_date_gives_the_age_it_was_made_for(today: date, age: int) -> None:
    for days in range(365):
        born = born_on(age, today, days)
        assert completed_years(born, today) == age


def test_everybody_is_known_by_an_invented_name_and_a_unique_id(drawn: Community) -> None:
    assert len(set(drawn.id)) == SIZE
    assert all(id_.version == 4 for id_ in drawn.id)
    assert all(name.isascii() and name.isalpha() and 3 < len(name) < 20 for name in drawn.display_name)
    assert len(set(drawn.display_name)) > SIZE / 2


def test_homes_lie_within_forty_kilometres_of_their_centre_or_far_from_all(drawn: Community) -> None:
    centres = {metro: resolve(metro) for metro in metros.METROS}
    assert {centre.name for centre in centres.values()} == set(centres)
    assert len({centre.country_code for centre in centres.values()}) >= 8
    assert len({home.tz for home in drawn.home}) >= 10
    for metro, home in zip(drawn.metro, drawn.home, strict=True):
        to_centres = {
            name: float(distances_km(home.lat, home.lon, centre.lat, centre.lon))
            for name, centre in centres.items()
        }
        if metro == metros.FAR_METRO:
            assert min(to_centres.values()) > 300
        else:
            assert to_centres[metro] <= 40
            assert home.country_code == centres[metro].country_code
    assert set(drawn.metro) == {*metros.METROS, metros.FAR_METRO}
    assert 0.01 < share(drawn.metro, metros.FAR_METRO) < 0.06
    assert share(drawn.metro, "Berlin, DE") > share(drawn.metro, "Tokyo, JP")


def test_places_carry_names_that_resolve_to_them(drawn: Community) -> None:
    for place in {*drawn.home[:150], *(born for born in drawn.birth_place[:150] if born)}:
        assert resolve(place.name) == place


def test_births_have_dates_and_mostly_times_and_places(drawn: Community) -> None:
    accuracies = Counter(accuracy for _, accuracy in drawn.birth_time)
    assert set(accuracies) == {"exact", "approximate", "unknown"}
    assert all((time is None) == (accuracy == "unknown") for time, accuracy in drawn.birth_time)
    assert 0.2 < accuracies["unknown"] / SIZE < 0.3
    known = [(born, home) for born, home in zip(drawn.birth_place, drawn.home, strict=True) if born]
    assert 0.88 < len(known) / SIZE < 0.96
    assert 0.75 < sum(born.country_code == home.country_code for born, home in known) / len(known) < 0.95


def test_languages_follow_the_country(drawn: Community) -> None:
    by_metro: dict[str, list[tuple[str, str | None]]] = {}
    for metro, spoken in zip(drawn.metro, drawn.spoken, strict=True):
        by_metro.setdefault(metro, []).append(spoken)
    for metro, language in (
        ("Berlin, DE", "de"),
        ("Paris, FR", "fr"),
        ("Tokyo, JP", "ja"),
        ("São Paulo, BR", "pt"),
    ):
        assert share([first for first, _ in by_metro[metro]], language) > 0.75
    english = [pair for pair in by_metro["Berlin, DE"] if "en" in pair]
    assert len(english) / len(by_metro["Berlin, DE"]) > 0.2
    assert 0.45 < sum(second is not None for _, second in drawn.spoken) / SIZE < 0.8
    assert all(first != second for first, second in drawn.spoken)
    assert all(2 <= len(code) <= 3 and code.islower() for pair in drawn.spoken for code in pair if code)


def test_modes_distances_and_switches_have_their_shares(drawn: Community) -> None:
    for mode, expected in {"romantic": 0.45, "both": 0.30, "friendship": 0.15, "professional": 0.10}.items():
        assert share(drawn.mode, mode) == pytest.approx(expected, abs=0.035)
    assert {limit for limit in drawn.distance_km if limit is not None} <= set(range(10, 201))
    assert 0.05 < share(drawn.distance_km, None) < 0.15
    assert np.mean(drawn.active) == pytest.approx(0.95, abs=0.015)
    allowed = [set(signals) for signals in drawn.signals]
    assert np.mean([{"values", "location"} <= signals for signals in allowed]) == pytest.approx(
        0.95, abs=0.015
    )
    for later, expected in {"birthData": 0.76, "feedback": 0.665, "aiText": 0.38}.items():
        assert np.mean([later in signals for signals in allowed]) == pytest.approx(expected, abs=0.035)


def test_age_wishes_are_legal_and_lean_as_people_do(drawn: Community) -> None:
    assert all(18 <= low <= high <= 120 for low, high in drawn.ages)
    ages = [completed_years(born, TODAY) for born in drawn.birth_date]
    lean = {
        gender: np.mean(
            [
                (low + high) / 2 - age
                for (low, high), age, g, mode in zip(drawn.ages, ages, drawn.gender, drawn.mode, strict=True)
                if g == gender and mode == "romantic" and age >= 30
            ]
        )
        for gender in ("female", "male")
    }
    assert lean["female"] > 1.0
    assert lean["male"] < -1.0


def test_orientation_makes_no_two_sided_market(drawn: Community) -> None:
    """Somebody would meet their own gender, somebody any; so two groups cannot hold all pairs."""
    wished = Counter(zip(drawn.gender, drawn.preferred_genders, strict=True))
    assert wished["female", ("female",)] > 0
    assert wished["male", ("male",)] > 0
    assert wished["non_binary", ()] > 0
    assert (
        sum(count for (_, genders), count in wished.items() if {"female", "male"} <= set(genders))
        > 0.01 * SIZE
    )
    romantic = [at for at, mode in enumerate(drawn.mode) if mode in ("romantic", "both")]
    straight = [
        at
        for at in romantic
        if drawn.gender[at] != "non_binary"
        and drawn.preferred_genders[at]
        and not {drawn.gender[at], "non_binary"} & set(drawn.preferred_genders[at])
    ]
    assert 0.7 < len(straight) / len(romantic) < 0.88


def test_members_joined_over_the_year_and_most_are_past_their_first_two_days(drawn: Community) -> None:
    now = datetime.combine(TODAY, datetime.min.time(), UTC)
    ago = np.array([(now - joined) / timedelta(days=1) for joined in drawn.created_at])
    assert ago.min() > 0
    assert ago.max() <= 365
    assert np.histogram(ago, bins=12, range=(0, 365))[0].min() > SIZE / 12 * 0.7
    assert (ago > 2).mean() > 0.98


def test_most_members_answer_the_whole_quiz_and_friends_nothing_about_romance(drawn: Community) -> None:
    quiz = questionnaire()
    whole = {friends: len(quiz.asked(friendship_only=friends)) for friends in (False, True)}
    counts = [
        (len(said), whole[mode == "friendship"]) for said, mode in zip(drawn.answers, drawn.mode, strict=True)
    ]
    assert 0.83 < np.mean([count == most for count, most in counts]) < 0.93
    assert all(count <= most for count, most in counts)


def test_vectors_that_follow_from_answers_agree_among_neighbours(drawn: Community) -> None:
    found = [signals_of(said) for said in drawn.answers[:600]]
    for signal in VECTORS:
        vectors = np.array([each.vectors[signal] for each in found if each.vectors[signal] is not None])
        assert len(vectors) > 500
        of_pairs = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
        assert abs(of_pairs.mean()) < 0.2
        assert of_pairs.std() > 0.28
    readiness = [each.readiness for each in found if each.readiness is not None]
    assert 50 < np.median(readiness) < 75


def test_most_active_members_have_somebody_to_meet_and_some_have_nobody() -> None:
    community = draw_community(1000, 1, TODAY)
    found = candidates(community)
    assert 0.85 < (found > 0).mean() < 0.995
    assert np.median(found) >= 3


def candidates(them: Community) -> np.ndarray:
    """How many mutual candidates active members have: gender, age, mode, language, distance, traits."""
    at = [i for i, active in enumerate(them.active) if active]
    ages = np.array([completed_years(them.birth_date[i], TODAY) for i in at])
    low, high = np.array([them.ages[i] for i in at]).T
    wanted = {"both": {"romantic", "friendship"}}
    modes = [wanted.get(them.mode[i], {them.mode[i]}) for i in at]
    lat, lon = np.array([(them.home[i].lat, them.home[i].lon) for i in at]).T
    limit = np.array([them.distance_km[i] or np.inf for i in at])
    one_way = (low[:, None] <= ages) & (ages <= high[:, None])
    one_way &= distances_km(lat[:, None], lon[:, None], lat, lon) <= limit[:, None]
    for row, i in enumerate(at):
        genders, languages = set(them.preferred_genders[i]), set(them.language_pref[i])
        for column, j in enumerate(at):
            if one_way[row, column]:
                one_way[row, column] = (
                    row != column
                    and (not genders or them.gender[j] in genders)
                    and (not languages or bool(languages & set(them.spoken[j])))
                    and bool(modes[row] & modes[column])
                    and not set(them.deal_breakers[i]) & set(them.traits[j])
                )
    count: np.ndarray = (one_way & one_way.T).sum(axis=1)
    return count


def test_deal_breakers_part_some_pairs_and_not_most(drawn: Community) -> None:
    rng = np.random.default_rng(1)
    parted = [
        bool(
            set(drawn.deal_breakers[a]) & set(drawn.traits[b])
            or set(drawn.deal_breakers[b]) & set(drawn.traits[a])
        )
        for a, b in rng.integers(SIZE, size=(4000, 2))
    ]
    assert 0.07 < np.mean(parted) < 0.2


def test_births_can_be_computed(drawn: Community) -> None:
    """Every combination of accuracy and consent is there, among those whose place is known."""
    found = Counter(
        (accuracy, "birthData" in signals)
        for (_, accuracy), signals, place in zip(
            drawn.birth_time, drawn.signals, drawn.birth_place, strict=True
        )
        if place
    )
    assert set(found) == {(a, on) for a in ("exact", "approximate", "unknown") for on in (True, False)}
    assert min(found.values()) > 0.02 * SIZE
    births = [
        Birth(born, clock, accuracy, place.lat, place.lon, place.tz)  # type: ignore[arg-type]
        for born, (clock, accuracy), place in zip(
            drawn.birth_date, drawn.birth_time, drawn.birth_place, strict=True
        )
        if place
    ]
    assert len(moments_of(births)) == len(births)


def test_real_profiles_keep_what_they_tell() -> None:
    cast = Cast([18, 34, 110], ["female", "male", "male"], ["straight", "gay", "bisexual"])
    spoken: list[tuple[str, str | None]] = [("en", "es"), ("zh", None), ("de", "en")]
    told = [("smokes",), (), ("has_pets", "religious")]
    community = community_of(Profiles(cast, spoken, told, ["law", None, None], {}), 1, TODAY)
    assert community.traits == told
    assert community.industry[0] in ("law", None)
    assert not {"smokes"} & set(community.deal_breakers[0])
    assert [completed_years(born, TODAY) for born in community.birth_date] == [18, 34, 110]
    assert community.gender == cast.gender
    assert community.orientation == cast.orientation
    assert community.spoken == spoken
    assert community.preferred_genders == [("male",), ("male",), ("female", "male")]
    assert {home.tz for home in community.home} == {"America/Los_Angeles"}
    assert all(18 <= low <= high <= 120 for low, high in community.ages)
