"""What a proposal carries beyond who: scores and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.engine.pool.pool import Pool, Real, Whole
from shared.engine.runs.facts import facts_of, told
from shared.engine.scoring.scores import score, two_decimals


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
    astro_score: float | None
    hd_score: float | None
    values_score: float | None
    communication_score: float | None
    readiness_score: float | None
    score_breakdown: Mapping[str, float]
    labels: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The object that `store_proposals` takes."""
        return {
            "a": self.a,
            "b": self.b,
            "revisionA": self.revision_a,
            "revisionB": self.revision_b,
            "mode": self.mode,
            "totalScore": self.total_score,
            "astroScore": self.astro_score,
            "hdScore": self.hd_score,
            "valuesScore": self.values_score,
            "communicationScore": self.communication_score,
            "readinessScore": self.readiness_score,
            "scoreBreakdown": dict(self.score_breakdown),
            "labels": list(self.labels),
        }


def proposals(pool: Pool, low: Whole, high: Whole, totals: Real) -> tuple[Proposal, ...]:
    """The chosen pairs (positions, low below high, each once) in their order, with everything that is stored;
    `totals` are their z."""
    readiness, _ = pool.parts["readiness"]
    found = []
    for low_at, high_at, facts, z in zip(
        low.tolist(), high.tolist(), facts_of(pool, low, high), totals.tolist(), strict=True
    ):
        i, j = sorted((low_at, high_at), key=pool.ids.__getitem__)
        pair = told(facts)
        shared = pair.breakdown
        found.append(
            Proposal(
                a=pool.ids[i],
                b=pool.ids[j],
                revision_a=int(pool.revisions[i]),
                revision_b=int(pool.revisions[j]),
                mode=pair.mode,
                total_score=two_decimals(score(z)),
                astro_score=shared.get("astro"),
                hd_score=shared.get("hd"),
                values_score=shared.get("values"),
                communication_score=shared.get("communication"),
                readiness_score=two_decimals(float(min(readiness[i], readiness[j])))
                if "readiness" in shared
                else None,
                score_breakdown=shared,
                labels=tuple(pair.labels),
            )
        )
    return tuple(found)
