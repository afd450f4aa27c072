"""Who there is: age, gender and orientation, drawn together."""

from dataclasses import dataclass
from datetime import date, time, timedelta

import numpy as np

YOUNGEST = 18
OLDEST = 80  # of the drawn members; a profile file may hold older ones

_GENDERS = ("female", "male", "non_binary")
_GENDER_SHARES = (0.48, 0.485, 0.035)
_ORIENTATIONS = ("straight", "gay", "bisexual")
_ORIENTATION_SHARES = {
    "female": (0.85, 0.06, 0.09),
    "male": (0.86, 0.10, 0.04),
    # For a non-binary member "straight" and "gay" say little: see `preferences`.
    "non_binary": (0.25, 0.20, 0.55),
}
_ONSETS = ("b", "d", "f", "g", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "tr", "l")
_VOWELS = ("a", "e", "i", "o", "u", "ia", "ei", "a", "e")
_ENDS = ("", "", "n", "l", "r", "s", "ra", "lo")


@dataclass(frozen=True)
class Cast:
    """What is known of the members before anything else is drawn; lists of the same length."""

    age: list[int]
    gender: list[str]
    orientation: list[str]


def age_shares() -> np.ndarray:
    """Share of every age from 18 to 80: most members are between 22 and 40."""
    years = np.arange(YOUNGEST, OLDEST + 1) - YOUNGEST
    young = (years + 1.0) ** 1.6 * np.exp(-years / 5.5)
    settled = 0.05 * np.exp(-(((years - 28.0) / 14.0) ** 2))
    shares = young / young.sum() + settled / settled.sum() * 0.22
    return np.asarray(shares / shares.sum())


def draw_cast(rng: np.random.Generator, size: int) -> Cast:
    """Age, gender and orientation of `size` members."""
    ages = rng.choice(np.arange(YOUNGEST, OLDEST + 1), size=size, p=age_shares())
    genders = [_GENDERS[at] for at in rng.choice(3, size=size, p=_GENDER_SHARES)]
    at = rng.random(size)
    orientations = [
        _ORIENTATIONS[min(2, int(np.searchsorted(np.cumsum(_ORIENTATION_SHARES[gender]), x, "right")))]
        for gender, x in zip(genders, at, strict=True)
    ]
    return Cast([int(age) for age in ages], genders, orientations)


def born_on(age: int, today: date, days: int) -> date:
    """A birth date of somebody who is `age` today and had their birthday `days` (0..364) ago."""
    year = today.year - age
    try:
        birthday = today.replace(year=year)
    except ValueError:  # today is 29 February and that year has none
        birthday = date(year, 2, 28)
    return birthday - timedelta(days=days)


def draw_birth_dates(rng: np.random.Generator, ages: list[int], today: date) -> list[date]:
    """A birth date that fits each age today."""
    days = rng.integers(0, 365, size=len(ages))
    return [born_on(age, today, int(ago)) for age, ago in zip(ages, days, strict=True)]


def draw_birth_times(rng: np.random.Generator, size: int) -> list[tuple[time | None, str]]:
    """Local time of birth and how sure it is: to the minute, to the half hour, or not known."""
    accuracies = rng.choice(3, size=size, p=[0.55, 0.20, 0.25])
    # Births are a little more frequent by day than by night.
    hourly = 1.0 + 0.35 * np.sin((np.arange(24) - 5.0) / 24.0 * 2.0 * np.pi)
    hours = rng.choice(24, size=size, p=hourly / hourly.sum())
    minutes = rng.integers(0, 60, size=size)
    return [
        (None, "unknown")
        if accuracy == 2
        else (time(int(hour), int(minute)), "exact")
        if accuracy == 0
        else (time(int(hour), int(minute) // 30 * 30), "approximate")
        for accuracy, hour, minute in zip(accuracies, hours, minutes, strict=True)
    ]


def draw_names(rng: np.random.Generator, size: int) -> list[str]:
    """Invented first names of two or three syllables; they belong to nobody."""
    picks = rng.random((size, 6))
    return [
        (
            _at(_ONSETS, a) + _at(_VOWELS, b) + _at(_ONSETS, c) + _at(_VOWELS, d) + (_at(_ENDS, e))
            + (_at(_ONSETS, f) + "a" if f < 0.3 else "")
        ).capitalize()
        for a, b, c, d, e, f in picks
    ]  # fmt: skip


def _at(choices: tuple[str, ...], x: float) -> str:
    return choices[int(x * len(choices))]
