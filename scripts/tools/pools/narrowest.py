"""The narrowest question that may be asked about each member, and how many it leaves, without any attack.

The asker knows a member's age, gender and home, and appears as whom that member would have, if anybody: of
the same age and town, with their languages.
"""

from dataclasses import dataclass

import numpy as np

from scripts.tools.pools.world import Night
from shared.engine.pool.pool import MODE_BITS, Flags, Pool, Real, Whole

HALF_WINDOW = 2
"""Years on either side: five ages in all."""
NEAR_KM = 25.0
_EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Narrowest:
    """One entry per member in each array, of the better of the two askers (personal or professional)."""

    fitting: Whole
    """How many fit the question, the member included."""
    answers: Whole
    """How many of these would also have the asker: whom the one proposal may be."""
    reachable: Flags
    """Whether the member is one of them."""

    def chance(self, least: int, *, both_sides: bool = False) -> Real:
        """That a proposal is the member, where at least so many fit; not a number where none can be had.

        `both_sides` counts those alone who would also have the asker.
        """
        asked = self.reachable & ((self.answers if both_sides else self.fitting) >= least)
        found: Real = np.where(asked, 1.0 / np.maximum(self.answers, 1), np.nan)
        return found


def narrowest(night: Night) -> Narrowest:
    """Counted pair by pair, in the pool's order."""
    pool = night.pool
    ages = pool.ages(night.now)
    fitting, answers = np.zeros((2, len(pool)), dtype=np.int64)
    reachable = np.zeros(len(pool), dtype=np.bool_)
    for member in range(len(pool)):
        fit = _fit(pool, ages, member)
        fitting[member] = fit.sum()
        # The asker appears as each gender in turn and keeps the appearance that the member would have.
        for gender in range(len(pool.gender_words)):
            have = fit & _would_have(pool, ages, member, 1 << gender)
            if have[member] and (not reachable[member] or have.sum() < answers[member]):
                reachable[member], answers[member] = True, have.sum()
    return Narrowest(fitting, answers, reachable)


def _fit(pool: Pool, ages: Whole, member: int) -> Flags:
    low = max(18, int(ages[member]) - HALF_WINDOW)
    works = pool.modes[member] == MODE_BITS["professional"]
    modes = np.uint8(MODE_BITS["professional"] if works else 3)
    found: Flags = (
        ((pool.modes & modes) != 0)
        & (pool.genders == pool.genders[member])
        & (ages >= low)
        & (ages <= low + 2 * HALF_WINDOW)
        & _within(pool, member, np.full(len(pool), (NEAR_KM / _EARTH_KM) ** 2))
    )
    return found


def _would_have(pool: Pool, ages: Whole, member: int, gender: int) -> Flags:
    age = ages[member]
    # The asker looks for the same gender in every mode, so it does not matter in which they would be had.
    wanted = pool.preferred_genders | pool.friendship_genders
    found: Flags = (
        (pool.min_ages <= age)
        & (age <= pool.max_ages)
        & ((wanted & np.uint16(gender)) != 0)
        & (pool.any_language | ((pool.wanted_languages & pool.languages[member]) != 0).any(axis=1))
        & _within(pool, member, pool.reaches)
    )
    return found


def _within(pool: Pool, member: int, reach: Real) -> Flags:
    apart = ((pool.places - pool.places[member]) ** 2).sum(axis=1)
    near = np.where(pool.has_place & pool.has_place[member], apart <= reach, pool.zones == pool.zones[member])
    return np.asarray(near | np.isinf(reach))
