"""The run over everybody: filters once, scores once, and from them proposals and everybody's candidates."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

from shared.engine.filters.eligibility import Pairs
from shared.engine.market.graph import both_ways
from shared.engine.pool.pool import Pool
from shared.engine.runs.lists import Candidates
from shared.engine.runs.ranking import Ranking, ranking_of
from shared.engine.runs.run_settings import Rules
from shared.engine.runs.scored import Above, Scored, Watch, score_pairs


@dataclass(frozen=True, eq=False)
class Night:
    """What a run found. Proposals and candidates are made when they are asked for, each once: two threads may
    ask side by side, one for each."""

    pool: Pool
    now: datetime.datetime
    scored: Scored
    watch: Watch

    @property
    def above(self) -> Above:
        """Every eligible pair that reaches the minimum, once."""
        return self.scored.above

    @cached_property
    def ranking(self) -> Ranking:
        """Proposals, prices and statement, as `rank` makes them."""
        return ranking_of(self.pool, self.now, self.scored, self.watch)

    @cached_property
    def found(self) -> Candidates:
        """The same in the rows of both sides: whose lists `lists_of` makes."""
        pairs = self.above.pairs
        near = both_ways(pairs.low, pairs.high, len(pairs.start) - 1)
        return Candidates(Pairs(near.start, near.other), self.above.z[near.edge], self.above.known[near.edge])


def night(pool: Pool, rules: Rules, now: datetime.datetime, watch: Watch = lambda _step: None) -> Night:
    """Filter and score the pairs of `pool`, for proposals and everybody's candidates.

    Lists are made of all eligible pairs that reach the minimum. The market takes those of them whose both
    sides have room, and that are not among `pool.met`.
    """
    return Night(pool, now, score_pairs(pool, rules, now, watch), watch)
