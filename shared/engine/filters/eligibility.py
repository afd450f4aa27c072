"""Every pair of members that passes all rules of `filters`, and everybody who passes them with one member.

Most pairs are never asked: members with the same mode, gender and wished genders form groups, most pairs
of groups exclude each other as a whole, and inside a group members stand by age, so that one member's window
is one stretch of it. Both only skip pairs whose answer is known. Every pair that is left is asked
`filters.first_failed`, so nothing done here for speed can change who is eligible.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.recfunctions import repack_fields

from shared.engine.compiled import across_cores, compiled
from shared.engine.filters.filters import (
    PASSED,
    RULES,
    Members,
    Positions,
    Rule,
    age,
    distance,
    first_failed,
    gender,
    members_of,
    mode,
)
from shared.engine.pool.pool import MOST_GENDERS, Flags, Pool, Whole

__all__ = [
    "PASSED",
    "ROWS_AT_ONCE",
    "ROWS_IN_A_WAVE",
    "RULES",
    "Pairs",
    "Rule",
    "candidates_of",
    "eligible_pairs",
    "finder",
    "grow",
    "passing",
    "slices",
]

ROWS_AT_ONCE = 256
"""Members whose partners are looked for in one piece of work."""
_MOST_GROUPS = 256
"""Of members alike in everything; all others form groups by mode and gender. Each two groups are compared."""
ROWS_IN_A_WAVE = 16 * ROWS_AT_ONCE
"""Members whose partners are held apart before they join the answer."""

# A 64-bit word with a single bit b, times this number, has b's place in its six upper bits (de Bruijn).
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_BIT_OF = np.zeros(64, dtype=np.int64)
_BIT_OF[(np.uint64(1) << np.arange(64, dtype=np.uint64)) * _DE_BRUIJN >> np.uint64(58)] = np.arange(64)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Unordered pairs of positions in a pool, each once, by rows of their lower position.

    The partners above member p are `high[start[p]:start[p + 1]]`, ascending. `start` is int64 with one
    entry per member of the pool and one more, `high` int32 with one entry per pair.
    """

    start: Whole
    high: Positions

    def __len__(self) -> int:
        return len(self.high)

    @property
    def low(self) -> Positions:
        """The lower position of every pair, in the order of `high`; made anew at each call."""
        return np.repeat(np.arange(len(self.start) - 1, dtype=np.int32), np.diff(self.start))

    def where(self, keep: Flags) -> Pairs:
        """The pairs marked true (one mark per pair), in the same order."""
        return Pairs(_kept_per_row(self.start, keep), self.high[keep])

    def per_member(self, members: int) -> Whole:
        """How many of these pairs each of the pool's `members` is in."""
        counts = np.zeros(members, dtype=np.int64)
        counts[: len(self.start) - 1] = np.diff(self.start)
        _count(self.high, counts)
        return counts


def eligible_pairs(pool: Pool, now: datetime.datetime, among: Flags) -> Pairs:
    """Every pair of members marked in `among` (one mark per member) that passes all rules.

    Ages count on the UTC date of `now`. Capacity plays no part: leave members out through `among`. Takes
    little more memory than its answer. Raises `ValueError` where `among` is not one mark per member or
    `now` has no time zone.
    """
    if among.shape != (len(pool),) or among.dtype != np.bool_:
        raise ValueError("among: not one true or false per member")
    find, rows = finder(pool, now, among)
    start = np.zeros(len(pool) + 1, dtype=np.int64)
    high = np.empty(0, dtype=np.int32)
    for wave in slices(rows, ROWS_IN_A_WAVE):
        grow(high, across_cores(partial(find, start), wave, ROWS_AT_ONCE))
    np.cumsum(start, out=start)
    return Pairs(start, high)


