"""Candidate lists: everybody's best candidates by score, whatever the market asks for them.

Lists are what suggestions are read from. They hold eligible pairs that reach the minimum score, pairs that
were proposed before included: who reads a list leaves out what that reader must not see.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import across_cores, compiled
from shared.engine.filters.eligibility import Pairs, passing
from shared.engine.filters.filters import members_of
from shared.engine.pool.pool import Flags, Numbers, Pool, Real, Whole
from shared.engine.runs.facts import Codes, Hundredths, facts_of, hundredths
from shared.engine.runs.run_settings import Rules
from shared.engine.scoring.scores import least_z, pair_scores

LONGEST = 50
"""Candidates on a list."""
_ROWS = 64
"""Members whose candidates are looked for in one piece of work."""
_LISTS_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class Candidates:
    """Everybody eligible and above the minimum for some members; a row per position of the pool, empty for
    those who were not asked about. Unlike in a run, a pair stands in the row of each side asked about."""

    pairs: Pairs
    z: Real
    known: Flags

    def row(self, member: int) -> slice:
        """Where the candidates of the member at this position stand."""
        return slice(int(self.pairs.start[member]), int(self.pairs.start[member + 1]))


def candidates(pool: Pool, rules: Rules, now: datetime.datetime, members: Whole) -> Candidates:
    """Candidates of the members at these positions (ascending, each once), ascending by position.

    Raises `ValueError` for positions outside the pool or out of order, and where `now` has no time zone.
    """
    asked = np.asarray(members, dtype=np.int64)
    if len(asked) and not (asked[0] >= 0 and asked[-1] < len(pool) and bool((np.diff(asked) > 0).all())):
        raise ValueError("members: not ascending positions of this pool")
    everybody, met = members_of(pool, now)
    found = across_cores(
        lambda first, stop: [passing(everybody, met, int(at)) for at in asked[first:stop]], len(asked), _ROWS
    )
    rows = [row for part in found for row in part]
    start = np.zeros(len(pool) + 1, dtype=np.int64)
    start[asked + 1] = [len(row) for row in rows]
    np.cumsum(start, out=start)
    eligible = Pairs(start, np.concatenate([np.empty(0, np.int32), *rows]))
    # Every block is the same from both sides, so a row may hold candidates below and above its member.
    scores = pair_scores(pool, eligible)
    enough = scores.z >= least_z(rules.match_min_score)
    return Candidates(eligible.where(enough), scores.z[enough], scores.known[enough])


@dataclass(frozen=True, eq=False)
class Lists:
    """The lists of some members, one after the other."""

    members: Whole
    """Positions, ascending, whose lists these are; some may be empty."""
    start: Whole
    """Member k's list is entries `start[k]` to `start[k + 1]` of the following."""
    other: Numbers
    """The candidates' positions, best first, at most `LONGEST` each."""
    score: Hundredths
    """Hundredths of the score."""
    facts: Codes
    """(entries, `FACTS`): what is told of each pair, see `shared.engine.runs.facts`."""


def lists_of(pool: Pool, found: Candidates, members: Whole, among: Flags | None = None) -> Lists:
    """The lists of the members at these positions (ascending), made of their candidates in `found`.

    Highest score first, then those of whom something is known. Equals stand in an order that is each member's
    own, so that nobody is first, or last, on every list by the id they happen to have, and that is the same
    at every run. With `among` (one mark per member) only members and candidates marked there count.
    """
    asked = np.asarray(members, dtype=np.int64)
    if among is not None:
        asked = asked[among[asked]]
    everybody = among is None
    marked = np.ones(0, dtype=np.bool_) if among is None else among
    own = _numbers(pool)
    pairs = found.pairs
    parts = across_cores(
        lambda first, stop: _best(
            asked[first:stop], pairs.start, pairs.high, found.z, found.known, own, marked, everybody, LONGEST
        ),
        len(asked),
        _LISTS_AT_ONCE,
    )
    start = np.zeros(len(asked) + 1, dtype=np.int64)
    np.cumsum(np.concatenate([np.empty(0, np.int64), *(counts for counts, _ in parts)]), out=start[1:])
    at = np.concatenate([np.empty(0, np.int64), *(places for _, places in parts)])
    mine, other = np.repeat(asked, np.diff(start)), pairs.high[at].astype(np.int64)
    # A pair that stands on the lists of both sides is explained once.
    keys, which = np.unique(
        np.minimum(mine, other) * len(pool) + np.maximum(mine, other), return_inverse=True
    )
    facts = facts_of(pool, keys // len(pool), keys % len(pool))
    return Lists(asked, start, other.astype(np.int32), hundredths(found.z[at]), facts[which])


def _numbers(pool: Pool) -> npt.NDArray[np.uint64]:
    """The first sixteen digits of each id."""
    digits = bytes.fromhex("".join(pool.ids).replace("-", ""))
    return np.frombuffer(digits, dtype=">u8")[::2].astype(np.uint64)


@compiled
def _best(
    members: Whole,
    start: Whole,
    high: Numbers,
    z: Real,
    known: Flags,
    own: npt.NDArray[np.uint64],
    among: Flags,
    everybody: bool,
    most: int,
) -> tuple[Whole, Whole]:
    """How long each member's list is, and the places of all lists among the candidates."""
    counts = np.zeros(len(members), dtype=np.int64)
    places = np.empty(len(members) * most, dtype=np.int64)
    length = 0
    for row in range(len(members)):
        member = members[row]
        count = 0
        for at in range(start[member], start[member + 1]):
            if not (everybody or among[high[at]]):
                continue
            tie = own[high[at]] ^ own[member]
            place = count
            while place > 0:
                before = places[length + place - 1]
                if z[before] != z[at]:
                    if z[before] > z[at]:
                        break
                elif known[before] != known[at]:
                    if known[before]:
                        break
                elif own[high[before]] ^ own[member] <= tie:
                    break
                if place < most:
                    places[length + place] = before
                place -= 1
            if place < most:
                places[length + place] = at
                count = min(count + 1, most)
        counts[row] = count
        length += count
    return counts, places[:length].copy()
