"""Whom members look for: mode, genders, ages, distance, languages."""

import numpy as np

MODES = {"romantic": 0.45, "both": 0.30, "friendship": 0.15, "professional": 0.10}
DISTANCES: dict[int | None, float] = {None: 0.10, 10: 0.07, 25: 0.23, 50: 0.31, 100: 0.19, 200: 0.10}
OLDEST_WISH = 99

_OTHER = {"female": "male", "male": "female"}
EVERYBODY = ("female", "male", "non_binary")


def draw_modes(rng: np.random.Generator, size: int) -> list[str]:
    """A mode for each member."""
    names = list(MODES)
    return [names[at] for at in rng.choice(len(names), size=size, p=list(MODES.values()))]


def draw_distances(rng: np.random.Generator, size: int) -> list[int | None]:
    """The farthest partner in kilometres, None for any distance."""
    limits = list(DISTANCES)
    return [limits[at] for at in rng.choice(len(limits), size=size, p=list(DISTANCES.values()))]


def genders_as_told(gender: str, orientation: str) -> tuple[str, ...]:
    """Preferred genders of a member of a profile file, which knows women and men only."""
    if orientation == "bisexual":
        return ("female", "male")
    return (gender if orientation == "gay" else _OTHER[gender],)


def draw_genders(rng: np.random.Generator, gender: str, orientation: str, mode: str) -> tuple[str, ...]:
    """Preferred genders of a drawn member; the empty tuple means any.

    Friends and colleagues are mostly welcome whatever their gender. Some members who look for
    women or men also meet non-binary people, and bisexual members mostly anybody.
    """
    welcome, open_minded, which = rng.random(3)
    if mode in ("friendship", "professional") and welcome < 0.6:
        return ()
    if gender == "non_binary":
        if orientation == "bisexual":
            return () if open_minded < 0.6 else EVERYBODY
        wished = EVERYBODY[int(which * 2)]
        return (wished, "non_binary") if orientation == "gay" else (wished,)
    if orientation == "bisexual":
        return () if open_minded < 0.45 else EVERYBODY if open_minded < 0.75 else ("female", "male")
    wished = gender if orientation == "gay" else _OTHER[gender]
    also = 0.3 if orientation == "gay" else 0.08
    return (wished, "non_binary") if open_minded < also else (wished,)


def draw_ages(rng: np.random.Generator, age: int, gender: str, mode: str) -> tuple[int, int]:
    """Youngest and oldest partner, 18..99, in this order.

    Wishes widen with age. Men look further down, women further up; friends and colleagues are
    chosen less narrowly. Whoever is older than the drawn members keeps a window around them.
    """
    grown = age - 18
    down, up = 3.0 + 0.15 * grown, 4.0 + 0.15 * grown
    if gender == "male":
        down, up = 3.0 + 0.30 * grown, 3.0 + 0.08 * grown
    elif gender == "female":
        down, up = 2.0 + 0.08 * grown, 5.0 + 0.22 * grown
    if mode in ("friendship", "professional"):
        down, up = down + 6.0, up + 8.0
    below, above = rng.gamma(6.0, 1.0 / 6.0, size=2)
    youngest = max(18, round(age - down * float(below)))
    oldest = min(max(OLDEST_WISH, age), round(age + up * float(above)))
    return youngest, max(youngest, oldest)


def draw_languages_wished(rng: np.random.Generator, primary: str, secondary: str | None) -> tuple[str, ...]:
    """Languages a partner should speak: mostly any, else one's own; the empty tuple means any."""
    at = rng.random()
    if at < 0.55:
        return ()
    return (primary, secondary) if secondary and at < 0.85 else (primary,)
