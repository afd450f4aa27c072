"""Every number of the engine that is a choice, in one frozen object, and its version.

Nothing else in `shared/engine` holds a weight, a threshold or a constant of a distribution. The version
is a hash of this object, of the label tables and of `FORMULA_REVISION`, so two runs with the same version
give the same answer to the same pool.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from shared.engine import labels

FORMULA_REVISION = 1
"""Raise by one when arithmetic changes without a constant changing."""


@dataclass(frozen=True)
class Block:
    """One part of a pair's score.

    `mean` and `deviation` belong to the raw value of the block (a cosine, -1 to 1, or a readiness, 0 to
    100) over pairs of the reference population; `shared.engine.reference` derives them.
    """

    name: str
    share: float
    mean: float
    deviation: float


@dataclass(frozen=True)
class Configuration:
    """The engine's choices. Order of `blocks` is the order of summation, part of the result's last bits."""

    blocks: tuple[Block, ...]
    vector_dimensions: int = 16
    score_spread: float = 1.75
    """score = 100 * normal_cdf(z / score_spread): keeps good pairs apart instead of crowding them at 100."""
    adult_age: int = 18
    """Nobody below is ever eligible, whatever age window a profile carries."""
    strengths: int = 3
    tension_below: float = -0.5
    """A block is named as a tension only from half a deviation below the usual pair on."""


CONFIGURATION = Configuration(
    blocks=(
        Block("values", share=0.25, mean=0.0572, deviation=0.3890),
        Block("communication", share=0.20, mean=0.0572, deviation=0.3890),
        Block("life_goals", share=0.15, mean=0.0572, deviation=0.3890),
        Block("readiness", share=0.20, mean=57.5713, deviation=15.2137),
    )
)


def engine_version(
    configuration: Configuration = CONFIGURATION,
    tables: Mapping[str, object] = labels.TABLES,
    revision: int = FORMULA_REVISION,
) -> str:
    """Twelve hexadecimal digits that change with any weight, constant, label, text or formula revision."""
    content = {"configuration": asdict(configuration), "tables": dict(tables), "revision": revision}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
