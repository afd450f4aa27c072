"""For whom enough people fit what they look for: a filter is a question, and a proposal its answer.

People fit by mode, distance, age, gender and language, whether or not they would have the member in return.
Only standing accounts count (`Pool.stands`). Who looks for others as friends than for romance asks twice, and
each question needs enough. `private.fits` in the database is the same rule for a few members at a time.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np

from shared.engine.compiled import across_cores, compiled
from shared.engine.filters.filters import Member, Members, members_of, reaches, understands
from shared.engine.pool.pool import MODE_BITS, Flags, Pool

_FRIENDSHIP = MODE_BITS["friendship"]
_ROWS = 256


def enough(pool: Pool, now: datetime.datetime, least: int) -> Flags:
    """For whom of the pool at least `least` standing others fit; counts no further than it must."""
    members, _ = members_of(pool, now)
    parts = across_cores(
        lambda first, stop: _enough(members, pool.stands, least, first, stop), len(pool), _ROWS
    )
    return np.concatenate([np.empty(0, dtype=np.bool_), *parts])


def dealt(pool: Pool, fit: Flags) -> Pool:
    """The same pool, in which members who are not marked in `fit` have no room."""
    return replace(pool, capacities=np.where(fit, pool.capacities, np.minimum(pool.capacities, 0)))


@compiled
def _enough(members: Members, stands: Flags, least: int, first: int, stop: int) -> Flags:
    found = np.ones(stop - first, dtype=np.bool_)
    for i in range(first, stop):
        one = members[i]
        as_friends = one.modes & _FRIENDSHIP
        otherwise = one.modes & ~_FRIENDSHIP
        if as_friends != 0 and otherwise != 0 and one.preferred_genders == one.friendship_genders:
            found[i - first] = _count(members, stands, i, one.modes, one.preferred_genders, least) == least
            continue
        if otherwise != 0:
            found[i - first] = _count(members, stands, i, otherwise, one.preferred_genders, least) == least
        if found[i - first] and as_friends != 0:
            found[i - first] = _count(members, stands, i, as_friends, one.friendship_genders, least) == least
    return found


@compiled
def _count(members: Members, stands: Flags, i: int, modes: int, genders: int, least: int) -> int:
    one = members[i]
    count = 0
    for j in range(len(members)):
        if count == least:
            break
        count += stands[j] and j != i and _fits(one, members[j], modes, genders)
    return count


@compiled
def _fits(one: Member, other: Member, modes: int, genders: int) -> bool:
    return bool(
        other.modes & modes != 0
        and other.gender & genders != 0
        and one.youngest <= other.age <= one.oldest
        and reaches(one, other, one.reach)
        and understands(one, other)
    )
