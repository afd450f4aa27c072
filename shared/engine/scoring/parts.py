"""The blocks of a score that compare vectors, sets and numbers: raw values of one pair.

Charts have files of their own (`synastry`, `composite`); their raw values are handed in.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import compiled
from shared.engine.configuration import CONFIGURATION, Configuration
from shared.engine.pool.pool import Flags, Pool, Real
from shared.engine.pool.signals import VECTORS
from shared.places.grid import EARTH_RADIUS_KM

NAMES = tuple(block.name for block in CONFIGURATION.blocks)
VALUES, COMMUNICATION, LIFE_GOALS, READINESS, ASTRO, HD, PROFILE, INTERESTS, LOCATION, INDUSTRY, ACTIVITY = (
    NAMES.index(name)
    for name in (
        "values", "communication", "life_goals", "readiness", "astro", "hd",
        "profile", "interests", "location", "industry", "activity",
    )
)  # fmt: skip
_KIND = {name: kind for kind, name in enumerate(VECTORS)}
_VALUES_KIND, _COMMUNICATION_KIND, _GOALS_KIND, _PROFILE_KIND = (
    _KIND[name] for name in ("values", "communication", "life_goals", "profile")
)
_NEAR = CONFIGURATION.near_km / EARTH_RADIUS_KM
_PROFESSIONAL = 2


class Terms(NamedTuple):
    """A pool's signals as compiled code takes them, with the constants that standardise the blocks."""

    vectors: Real
    has_vector: Flags
    readiness: Real
    has_readiness: Flags
    activity: Real
    has_activity: Flags
    interests: npt.NDArray[np.uint64]
    industry: npt.NDArray[np.uint64]
    wanted_industries: npt.NDArray[np.uint64]
    places: Real
    has_place: Flags
    has_chart: Flags
    weights: Real
    mean: Real
    deviation: Real


def terms_of(pool: Pool, configuration: Configuration) -> Terms:
    """The arrays of `pool` that its pairs are scored by, and the constants of `configuration`."""
    signals = pool.signals
    return Terms(
        vectors=signals.vectors,
        has_vector=signals.has_vector,
        readiness=signals.readiness,
        has_readiness=signals.has_readiness,
        activity=signals.activity,
        has_activity=signals.has_activity,
        interests=signals.interests,
        industry=signals.industry,
        wanted_industries=signals.wanted_industries,
        places=pool.places,
        has_place=pool.has_place,
        has_chart=pool.charts.present,
        weights=signals.weights,
        mean=np.array([block.mean for block in configuration.blocks]),
        deviation=np.array([block.deviation for block in configuration.blocks]),
    )


@compiled
def pair_terms(
    terms: Terms, mode: int, i: int, j: int, astro: float, hd: float, raw: Real, present: Flags
) -> None:
    """Writes the raw value of every block of that mode, and whether both sides have what it needs.

    `raw` and `present` have one entry per block of the configuration; blocks of other modes become 0 and
    False. Ranges: cosines -1 to 1; readiness 0 to 100, the lower of the two; interests (Jaccard),
    location, industry and activity 0 to 1.
    """
    for block in range(raw.shape[0]):
        raw[block] = 0.0
        present[block] = False
    if mode == _PROFESSIONAL:
        _cosine(terms, PROFILE, _PROFILE_KIND, i, j, raw, present)
        _interests(terms, i, j, raw, present)
        _location(terms, i, j, raw, present)
        _industry(terms, i, j, raw, present)
        if terms.has_activity[i] and terms.has_activity[j]:
            raw[ACTIVITY] = 1.0 - abs(terms.activity[i] - terms.activity[j]) / 100.0
            present[ACTIVITY] = True
        return
    _cosine(terms, VALUES, _VALUES_KIND, i, j, raw, present)
    _cosine(terms, COMMUNICATION, _COMMUNICATION_KIND, i, j, raw, present)
    _cosine(terms, LIFE_GOALS, _GOALS_KIND, i, j, raw, present)
    if terms.has_readiness[i] and terms.has_readiness[j]:
        raw[READINESS] = min(terms.readiness[i], terms.readiness[j])
        present[READINESS] = True
    if terms.has_chart[i] and terms.has_chart[j]:
        raw[ASTRO] = astro
        present[ASTRO] = True
        raw[HD] = hd
        present[HD] = True


@compiled
def _cosine(terms: Terms, block: int, kind: int, i: int, j: int, raw: Real, present: Flags) -> None:
    if terms.has_vector[i, kind] and terms.has_vector[j, kind]:
        cosine = 0.0
        for dimension in range(terms.vectors.shape[2]):
            cosine += terms.vectors[i, kind, dimension] * terms.vectors[j, kind, dimension]
        raw[block] = cosine
        present[block] = True


@compiled
def _bits(word: int) -> int:
    """How many bits of a 64-bit word are set."""
    count = 0
    left = np.uint64(word)
    while left:
        left &= left - np.uint64(1)
        count += 1
    return count


@compiled
def _interests(terms: Terms, i: int, j: int, raw: Real, present: Flags) -> None:
    common = 0
    either = 0
    mine = 0
    theirs = 0
    for word in range(terms.interests.shape[1]):
        a, b = terms.interests[i, word], terms.interests[j, word]
        common += _bits(a & b)
        either += _bits(a | b)
        mine += _bits(a)
        theirs += _bits(b)
    # Somebody who named no interest is not the opposite of anybody: the block is absent.
    if mine and theirs:
        raw[INTERESTS] = common / either
        present[INTERESTS] = True


@compiled
def _location(terms: Terms, i: int, j: int, raw: Real, present: Flags) -> None:
    """1 in the same cell, falling in a straight line to 0 at `near_km`."""
    if terms.has_place[i] and terms.has_place[j]:
        square = 0.0
        for axis in range(3):
            step = terms.places[i, axis] - terms.places[j, axis]
            square += step * step
        raw[LOCATION] = max(0.0, 1.0 - math.sqrt(square) / _NEAR)
        present[LOCATION] = True


@compiled
def _industry(terms: Terms, i: int, j: int, raw: Real, present: Flags) -> None:
    """Half for each side whose industry the other shares or would like to meet."""
    known_i = False
    known_j = False
    suits_i = False
    suits_j = False
    for word in range(terms.industry.shape[1]):
        a, b = terms.industry[i, word], terms.industry[j, word]
        known_i = known_i or a != 0
        known_j = known_j or b != 0
        suits_i = suits_i or (a | terms.wanted_industries[i, word]) & b != 0
        suits_j = suits_j or (b | terms.wanted_industries[j, word]) & a != 0
    if known_i and known_j:
        raw[INDUSTRY] = 0.5 * suits_i + 0.5 * suits_j
        present[INDUSTRY] = True
