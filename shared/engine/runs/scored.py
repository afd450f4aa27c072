"""The pairs of a run with their scores, as lists, the market and the statement take them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shared.engine.compiled import compiled
from shared.engine.filters.eligibility import Pairs, eligible_pairs
from shared.engine.filters.filters import history_rows
from shared.engine.pool.pool import Flags, Numbers, Pool, Real, Whole
from shared.engine.runs.run_settings import Rules
from shared.engine.scoring.scores import least_z, pair_scores

Watch = Callable[[str], None]
"""Told the name of each step that has finished: filters, scores, market, statement, explain."""


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
    eligible: Pairs
    """The same, whatever they score."""
    eligible_z: Real
    above: Above
    """All that are eligible and reach the minimum: room and former proposals play no part."""


def score_pairs(pool: Pool, rules: Rules, now: datetime.datetime, watch: Watch) -> Scored:
    """Filter and score everybody's pairs, once."""
    every = eligible_pairs(pool, now, np.ones(len(pool), dtype=np.bool_))
    watch("filters")
    scores = pair_scores(pool, every)
    enough = scores.z >= least_z(rules.match_min_score)
    above = Above(every.where(enough), scores.z[enough], scores.known[enough])
    open_ = _open(every.start, every.high, pool.capacities > 0, *history_rows(pool.met, len(pool)))
    if open_.all():
        scored = Scored(above.pairs, above.z, above.known, every, scores.z, above)
    else:
        among = open_[enough]
        scored = Scored(
            above.pairs.where(among), above.z[among], above.known[among],
            every.where(open_), scores.z[open_], above,
        )  # fmt: skip
    watch("scores")
    return scored


@compiled
def _open(start: Whole, high: Numbers, room: Flags, met_start: Whole, met: Numbers) -> Flags:
    """Which pairs may be proposed: both have room, and they are not among those met (by rows, ascending)."""
    found = np.zeros(len(high), dtype=np.bool_)
    for low in range(len(start) - 1):
        past = met_start[low]
        for pair in range(start[low], start[low + 1]):
            while past < met_start[low + 1] and met[past] < high[pair]:
                past += 1
            stands = past < met_start[low + 1] and met[past] == high[pair]
            found[pair] = room[low] and room[high[pair]] and not stands
    return found
