"""The whole community as columns: drawn from a seed, or completed around real profiles."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from scripts.tools.sample import interests, languages, metros, people, preferences, quiz, traits, work
from scripts.tools.sample.profiles import Profiles
from scripts.tools.sample.streams import stream
from shared.places.resolve import Place

ACTIVE = 0.95
SWITCHED_ON = 0.95  # share of members who allow values and location
LATER_SWITCHES = {"birthData": 0.80, "feedback": 0.70, "aiText": 0.40}  # of those
JOINED_WITHIN_DAYS = 365
PROFILE_FILE_METRO = "San Francisco, CA, US"  # where members of a profile file live


@dataclass(frozen=True)
class Community:
    """Members as columns of one length, in the order in which they joined the draw.

    `profile` is (members, 16), `activity` (members,) in 0..100. These and `answers` exist for everybody and
    are stored only for those whose `signals` hold `values`, profile and activity for those who look for
    colleagues.
    """

    id: list[UUID]
    display_name: list[str]
    birth_date: list[date]
    birth_time: list[tuple[time | None, str]]
    birth_place: list[Place | None]
    gender: list[str]
    orientation: list[str]
    spoken: list[tuple[str, str | None]]
    metro: list[str]
    home: list[Place]
    mode: list[str]
    ages: list[tuple[int, int]]
    distance_km: list[int | None]
    preferred_genders: list[tuple[str, ...]]
    friendship_genders: list[tuple[str, ...] | None]
    language_pref: list[tuple[str, ...]]
    traits: list[tuple[str, ...]]
    deal_breakers: list[tuple[str, ...]]
    weights: list[dict[str, float] | None]
    industry: list[str | None]
    employer: list[str | None]
    wanted_industries: list[tuple[str, ...]]
    avoids_colleagues: list[bool]
    avoids_competitors: list[bool]
    interests: list[tuple[str, ...]]
    active: list[bool]
    signals: list[tuple[str, ...]]
    created_at: list[datetime]
    answers: list[dict[str, int]]
    profile: NDArray[np.float64]
    activity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.id)


def draw_community(size: int, seed: int, today: date) -> Community:
    """A community of `size` members; the same for the same size, seed and day."""
    cast = people.draw_cast(stream(seed, "cast"), size)
    areas = metros.draw_metros(stream(seed, "metros"), size)
    homes = metros.draw_homes(stream(seed, "homes"), areas)
    spoken = languages.draw_languages(stream(seed, "languages"), [home.country_code for home in homes])
    modes = preferences.draw_modes(stream(seed, "modes"), size)
    rng = stream(seed, "genders")
    wished = [
        preferences.draw_genders(rng, *member)
        for member in zip(cast.gender, cast.orientation, modes, strict=True)
    ]
    told = traits.draw_traits(stream(seed, "traits"), cast.age)
    return _complete(
        Profiles(cast, spoken, told, [None] * size, {}), areas, homes, modes, wished, seed, today
    )


def community_of(profiles: Profiles, seed: int, today: date) -> Community:
    """Real profiles with everything they do not tell drawn by the seed.

    They live in the towns around San Francisco, as the people of the best known such file do.
    """
    cast = profiles.cast
    areas = [PROFILE_FILE_METRO] * len(cast.age)
    homes = metros.draw_homes(stream(seed, "homes"), areas)
    modes = preferences.draw_modes(stream(seed, "modes"), len(areas))
    wished = [
        preferences.genders_as_told(*member) for member in zip(cast.gender, cast.orientation, strict=True)
    ]
    return _complete(profiles, areas, homes, modes, wished, seed, today)


def _complete(
    profiles: Profiles,
    areas: list[str],
    homes: list[Place],
    modes: list[str],
    wished: list[tuple[str, ...]],
    seed: int,
    today: date,
) -> Community:
    """Everything that is drawn for drawn and for real profiles alike."""
    size, cast, spoken = len(areas), profiles.cast, profiles.languages
    ages, wishes = stream(seed, "ages"), stream(seed, "languages wished")
    industries = work.draw_industries(stream(seed, "industries"), modes, profiles.industries)
    avoids_colleagues, avoids_competitors = work.draw_avoided(stream(seed, "avoided"), size)
    switches = _draw_signals(stream(seed, "signals"), size)
    refused = traits.draw_deal_breakers(stream(seed, "deal-breakers"), profiles.traits, modes)
    active = [bool(x < ACTIVE) for x in stream(seed, "active").random(size)]
    return Community(
        id=_draw_ids(stream(seed, "ids"), size),
        display_name=people.draw_names(stream(seed, "names"), size),
        birth_date=people.draw_birth_dates(stream(seed, "birth dates"), cast.age, today),
        birth_time=people.draw_birth_times(stream(seed, "birth times"), size),
        birth_place=metros.draw_birth_places(stream(seed, "birth places"), areas, homes),
        gender=cast.gender,
        orientation=cast.orientation,
        spoken=spoken,
        metro=areas,
        home=homes,
        mode=modes,
        ages=[
            preferences.draw_ages(ages, *member) for member in zip(cast.age, cast.gender, modes, strict=True)
        ],
        distance_km=preferences.draw_distances(stream(seed, "distances"), size),
        preferred_genders=wished,
        friendship_genders=preferences.draw_friendship_genders(
            stream(seed, "friendship genders"), cast.gender, modes
        ),
        language_pref=[preferences.draw_languages_wished(wishes, *pair) for pair in spoken],
        traits=traits.allowed(profiles.traits, switches),
        deal_breakers=traits.allowed(refused, switches),
        weights=preferences.draw_weights(stream(seed, "weights"), modes),
        industry=industries,
        employer=work.draw_employers(stream(seed, "employers"), industries),
        wanted_industries=work.draw_wanted_industries(stream(seed, "wanted industries"), modes, industries),
        avoids_colleagues=avoids_colleagues,
        avoids_competitors=avoids_competitors,
        interests=interests.draw_interests(stream(seed, "interests"), modes),
        active=active,
        signals=switches,
        created_at=_draw_joined(stream(seed, "joined"), size, today),
        answers=quiz.draw_answers(stream(seed, "quiz"), areas, modes),
        profile=work.draw_profiles(stream(seed, "work"), areas, industries),
        activity=work.draw_activity(stream(seed, "activity"), active),
    )


def _draw_ids(rng: np.random.Generator, size: int) -> list[UUID]:
    """Random (version 4) ids."""
    drawn = rng.bytes(16 * size)
    return [UUID(bytes=drawn[at : at + 16], version=4) for at in range(0, 16 * size, 16)]


def _draw_signals(rng: np.random.Generator, size: int) -> list[tuple[str, ...]]:
    """Switches each member turned on: nearly all values and location, the others less often."""
    return [
        (
            "values",
            "location",
            *(s for s, x in zip(LATER_SWITCHES, later, strict=True) if x < LATER_SWITCHES[s]),
        )
        if on < SWITCHED_ON
        else ()
        for on, *later in rng.random((size, 1 + len(LATER_SWITCHES)))
    ]


def _draw_joined(rng: np.random.Generator, size: int, today: date) -> list[datetime]:
    """When members joined: spread over the year before today, to the second."""
    midnight = datetime.combine(today, time(), UTC)
    ago = rng.integers(3600, JOINED_WITHIN_DAYS * 86400, size=size)
    return [midnight - timedelta(seconds=int(seconds)) for seconds in ago]
