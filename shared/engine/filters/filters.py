"""The rules of who may be proposed to whom, in one table.

Every rule is mutual: it asks the same of both people, so a pair has one answer whichever way round it is
asked. `RULES` lists them in the order in which a funnel counts them, and `first_failed` asks them in that
order: the search for pairs, one member's candidates and the funnels all ask it and nothing else.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from shared.engine.charts.zones import UnknownZone, zone
from shared.engine.compiled import compiled
from shared.engine.configuration import CONFIGURATION
from shared.engine.pool.pool import MODE_BITS, Pool, Whole

Positions = npt.NDArray[np.int32]
Member = Any
"""One entry of `Members`: a person as the rules see them, with the fields of `_MEMBER`."""
Members: TypeAlias = "np.recarray[Any, Any]"

_PROFESSIONAL = MODE_BITS["professional"]
_MEMBER = [
    ("position", np.int32),
    ("age", np.int16),
    ("youngest", np.int16),
    ("oldest", np.int16),
    ("modes", np.uint8),
    ("gender", np.uint16),
    ("preferred_genders", np.uint16),
    ("friendship_genders", np.uint16),
    ("any_language", np.bool_),
    ("has_place", np.bool_),
    ("avoids_colleagues", np.bool_),
    ("avoids_competitors", np.bool_),
    ("zone", np.int32),
    ("employer", np.int32),
    ("industry", np.int32),
    ("reach", np.float64),
    ("place", np.float64, 3),
    ("met_first", np.int64),
    ("met_stop", np.int64),
    ("traits", np.uint64),
    ("deal_breakers", np.uint64),
]
"""What the rules look at in one member; two sets of languages follow, as long as the pool needs."""
_LATEST = "Etc/GMT+12"
"""Nowhere does a day begin later."""
_WORDS_AT_ONCE = 4
"""Sets of languages have a multiple of this many words, so that all but Babel runs the same compiled code."""


@compiled
def mode(one: Member, other: Member, _met: Positions) -> bool:
    return bool((one.modes & other.modes) != 0)


@compiled
def age(one: Member, other: Member, _met: Positions) -> bool:
    # All four are compared, without a jump after the first: the search for pairs asks this most.
    return bool(
        (one.youngest <= other.age)
        & (other.age <= one.oldest)
        & (other.youngest <= one.age)
        & (one.age <= other.oldest)
    )


@compiled
def gender(one: Member, other: Member, _met: Positions) -> bool:
    # Who does not look for romance or work, or for friends, wants nobody for it: no mode need be asked here.
    if (one.preferred_genders & other.gender) != 0 and (other.preferred_genders & one.gender) != 0:
        return True
    return bool((one.friendship_genders & other.gender) != 0 and (other.friendship_genders & one.gender) != 0)


@compiled
def understands(one: Member, other: Member) -> bool:
    """Whether the other speaks a language that one wants, or one wants any."""
    if one.any_language:
        return True
    for word in range(len(one.wanted_languages)):
        if (one.wanted_languages[word] & other.languages[word]) != 0:
            return True
    return False


@compiled
def language(one: Member, other: Member, _met: Positions) -> bool:
    return understands(one, other) and understands(other, one)


@compiled
def reaches(one: Member, other: Member, reach: float) -> bool:
    """Whether two live within a squared chord; without both cells, in the same zone."""
    if reach == np.inf:
        return True
    if not (one.has_place and other.has_place):
        return bool(one.zone == other.zone)
    square = 0.0
    for axis in range(3):
        step = one.place[axis] - other.place[axis]
        square += step * step
    return bool(square <= reach)


@compiled
def distance(one: Member, other: Member, _met: Positions) -> bool:
    return reaches(one, other, min(one.reach, other.reach))


@compiled
def deal_breakers(one: Member, other: Member, _met: Positions) -> bool:
    return bool((one.deal_breakers & other.traits) == 0 and (other.deal_breakers & one.traits) == 0)


@compiled
def colleagues(one: Member, other: Member, _met: Positions) -> bool:
    if (one.modes & other.modes) != _PROFESSIONAL:
        return True
    avoided = one.avoids_colleagues or other.avoids_colleagues
    return not (avoided and one.employer >= 0 and one.employer == other.employer)


@compiled
def competitors(one: Member, other: Member, _met: Positions) -> bool:
    if (one.modes & other.modes) != _PROFESSIONAL:
        return True
    avoided = one.avoids_competitors or other.avoids_competitors
    same_industry = one.industry >= 0 and one.industry == other.industry
    known = one.employer >= 0 and other.employer >= 0
    return not (avoided and same_industry and known and one.employer != other.employer)


@compiled
def history(one: Member, other: Member, met: Positions) -> bool:
    if one.position > other.position:
        one, other = other, one
    first, stop = one.met_first, one.met_stop
    while first < stop:
        middle = (first + stop) // 2
        if met[middle] == other.position:
            return False
        if met[middle] < other.position:
            first = middle + 1
        else:
            stop = middle
    return True


class Rule(NamedTuple):
    """`passes(one, other, met)` asks two of the members of `members_of`; `asks` is the same in words."""

    name: str
    passes: Callable[[Member, Member, Positions], bool]
    asks: str


RULES: tuple[Rule, ...] = (
    Rule("mode", mode, "Both look for the same kind of match."),
    Rule("age", age, "Each is an adult within the other's age window."),
    Rule(
        "gender", gender, "Each has a gender that the other wants to meet, for something that both look for."
    ),
    Rule("language", language, "Each speaks a language that the other wants, or the other wants any."),
    Rule(
        "distance",
        distance,
        "They live within the smaller of the distances they name, or, where a home is not known, in the same"
        " time zone; if neither names a distance, anywhere.",
    ),
    Rule("deal_breakers", deal_breakers, "Neither has a trait that the other refuses."),
    Rule(
        "colleagues", colleagues, "For work: they have different employers, unless both welcome colleagues."
    ),
    Rule(
        "competitors",
        competitors,
        "For work: they are not at two employers of one industry, unless both welcome competitors.",
    ),
    Rule("history", history, "They have not met here before, and neither keeps the other away."),
)
"""Every condition of an eligible pair, in the order in which it is asked."""

RULE_NAMES = tuple(rule.name for rule in RULES)
PASSED = len(RULES)
"""What `first_failed` answers for a pair that no rule stops."""


@compiled
def first_failed(one: Member, other: Member, met: Positions) -> int:
    """The number of the first rule in `RULES` that the two fail, `PASSED` if there is none."""
    if not mode(one, other, met):
        return 0
    if not age(one, other, met):
        return 1
    if not gender(one, other, met):
        return 2
    if not language(one, other, met):
        return 3
    if not distance(one, other, met):
        return 4
    if not deal_breakers(one, other, met):
        return 5
    if not colleagues(one, other, met):
        return 6
    if not competitors(one, other, met):
        return 7
    if not history(one, other, met):
        return 8
    return 9


def members_of(pool: Pool, now: datetime.datetime) -> tuple[Members, Positions]:
    """Everybody in `pool` as the rules see them, in its order, and `met`, the pairs with history.

    `met[one.met_first:one.met_stop]` are the positions above `one` that it must not meet, ascending. Ages
    count on the UTC date of `now`, the adult age on the date in the member's own zone too; nobody below it is
    in anybody's window, whatever a profile says. Raises `ValueError` where `now` has no time zone.
    """
    words = -(-pool.languages.shape[1] // _WORDS_AT_ONCE) * _WORDS_AT_ONCE
    sets = [("languages", np.uint64, words), ("wanted_languages", np.uint64, words)]
    members = np.zeros(len(pool), dtype=np.dtype([*_MEMBER, *sets], align=True)).view(np.recarray)
    met_start, met = history_rows(pool.excluded, len(pool))
    members.position = np.arange(len(pool))
    # No birthday makes anybody older than these ends, and no window reaches them.
    members.age = np.clip(_ages(pool, now), 0, 999)
    members.youngest = np.maximum(pool.min_ages, CONFIGURATION.adult_age)
    members.oldest = pool.max_ages
    members.modes = pool.modes
    members.gender = pool.genders
    members.preferred_genders = pool.preferred_genders
    members.friendship_genders = pool.friendship_genders
    members.any_language = pool.any_language
    members.languages[:, : pool.languages.shape[1]] = pool.languages
    members.wanted_languages[:, : pool.languages.shape[1]] = pool.wanted_languages
    members.has_place = pool.has_place
    members.place = pool.places
    members.reach = pool.reaches
    members.zone = pool.zones
    members.traits = pool.traits
    members.deal_breakers = pool.deal_breakers
    members.employer = pool.employers
    members.industry = pool.industries
    members.avoids_colleagues = pool.avoids_colleagues
    members.avoids_competitors = pool.avoids_competitors
    members.met_first = met_start[:-1]
    members.met_stop = met_start[1:]
    return members, met


def _ages(pool: Pool, now: datetime.datetime) -> Whole:
    """Ages on the UTC date of `now`, but nobody is an adult before it is their birthday where they live."""
    ages, eve = pool.ages(now), pool.ages(now - datetime.timedelta(days=1))
    today = now.astimezone(datetime.UTC).date()
    for at in np.flatnonzero((eve < CONFIGURATION.adult_age) & (ages >= CONFIGURATION.adult_age)):
        try:
            here = zone(pool.zone_names[pool.zones[at]])
        except UnknownZone:
            here = zone(_LATEST)
        if now.astimezone(here).date() < today:
            ages[at] = eve[at]
    return ages


@compiled
def history_rows(keys: Whole, members: int) -> tuple[Whole, Positions]:
    """Where each member's row begins, and the rows, from sorted keys `lower * members + higher`."""
    start = np.zeros(members + 1, dtype=np.int64)
    high = np.empty(len(keys), dtype=np.int32)
    low = 0
    for at in range(len(keys)):
        # Keys ascend, so the row only ever moves on; dividing each of them would take longer.
        while keys[at] >= (low + 1) * members:
            low += 1
            start[low] = at
        high[at] = keys[at] - low * members
    start[low + 1 :] = len(keys)
    return start, high
