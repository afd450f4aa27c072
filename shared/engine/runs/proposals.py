"""What a proposal carries beyond who: scores and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.engine.configuration import CONFIGURATION
from shared.engine.features.certainty import pair_instants
from shared.engine.pool.pool import MODE_BITS, Pool, Real, Whole
from shared.engine.scoring.explanation import Certainty, explain
from shared.engine.scoring.labels import CARRIES
from shared.engine.scoring.parts import PARTS
from shared.engine.scoring.scores import Detail, detail, score, two_decimals

_MODE_NAMES = {bit: name for name, bit in MODE_BITS.items()}
_NAMES = tuple(block.name for block in CONFIGURATION.blocks)
_READINGS = {part.name: part.readings for part in PARTS if part.readings is not None}


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


@dataclass(frozen=True)
class Described:
    """What is told of a pair, whoever reads it: scores 0 to 100 and labels."""

    mode: str
    breakdown: dict[str, float]
    """Every shared block on the scale of the total, so that usual is 50."""
    readiness: float | None
    """The lower readiness of the two, as members gave it; None where it plays no part."""
    labels: list[str]


def described(pool: Pool, low: Whole, high: Whole) -> list[Described]:
    """Pairs (positions, low below high, each once) as they are told, in their order."""
    terms = detail(pool, low, high)
    labels = _labels(pool, low, high, terms)
    readiness = _NAMES.index("readiness")
    return [
        Described(
            mode=_MODE_NAMES[int(terms.modes[at])],
            breakdown={
                name: two_decimals(score(z))
                for name, z, present in zip(
                    _NAMES, terms.z[at].tolist(), terms.present[at].tolist(), strict=True
                )
                if present
            },
            readiness=two_decimals(float(terms.raw[at, readiness])) if terms.present[at, readiness] else None,
            labels=labels[at],
        )
        for at in range(len(low))
    ]


def proposals(pool: Pool, low: Whole, high: Whole, totals: Real) -> tuple[Proposal, ...]:
    """The chosen pairs in their order, with everything that is stored; `totals` are their z."""
    found = []
    for low_at, high_at, told, z in zip(
        low.tolist(), high.tolist(), described(pool, low, high), totals.tolist(), strict=True
    ):
        i, j = sorted((low_at, high_at), key=pool.ids.__getitem__)
        found.append(
            Proposal(
                a=pool.ids[i],
                b=pool.ids[j],
                revision_a=int(pool.revisions[i]),
                revision_b=int(pool.revisions[j]),
                mode=told.mode,
                total_score=two_decimals(score(z)),
                astro_score=told.breakdown.get("astro"),
                hd_score=told.breakdown.get("hd"),
                values_score=told.breakdown.get("values"),
                communication_score=told.breakdown.get("communication"),
                readiness_score=told.readiness,
                score_breakdown=told.breakdown,
                labels=tuple(told.labels),
            )
        )
    return tuple(found)


def _labels(pool: Pool, low: Whole, high: Whole, terms: Detail) -> list[list[str]]:
    """The labels of each pair, from its exact terms; see `shared.engine.scoring.explanation`."""
    instants = pair_instants(pool.charts, low, high)
    of_charts = {}
    for name, readings in _READINGS.items():
        block = CONFIGURATION.blocks[_NAMES.index(name)]
        tension = block.mean + CONFIGURATION.tension_below * block.deviation
        of_charts[name] = readings(instants, block.mean, tension, CARRIES)
    certain = pool.charts.exact[low] & pool.charts.exact[high]
    found = []
    for at in range(len(low)):
        mode = _MODE_NAMES[int(terms.modes[at])]
        shared = {name: block for block, name in enumerate(_NAMES) if terms.present[at, block]}
        charts = {name: read for name, read in of_charts.items() if name in shared}
        found.append(
            explain(
                mode,
                {name: float(terms.z[at, block]) for name, block in shared.items()},
                {name: float(terms.weights[at, block]) for name, block in shared.items()},
                {
                    name: {family: float(sums[at]) for family, sums in read.families.items()}
                    for name, read in charts.items()
                },
                {}
                if certain[at]
                else {
                    name: Certainty(float(read.strength[at]), float(read.tension[at]), float(read.family[at]))
                    for name, read in charts.items()
                },
            )
        )
    return found