def finder(
    pool: Pool, now: datetime.datetime, among: Flags
) -> tuple[Callable[[Whole, int, int], Positions], int]:
    """A search for the pairs of a few members at a time, and how many members there are to search for.

    `find(counts, first, stop)` gives the partners above each of the marked members first to stop, ascending,
    one member after the other. How many a member at position p has goes to counts[p + 1].
    """
    groups = _grouped(*members_of(pool, now), among)
    return partial(_partners, *groups), len(groups.rows)


def grow(found: npt.NDArray[Any], parts: Sequence[npt.NDArray[Any]]) -> None:
    """Append to an array in place: large blocks of memory are moved by the system without copying them."""
    stored = len(found)
    found.resize(stored + sum(map(len, parts)), refcheck=False)
    np.concatenate([*parts], out=found[stored:])


def slices(length: int, size: int) -> Iterator[range]:
    """Consecutive ranges of at most `size` that cover `length`."""
    return (range(first, min(first + size, length)) for first in range(0, length, size))


def candidates_of(pool: Pool, now: datetime.datetime, member: int) -> Positions:
    """Positions, ascending, of everybody who passes all rules with the member at position `member`.

    Raises `ValueError` for a position outside the pool and where `now` has no time zone.
    """
    if not 0 <= member < len(pool):
        raise ValueError("member: not a position in the pool")
    return passing(*members_of(pool, now), member)


class _Groups(NamedTuple):
    """The members asked about, by group, then age, then position.

    `by_age` repeats what the age rule looks at, close together. Group g is entries `start[g]` to
    `start[g + 1] - 1`; `meets` is (groups, groups): whether anybody of one may pass with anybody of the
    other; `group_of` is per member. `rows` are the entries by position.
    """

    members: Members
    by_age: Members
    met: Positions
    start: Whole
    meets: Flags
    group_of: Whole
    rows: Whole


def _grouped(members: Members, met: Positions, among: Flags) -> _Groups:
    chosen = np.flatnonzero(among)
    signature = _signatures(members[chosen].view(np.recarray))
    order = np.lexsort((members.age[chosen], signature))
    chosen = chosen[order]
    members = members[chosen].view(np.recarray)
    _, first, group_of = np.unique(signature[order], return_index=True, return_inverse=True)
    start = np.append(first, len(chosen)).astype(np.int64)
    by_age = repack_fields(members[["age", "youngest", "oldest", "position"]], align=True)
    return _Groups(
        members,
        by_age.view(np.recarray),
        met,
        start,
        _meeting(_kinds(members, first), met),
        group_of.astype(np.int64),
        np.argsort(chosen).astype(np.int64),
    )


def _signatures(members: Members) -> Whole:
    """A number per member: equal for equal modes, gender and wishes; where few agree, whatever the wishes."""
    signature = members.modes.astype(np.int64)
    for genders in (members.gender, members.preferred_genders, members.friendship_genders):
        signature = signature << MOST_GENDERS | genders
    _, kind, size = np.unique(signature, return_inverse=True, return_counts=True)
    few = np.ones(len(size), dtype=np.bool_)
    few[np.argsort(-size, kind="stable")[:_MOST_GROUPS]] = False
    wishes = 2 * MOST_GENDERS
    found: Whole = np.where(few[kind], signature >> wishes << wishes, signature)
    return found


def _kinds(members: Members, first: Whole) -> Members:
    """One for each group, beginning at `first`, who wants to meet whomever anybody of it wants to meet."""
    kinds = members[first].view(np.recarray)
    for wish in ("preferred_genders", "friendship_genders"):
        kinds[wish] = np.bitwise_or.reduceat(members[wish], first)
    return kinds


@compiled
def _meeting(kinds: Members, met: Positions) -> Flags:
    """Which groups meet: nobody of a group passes where the one who speaks for all of it does not."""
    groups = len(kinds)
    meets = np.zeros((groups, groups), dtype=np.bool_)
    for group in range(groups):
        for other in range(groups):
            one, two = kinds[group], kinds[other]
            meets[group, other] = mode(one, two, met) and gender(one, two, met)
    return meets


