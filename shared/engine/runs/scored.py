"""The pairs of a run with their scores, as lists, the market and the statement take them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import across_cores, compiled
from shared.engine.filters.eligibility import (
    ROWS_AT_ONCE,
    ROWS_IN_A_WAVE,
    Pairs,
    finder,
    grow,
    slices,
)
from shared.engine.filters.filters import history_rows
from shared.engine.pool.pool import Flags, Numbers, Pool, Real, Whole
from shared.engine.runs.facts import hundredths
from shared.engine.runs.run_settings import Rules
from shared.engine.scoring.modes import wishes_of
from shared.engine.scoring.scores import least_z, some_scores

Watch = Callable[[str], None]
"""Told the name of each step that has finished: pairs, market, statement, explain."""


@dataclass(frozen=True, eq=False)
class Above:
    """Pairs that reach the minimum score."""

    pairs: Pairs
    z: Real
    known: Flags
    """Whether any part is shared."""


@dataclass(frozen=True, eq=False)
class Scored:
    """The pairs of a run. `pairs`, `z` and `known` are those that may be proposed: eligible, scoring at least
    the minimum, both with room, and not met before."""

    pairs: Pairs
    z: Real
    known: Flags
    eligible: int
    """How many there are whatever they score."""
    reached: Flags
    """Who is in one of these."""
    scores: Whole
    """How many of these score each hundredth, from 0 to `HIGHEST`."""
    above: Above
    """All that are eligible and reach the minimum: room and former proposals play no part."""


HIGHEST = 10_000
"""The highest score, in hundredths."""


def score_pairs(pool: Pool, rules: Rules, now: datetime.datetime, watch: Watch) -> Scored:
    """Filter and score everybody's pairs, once.

    Members are taken in blocks, and of each block only the pairs that reach the minimum are kept.
    """
    find, members = finder(pool, now, np.ones(len(pool), dtype=np.bool_))
    wishes, least = wishes_of(pool), least_z(rules.match_min_score)
    room, met = pool.capacities > 0, history_rows(pool.met, len(pool))
    start = np.zeros(len(pool) + 1, dtype=np.int64)
    reached = np.zeros(len(pool), dtype=np.bool_)

    def block(first: int, stop: int) -> tuple[Numbers, Real, Flags, Flags, Whole]:
        high = find(start, first, stop)
        counts = start[first + 1 : stop + 1]
        low = np.repeat(np.arange(first, stop, dtype=np.int32), counts)
        z, known = some_scores(pool, wishes, low, high)
        open_ = _open(low, high, room, *met)
        reached[low[open_]] = reached[high[open_]] = True
        scores = np.bincount(hundredths(z[open_]), minlength=HIGHEST + 1)
        enough = z >= least
        counts[:] = np.bincount(low[enough] - first, minlength=stop - first)
        return high[enough], z[enough], known[enough], open_[enough], scores

    kept: tuple[npt.NDArray[Any], ...] = (
        *(np.empty(0, np.int32), np.empty(0)),
        *(np.empty(0, np.bool_), np.empty(0, np.bool_)),
    )
    scores = np.zeros(HIGHEST + 1, dtype=np.int64)
    for wave in slices(members, ROWS_IN_A_WAVE):
        *parts, tallies = zip(*across_cores(block, wave, ROWS_AT_ONCE), strict=True)
        for array, part in zip(kept, parts, strict=True):
            grow(array, part)
        scores += sum(tallies)
    high, z, known, open_ = kept
    above = Above(Pairs(np.cumsum(start), high), z, known)
    pairs = above.pairs
    if not open_.all():
        pairs, z, known = pairs.where(open_), z[open_], known[open_]
    watch("pairs")
    return Scored(pairs, z, known, int(scores.sum()), reached, scores, above)


@compiled
def _open(low: Numbers, high: Numbers, room: Flags, met_start: Whole, met: Numbers) -> Flags:
    """Which pairs may be proposed: both have room, and they are not among those met (by rows, ascending)."""
    found = np.zeros(len(high), dtype=np.bool_)
    past = 0
    for pair in range(len(high)):
        if pair == 0 or low[pair] != low[pair - 1]:
            past = met_start[low[pair]]
        stop = met_start[low[pair] + 1]
        while past < stop and met[past] < high[pair]:
            past += 1
        stands = past < stop and met[past] == high[pair]
        found[pair] = room[low[pair]] and room[high[pair]] and not stands
    return found
