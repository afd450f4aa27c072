"""The whole community as columns: drawn from a seed, or completed around real profiles."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from scripts.sample import languages, metros, people, preferences, signals
from scripts.sample.profiles import Profiles
from scripts.sample.streams import stream
from shared.places import Place

ACTIVE = 0.95
SWITCHED_ON = 0.95  # share of members who allow values and location
LATER_SWITCHES = {"birthData": 0.80, "feedback": 0.70, "aiText": 0.40}  # of those
JOINED_WITHIN_DAYS = 365
PROFILE_FILE_METRO = "San Francisco, CA, US"  # where members of a profile file live


@dataclass(frozen=True)
class Community:
    """Members as columns of one length, in the order in which they joined the draw.

    `vectors` is (members, 3, 16), `readiness` (members,) in 0..100; both exist for everybody and
    are stored only for those whose `signals` hold `values`.
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
    language_pref: list[tuple[str, ...]]
    active: list[bool]
    signals: list[tuple[str, ...]]
    created_at: list[datetime]
    vectors: NDArray[np.float64]
    readiness: NDArray[np.float64]

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
    return _complete(cast, areas, homes, spoken, modes, wished, seed, today)


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
    return _complete(cast, areas, homes, profiles.languages, modes, wished, seed, today)


def _complete(
    cast: people.Cast,
    areas: list[str],
    homes: list[Place],
    spoken: list[tuple[str, str | None]],
    modes: list[str],
    wished: list[tuple[str, ...]],
    seed: int,
    today: date,
) -> Community:
    """Everything that is drawn for drawn and for real profiles alike."""
    size = len(areas)
    ages, wishes = stream(seed, "ages"), stream(seed, "languages wished")
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
        language_pref=[preferences.draw_languages_wished(wishes, *pair) for pair in spoken],
        active=[bool(x < ACTIVE) for x in stream(seed, "active").random(size)],
        signals=_draw_signals(stream(seed, "signals"), size),
        created_at=_draw_joined(stream(seed, "joined"), size, today),
        vectors=signals.draw_vectors(stream(seed, "vectors"), areas),
        readiness=signals.draw_readiness(stream(seed, "readiness"), size),
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
