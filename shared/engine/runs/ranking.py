"""One run of the engine: from a pool to proposals, prices and a statement about them."""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import dataclass

import numpy as np

from shared.engine import market
from shared.engine.configuration import CONFIGURATION
from shared.engine.pool.pool import Pool, Real, Whole
from shared.engine.runs.acceptance import acceptance
from shared.engine.runs.proposals import Proposal, proposals
from shared.engine.runs.run_settings import Rules
from shared.engine.runs.scored import Scored, Watch, score_pairs
from shared.engine.runs.statement import Statement, state


@dataclass(frozen=True, eq=False)
class Ranking:
    """Proposals, best first; the statement of the run; what the market asked for each member."""

    proposals: tuple[Proposal, ...]
    statement: Statement
    prices: Real
    """One per member of the pool, 0 for who had no candidate: the next run begins with these."""
    scale: float
    """What these prices are measured by (`Prices.scale`), for placing one changed member."""

    def digest(self) -> str:
        """SHA-256 of the proposals as they are stored: equal for equal runs, on any machine."""
        text = json.dumps([p.as_json() for p in self.proposals], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def rank(pool: Pool, rules: Rules, now: datetime.datetime, watch: Watch = lambda _step: None) -> Ranking:
    """Propose pairs of `pool` under `rules`; `now` (with a zone) decides ages.

    The answer depends on the pool, the rules and `now` alone: not on the order in which members arrived,
    not on a clock, not on chance, not on the number of cores. Candidates rank by what a pair promises and
    what the market asks for both (`shared.engine.market`); equal ones by who waits longest. `watch` hears of
    each step.
    """
    return ranking_of(pool, now, score_pairs(pool, rules, now, watch), watch)


def ranking_of(pool: Pool, now: datetime.datetime, scored: Scored, watch: Watch) -> Ranking:
    """The same of pairs that are scored already."""
    stall = stall_of(pool, scored)
    chosen, prices = _known_first(pool, scored, stall)
    watch("market")
    statement = state(pool, now, scored, stall, chosen, prices.iterations)
    watch("statement")
    low = stall.low[chosen].astype(np.int64)
    high = stall.high[chosen].astype(np.int64)
    found = proposals(pool, low, high, scored.z[chosen])
    watch("explain")
    return Ranking(found, statement, prices.values, prices.scale)


def _known_first(pool: Pool, scored: Scored, stall: market.Market) -> tuple[Whole, market.Prices]:
    """The edges of `stall` to propose, best first, and the prices of its known part.

    Pairs that share something are dealt first, as if there were no others; pairs about which nothing is
    known take the places that are left. Somebody who tells nothing is not preferred to who scores low.
    """
    known = np.flatnonzero(scored.known)
    first = market.propose(
        _part(stall, known, stall.capacity), start=pool.prices, shortlist_size=CONFIGURATION.shortlist
    )
    if len(known) == len(stall):
        return first.chosen, first.prices
    chosen = known[first.chosen]
    load = np.bincount(stall.low[chosen], minlength=len(pool))
    load += np.bincount(stall.high[chosen], minlength=len(pool))
    unknown = np.flatnonzero(~scored.known)
    rest = market.propose(
        _part(stall, unknown, stall.capacity - load), shortlist_size=CONFIGURATION.shortlist
    )
    return np.concatenate([chosen, unknown[rest.chosen]]), first.prices


def _part(stall: market.Market, edges: Whole, capacity: Whole) -> market.Market:
    """The market of some of its edges (ascending)."""
    if len(edges) == len(stall):
        return stall
    likes = stall.p[edges]  # the same from both sides
    return market.market_of_pairs(stall.low[edges], stall.high[edges], likes, likes, capacity)


def stall_of(pool: Pool, scored: Scored) -> market.Market:
    """The market of these pairs: what each side's yes is worth, and how many proposals each can take."""
    likes = acceptance(scored.z, scored.known)
    return market.Market(
        start=scored.pairs.start,
        high=scored.pairs.high,
        p=likes,
        q=likes,
        capacity=np.maximum(pool.capacities, 0),
        members=len(pool),
    )
