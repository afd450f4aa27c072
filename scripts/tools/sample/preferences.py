"""Whom members look for: mode, genders, ages, distance, languages, and what counts most to them."""

import numpy as np

MODES = {"romantic": 0.45, "both": 0.30, "friendship": 0.15, "professional": 0.10}
DISTANCES: dict[int | None, float] = {None: 0.10, 25: 0.30, 50: 0.31, 100: 0.19, 200: 0.10}
OLDEST_WISH = 99
LEAST_WINDOW = 4
"""From the youngest to the oldest partner, as the database asks."""

_OTHER = {"female": "male", "male": "female"}
EVERYBODY = ("female", "male", "non_binary")

# How much more or less a part counts to members who change it, by mode, and the share of them who do.
_CHARTS = {"astro": 0.5, "hd": 0.5}  # for those to whom charts say little
_PERSONAL_WEIGHTS: tuple[tuple[float, dict[str, float]], ...] = (
    (0.10, _CHARTS),
    (0.03, {"astro": 2.0, "hd": 2.0}),
    (0.04, {"values": 2.0}),
    (0.02, {"life_goals": 2.0, **_CHARTS}),
)
_PROFESSIONAL_WEIGHTS: tuple[tuple[float, dict[str, float]], ...] = (
    (0.08, {"location": 0.5}),
    (0.06, {"industry": 2.0}),
    (0.06, {"interests": 2.0, "industry": 0.5}),
)


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


def draw_friendship_genders(
    rng: np.random.Generator, genders: list[str], modes: list[str]
) -> list[tuple[str, ...] | None]:
    """Whom members would meet as friends, None for the same as otherwise: most who look for both say no more.

    The others welcome anybody as a friend, some only people of their own gender.
    """
    return [
        (() if x < 0.2 else (gender,)) if mode == "both" and x < 0.3 else None
        for x, gender, mode in zip(rng.random(len(modes)).tolist(), genders, modes, strict=True)
    ]


def draw_ages(rng: np.random.Generator, age: int, gender: str, mode: str) -> tuple[int, int]:
    """Youngest and oldest partner, 18..99, at least `LEAST_WINDOW` apart, in this order.

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
    youngest = min(youngest, OLDEST_WISH - LEAST_WINDOW)
    return youngest, max(youngest + LEAST_WINDOW, oldest)


def draw_languages_wished(rng: np.random.Generator, primary: str, secondary: str | None) -> tuple[str, ...]:
    """Languages a partner should speak: mostly any, else one's own; the empty tuple means any."""
    at = rng.random()
    if at < 0.55:
        return ()
    return (primary, secondary) if secondary and at < 0.85 else (primary,)


def draw_weights(rng: np.random.Generator, modes: list[str]) -> list[dict[str, float] | None]:
    """Weights of score blocks that members changed; None for most, who leave them as configured."""
    return [_weights(x, mode) for x, mode in zip(rng.random(len(modes)).tolist(), modes, strict=True)]


def _weights(at: float, mode: str) -> dict[str, float] | None:
    for share, changed in _PROFESSIONAL_WEIGHTS if mode == "professional" else _PERSONAL_WEIGHTS:
        at -= share
        if at < 0.0:
            return changed
    return None