@compiled
def _partners(
    members: Members,
    by_age: Members,
    met: Positions,
    group_start: Whole,
    meets: Flags,
    group_of: Whole,
    rows: Whole,
    counts: Whole,
    first: int,
    stop: int,
) -> Positions:
    """Eligible partners above each of the members rows[first:stop], ascending, one member after the other.

    How many a member at position p has goes to counts[p + 1].
    """
    maybe = np.empty(len(members), dtype=np.int32)
    marked = np.zeros((len(counts) + 63) >> 6, dtype=np.uint64)
    found = np.empty(4096, dtype=np.int32)
    length = 0
    for i in rows[first:stop]:
        one = members[i]
        asked = _of_fitting_age(by_age, met, group_start, meets[group_of[i]], i, maybe)
        passed = 0
        for j in maybe[:asked]:
            # Distance is asked twice: it is the commonest no, and a processor is quick at what it foresees.
            if distance(one, members[j], met) and first_failed(one, members[j], met) == PASSED:
                at = members[j].position
                marked[at >> 6] |= np.uint64(1) << np.uint64(at & 63)
                passed += 1
        counts[one.position + 1] = passed
        if length + passed > len(found):
            longer = np.empty(2 * (length + passed), dtype=np.int32)
            longer[:length] = found[:length]
            found = longer
        _move_marks(marked, one.position, found[length:])
        length += passed
    return found[:length]


@compiled
def _of_fitting_age(
    by_age: Members, met: Positions, group_start: Whole, meets: Flags, i: int, maybe: Positions
) -> int:
    """Write into `maybe` who of the groups that i `meets` stands above i and passes by age; how many."""
    one = by_age[i]
    length = 0
    for group in range(len(meets)):
        if not meets[group]:
            continue
        stop = group_start[group + 1]
        first = _first_aged(by_age, group_start[group], stop, one.youngest)
        for j in range(first, _first_aged(by_age, first, stop, one.oldest + 1)):
            # Written always and kept sometimes: a jump that nobody can foresee takes longer than this.
            maybe[length] = j
            length += (by_age[j].position > one.position) & age(one, by_age[j], met)
    return length


@compiled
def _first_aged(by_age: Members, first: int, stop: int, years: int) -> int:
    """The first entry from `first`, ascending by age, that is at least `years` old; `stop` if none is."""
    while first < stop:
        middle = (first + stop) // 2
        if by_age[middle].age < years:
            first = middle + 1
        else:
            stop = middle
    return first


@compiled
def _move_marks(marked: npt.NDArray[np.uint64], above: int, found: Positions) -> None:
    """Write the marked positions, all `above` one, ascending to the front of `found`, and unmark them."""
    at = 0
    for word in range(above >> 6, len(marked)):
        left = marked[word]
        while left != 0:
            lowest = left & (~left + np.uint64(1))
            found[at] = (word << 6) + _BIT_OF[(lowest * _DE_BRUIJN) >> np.uint64(58)]
            at += 1
            left ^= lowest
        marked[word] = 0


@compiled
def passing(members: Members, met: Positions, i: int) -> Positions:
    """Positions, ascending, of everybody of `members_of` who passes all rules with the one at position i."""
    found = np.empty(len(members), dtype=np.int32)
    count = 0
    for j in range(len(members)):
        if j != i and first_failed(members[i], members[j], met) == PASSED:
            found[count] = j
            count += 1
    return found[:count].copy()


@compiled
def _count(high: Positions, counts: Whole) -> None:
    for position in high:
        counts[position] += 1


@compiled
def _kept_per_row(start: Whole, keep: Flags) -> Whole:
    kept = np.zeros(len(start), dtype=np.int64)
    for row in range(len(start) - 1):
        kept[row + 1] = kept[row] + keep[start[row] : start[row + 1]].sum()
    return kept
