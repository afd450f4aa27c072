"""What members do for a living: industry, employer, whom they would like to meet, how they see their work."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scripts.tools.sample import signals

# Industry, and its share of those who work, in parts of the sum; a group has a kind of work in common.
_KINDS: tuple[dict[str, float], ...] = (
    {"technology": 30, "engineering": 7},
    {"health": 15, "social_work": 4},
    {"education": 10, "research": 3},
    {"finance": 7, "law": 3, "consulting": 5},
    {"arts": 5, "media": 6},
    {"marketing": 6, "sales": 8, "retail": 3},
    {"hospitality": 5, "transport": 2},
    {"construction": 4, "agriculture": 1},
    {"administration": 5, "government": 4},
)
INDUSTRIES = tuple(industry for kind in _KINDS for industry in kind)
KIND = {industry: number for number, kind in enumerate(_KINDS) for industry in kind}
"""Industries of one number have a kind of work in common."""
_SHARES = np.array([share for kind in _KINDS for share in kind.values()])
_SHARES = _SHARES / _SHARES.sum()

EMPLOYED = 0.85  # of those with an industry
EMPLOYERS = 30  # per industry, the first the largest
PROFESSIONAL = 0.95  # share of the members who look for colleagues and say what they do
OTHERS = 0.15  # share of all other members who do
WISHING = 0.9  # of those who look for colleagues: they name industries they would like to meet
MEETS_COLLEAGUES, AVOIDS_COMPETITORS = 0.15, 0.2

# How profile files name what people do.
_JOBS = {
    "artistic / musical / writer": "arts",
    "banking / financial / real estate": "finance",
    "clerical / administrative": "administration",
    "computer / hardware / software": "technology",
    "construction / craftsmanship": "construction",
    "education / academia": "education",
    "entertainment / media": "media",
    "hospitality / travel": "hospitality",
    "law / legal services": "law",
    "medicine / health": "health",
    "political / government": "government",
    "sales / marketing / biz dev": "sales",
    "science / tech / engineering": "engineering",
    "transportation": "transport",
}
COLUMN = "job"
"""The column of a profile file that tells the industry. It does not have to be there."""

_ONSETS = (
    "al",
    "bor",
    "cal",
    "dor",
    "el",
    "fen",
    "gal",
    "hel",
    "is",
    "kor",
    "lum",
    "mar",
    "nor",
    "or",
    "per",
)
_ENDS = ("ado", "ara", "era", "ica", "ima", "ino", "iva", "ona", "ora", "una", "aro", "eno")
_FORMS = ("Group", "Works", "Partners", "House", "Union", "& Co")


def read_industry(job: str) -> str | None:
    """The industry of a cell of a profile file, lower case; None where it tells none."""
    return _JOBS.get(job)


def draw_industries(
    rng: np.random.Generator, modes: list[str], told: Sequence[str | None] | None = None
) -> list[str | None]:
    """The industry of those who say what they do, as a profile file told it or drawn."""
    drawn = rng.choice(len(INDUSTRIES), size=len(modes), p=_SHARES)
    at = rng.random(len(modes))
    known = told or [None] * len(modes)
    return [
        (word or INDUSTRIES[number]) if x < (PROFESSIONAL if mode == "professional" else OTHERS) else None
        for word, number, mode, x in zip(known, drawn.tolist(), modes, at.tolist(), strict=True)
    ]


def draw_employers(rng: np.random.Generator, industries: list[str | None]) -> list[str | None]:
    """An employer for most of those with an industry; few are large, so that some members are colleagues."""
    names = {industry: _names(rng) for industry in INDUSTRIES}
    shares = 1.0 / np.arange(2, EMPLOYERS + 2)
    sizes = rng.choice(EMPLOYERS, size=len(industries), p=shares / shares.sum())
    at = rng.random(len(industries))
    return [
        names[industry][size] if industry is not None and x < EMPLOYED else None
        for industry, size, x in zip(industries, sizes.tolist(), at.tolist(), strict=True)
    ]


def _names(rng: np.random.Generator) -> list[str]:
    """Invented names of employers, all different."""
    names: dict[str, None] = {}
    while len(names) < EMPLOYERS:
        onset, end, form = (
            int(x * len(of)) for x, of in zip(rng.random(3), (_ONSETS, _ENDS, _FORMS), strict=True)
        )
        names[f"{(_ONSETS[onset] + _ENDS[end]).capitalize()} {_FORMS[form]}"] = None
    return list(names)


def draw_wanted_industries(
    rng: np.random.Generator, modes: list[str], industries: list[str | None]
) -> list[tuple[str, ...]]:
    """Up to three industries each that those who look for colleagues would like to meet, mostly related."""
    at = rng.random((len(modes), 3)).tolist()
    picks = rng.choice(len(INDUSTRIES), size=(len(modes), 3), p=_SHARES).tolist()
    return [
        _wanted(x, pick, industry) if mode == "professional" else ()
        for x, pick, mode, industry in zip(at, picks, modes, industries, strict=True)
    ]


def _wanted(at: list[float], picks: list[int], own: str | None) -> tuple[str, ...]:
    wishing, related, count = at
    if wishing >= WISHING:
        return ()
    # Large industries are wished for more often, and those of one's own kind first of all.
    kin = list(_KINDS[KIND[own]]) if own is not None and related < 0.6 else []
    wished = dict.fromkeys([*kin, *(INDUSTRIES[number] for number in picks[: 1 + int(count * 3)])])
    return tuple(sorted(list(wished)[:3]))


def draw_avoided(rng: np.random.Generator, size: int) -> tuple[list[bool], list[bool]]:
    """Whether members avoid colleagues (nearly all do) and competitors."""
    at = rng.random((size, 2))
    return (at[:, 0] >= MEETS_COLLEAGUES).tolist(), (at[:, 1] < AVOIDS_COMPETITORS).tolist()


def draw_profiles(
    rng: np.random.Generator, metros: list[str], industries: list[str | None]
) -> NDArray[np.float64]:
    """Unit vectors, (members, 16 dimensions): similar for similar kinds of work, like the other vectors.

    Those without an industry are of any kind.
    """
    kinds = rng.integers(len(_KINDS), size=len(industries))
    for member, industry in enumerate(industries):
        if industry is not None:
            kinds[member] = KIND[industry]
    vectors: NDArray[np.float64] = signals.draw_vectors(rng, metros, blocks=1, kinds=kinds)[:, 0]
    return vectors


def draw_activity(rng: np.random.Generator, active: list[bool]) -> NDArray[np.float64]:
    """How active members are, 0..100 with two decimals; little where they pause."""
    drawn = rng.beta(2.2, 1.8, len(active)) * np.where(active, 100.0, 30.0)
    return np.round(drawn, 2)
