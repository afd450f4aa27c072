"""Candidate lists: everybody's best candidates by score, whatever the market asks for them.

Lists are what suggestions are read from. They hold eligible pairs that reach the minimum score, pairs that
were proposed before included: who reads a list leaves out what that reader must not see.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.engine.compiled import across_cores
from shared.engine.filters.eligibility import Pairs, passing
from shared.engine.filters.filters import members_of
from shared.engine.pool.pool import Flags, Pool, Real, Whole
from shared.engine.runs.proposals import described
from shared.engine.runs.run_settings import Rules
from shared.engine.scoring.scores import least_z, pair_scores, score, two_decimals

LONGEST = 50
"""Candidates on a list."""
_ROWS = 64
"""Members whose candidates are looked for in one piece of work."""


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


def best(pool: Pool, found: Candidates, member: int, most: int = LONGEST) -> Whole:
    """Places in `found` of the member's list: highest score first, then those of whom something is known.

    Equals stand in an order that is each member's own, so that nobody is first, or last, on every list
    by the id they happen to have, and that is the same at every run.
    """
    row = found.row(member)
    own = _number(pool, member)
    ties = [_number(pool, int(at)) ^ own for at in found.pairs.high[row]]
    order = np.lexsort((np.array(ties, dtype=np.uint64), ~found.known[row], -found.z[row]))
    places: Whole = row.start + order[:most]
    return places


def _number(pool: Pool, at: int) -> int:
    return int(pool.ids[at].replace("-", "")[:16], 16)


def listed(pool: Pool, found: Candidates, members: Whole) -> list[dict[str, Any]]:
    """The lists of these members as rows that `store_scores` and `complete_matchmaking` take:
    `{u, ur, c, cr, m, s, p, l}`, member and candidate with their revisions, mode, score, parts, labels."""
    places = [best(pool, found, int(member)) for member in members]
    own = np.repeat(np.asarray(members, dtype=np.int64), [len(row) for row in places])
    at = np.concatenate([np.empty(0, np.int64), *places])
    other = found.pairs.high[at].astype(np.int64)
    # A pair whose sides are both asked about is explained once.
    keys, first, which = np.unique(
        np.minimum(own, other) * len(pool) + np.maximum(own, other), return_index=True, return_inverse=True
    )
    pairs = described(pool, keys // len(pool), keys % len(pool))
    totals = [two_decimals(score(float(z))) for z in found.z[at[first]]]
    return [
        {
            "u": pool.ids[i],
            "ur": int(pool.revisions[i]),
            "c": pool.ids[j],
            "cr": int(pool.revisions[j]),
            "m": pairs[pair].mode,
            "s": totals[pair],
            "p": pairs[pair].breakdown,
            "l": pairs[pair].labels,
        }
        for i, j, pair in zip(own.tolist(), other.tolist(), which.tolist(), strict=True)
    ]
