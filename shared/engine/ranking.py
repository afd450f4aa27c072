"""One run of the engine: from a pool to proposals and a statement about them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shared.engine.allocation import allocate, gini
from shared.engine.configuration import CONFIGURATION
from shared.engine.eligibility import Pairs, eligible_pairs, shared_modes
from shared.engine.explanation import explain
from shared.engine.labels import insight, shared_language
from shared.engine.pool import MODE_BITS, Bits, Flags, Pool, Real
from shared.engine.rules import Rules
from shared.engine.scores import (
    least_z,
    pair_scores,
    raw_block,
    score,
    standardised,
    two_decimals,
)

_MODE_NAMES = {bit: name for name, bit in MODE_BITS.items()}
_QUANTILES = {"minimum": 0.0, "p10": 0.1, "median": 0.5, "p90": 0.9, "maximum": 1.0}


@dataclass(frozen=True)
class Proposal:
    """Two members who should meet. `a` has the lower id; sides are drawn where it is stored.

    All scores are 0 to 100. `readiness_score` is the pair's readiness, the lower of the two, as members
    gave it; the breakdown holds every shared block on the scale of the total, so that usual is 50.
    """

    a: str
    b: str
    revision_a: int
    revision_b: int
    mode: str
    total_score: float
    values_score: float | None
    communication_score: float | None
    readiness_score: float | None
    score_breakdown: Mapping[str, float]
    labels: tuple[str, ...]
    insight: str

    def as_json(self) -> dict[str, Any]:
        """The object that `store_proposals` takes."""
        return {
            "a": self.a,
            "b": self.b,
            "revisionA": self.revision_a,
            "revisionB": self.revision_b,
            "mode": self.mode,
            "totalScore": self.total_score,
            "valuesScore": self.values_score,
            "communicationScore": self.communication_score,
            "readinessScore": self.readiness_score,
            "scoreBreakdown": dict(self.score_breakdown),
            "labels": list(self.labels),
            "insight": self.insight,
        }


@dataclass(frozen=True)
class Statement:
    """What a run did, in counts. Holds nobody's id and no clock, so equal pools make equal statements."""

    members: int
    members_with_room: int
    """Who could take a proposal; the counts of members below are among these."""
    members_with_proposal: int
    members_without_candidates: int
    """In no eligible pair with somebody who has room."""
    eligible_pairs: int
    pairs_above_minimum: int
    proposed: int
    gini: float
    """Of proposals received by members with room."""
    eligible_scores: Mapping[str, float] | None
    proposed_scores: Mapping[str, float] | None

    def as_json(self) -> dict[str, Any]:
        """The same in JSON's spelling."""
        return {_camel(name): value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Ranking:
    """Proposals, best first, and the statement of the run."""

    proposals: tuple[Proposal, ...]
    statement: Statement


def rank(pool: Pool, rules: Rules, now: datetime.datetime) -> Ranking:
    """Propose pairs of `pool` under `rules`; `now` (with a zone) decides ages.

    The answer depends on the arguments alone: not on the order in which members arrived, not on a clock,
    not on chance. Pairs rank by their unrounded score, equal ones by ids, pairs without a shared block last.
    """
    room = pool.capacities > 0
    pairs = _served_pairs(pool, rules, now, room)
    scores = pair_scores(pool, pairs)
    above = scores.z >= least_z(rules.match_min_score)
    # Pairs come sorted by ids and the sort is stable: equal scores stay in the order of ids.
    order = np.flatnonzero(above)
    order = order[np.lexsort((-scores.z[order], ~scores.known[order]))]
    low, high = pairs.low[order], pairs.high[order]
    chosen = order[allocate(low, high, pool.capacities)]
    proposed = Pairs(pairs.low[chosen], pairs.high[chosen])
    received = proposed.per_member(len(pool))[room]
    statement = Statement(
        members=len(pool),
        members_with_room=int(room.sum()),
        members_with_proposal=int((received > 0).sum()),
        members_without_candidates=int((pairs.per_member(len(pool))[room] == 0).sum()),
        eligible_pairs=len(pairs),
        pairs_above_minimum=int(above.sum()),
        proposed=len(proposed),
        gini=round(gini(received), 4),
        eligible_scores=_quantiles(scores.z),
        proposed_scores=_quantiles(scores.z[chosen]),
    )
    modes = shared_modes(pool, proposed)
    return Ranking(_proposals(pool, proposed, scores.z[chosen], modes), statement)


def _served_pairs(pool: Pool, rules: Rules, now: datetime.datetime, room: Flags) -> Pairs:
    """Eligible pairs in which both have room and enough candidates.

    Full members are left out before any comparison, unless a minimum pool asks how many candidates
    somebody has: those count whether or not they have room.
    """
    if rules.min_pool <= 1:
        return eligible_pairs(pool, now, np.flatnonzero(room))
    pairs = eligible_pairs(pool, now, np.arange(len(pool)))
    enough = room & (pairs.per_member(len(pool)) >= rules.min_pool)
    return pairs.where(enough[pairs.low] & enough[pairs.high])


def _proposals(pool: Pool, pairs: Pairs, totals: Real, modes: Bits) -> tuple[Proposal, ...]:
    """Everything a proposal carries beyond who and how good; computed for the chosen pairs only."""
    raw = {block.name: raw_block(pool, block.name, pairs.low, pairs.high) for block in CONFIGURATION.blocks}
    found = []
    for at, (low, high) in enumerate(zip(pairs.low.tolist(), pairs.high.tolist(), strict=True)):
        z = {
            block.name: float(standardised(block, raw[block.name][0][at]))
            for block in CONFIGURATION.blocks
            if raw[block.name][1][at]
        }
        breakdown = {name: two_decimals(score(value)) for name, value in z.items()}
        named = explain(z)
        language = shared_language(pool.primary_languages[low], pool.primary_languages[high])
        ready = two_decimals(float(raw["readiness"][0][at])) if "readiness" in z else None
        found.append(
            Proposal(
                a=pool.ids[low],
                b=pool.ids[high],
                revision_a=int(pool.revisions[low]),
                revision_b=int(pool.revisions[high]),
                mode=_MODE_NAMES[int(modes[at])],
                total_score=two_decimals(score(float(totals[at]))),
                values_score=breakdown.get("values"),
                communication_score=breakdown.get("communication"),
                readiness_score=ready,
                score_breakdown=breakdown,
                labels=tuple(named),
                insight=insight(named, language),
            )
        )
    return tuple(found)


def _quantiles(z: Real) -> dict[str, float] | None:
    """Scores at fixed ranks (nearest lower pair), or None without pairs."""
    if not len(z):
        return None
    ranks = {name: int(share * (len(z) - 1)) for name, share in _QUANTILES.items()}
    ordered = np.partition(z, sorted(set(ranks.values())))
    return {name: two_decimals(score(float(ordered[at]))) for name, at in ranks.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
