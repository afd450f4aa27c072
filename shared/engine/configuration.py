"""Every number of the engine that is a choice, in one frozen object.

Tables that belong to one formula stand beside it: the weights of points and aspects (`synastry`), of
channels (`composite`), the labels (`labels`). `version` hashes this object and those tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from shared.engine.features.places import NEAR_KM
from shared.engine.features.vectors import DIMENSIONS
from shared.engine.part import MODES
from shared.engine.scoring.parts import PARTS

FORMULA_REVISION = 3
"""Raise by one when arithmetic changes without a constant changing."""

SHARE_TOLERANCE = 1e-9


class ConfigurationError(ValueError):
    """The configuration contradicts itself."""


@dataclass(frozen=True)
class Block:
    """One part of a pair's score.

    `mean` and `deviation` belong to the raw value of the block over pairs of the reference population
    (`shared.engine.reference`): a cosine from -1 to 1, a readiness from 0 to 100, a sum of aspects …
    """

    name: str
    mean: float
    deviation: float


@dataclass(frozen=True)
class Configuration:
    """The engine's choices. The order of `blocks` is the order of summation, part of a result's last bits.

    Raises `ConfigurationError` where the shares of a mode do not add up to 1, name an unknown block or
    are negative, and where a deviation is not above 0.
    """

    blocks: tuple[Block, ...]
    shares: Mapping[str, Mapping[str, float]]
    """By mode, by block: how much of the score it is. A block not named plays no part in that mode."""
    vector_dimensions: int = DIMENSIONS
    score_spread: float = 1.75
    """score = 100 * normal_cdf(z / score_spread): keeps good pairs apart instead of crowding them at 100."""
    adult_age: int = 18
    """Nobody below is ever eligible, whatever age window a profile carries."""
    strengths: int = 3
    tension_below: float = -0.5
    """A block is named as a tension only from half a deviation below the usual pair on."""
    sure: float = 0.9
    """A label that rests on an uncertain birth time is shown from this probability on."""
    near_km: float = NEAR_KM
    accept_intercept: float = -0.4
    accept_slope: float = 0.9
    """P(a member accepts) = logistic(intercept + slope * z): a usual pair gets a yes in 40 of 100 cases.
    An assumption until outcomes are there to learn from; it steers who is proposed, never a score."""
    shortlist: int = 50
    """Candidates kept per member."""

    def __post_init__(self) -> None:
        names = [block.name for block in self.blocks]
        if len(set(names)) != len(names):
            raise ConfigurationError("blocks: the same name twice")
        for block in self.blocks:
            if not (math.isfinite(block.mean) and math.isfinite(block.deviation) and block.deviation > 0):
                raise ConfigurationError(f"blocks: {block.name} needs a finite mean and a deviation above 0")
        for mode, shares in self.shares.items():
            if unknown := sorted(set(shares) - set(names)):
                raise ConfigurationError(f"shares of {mode}: no such block: {', '.join(unknown)}")
            if not all(math.isfinite(share) and share >= 0 for share in shares.values()):
                raise ConfigurationError(f"shares of {mode}: not all finite and from 0 up")
            if abs(math.fsum(shares.values()) - 1.0) > SHARE_TOLERANCE:
                raise ConfigurationError(
                    f"shares of {mode}: they add up to {math.fsum(shares.values()):g}, not 1"
                )

    def share(self, mode: str, block: str) -> float:
        """The block's share in that mode, 0 where it plays no part."""
        return self.shares[mode].get(block, 0.0)


def _shares(mode: str) -> dict[str, float]:
    given = {part.name: part.shares[mode] for part in PARTS if mode in part.shares}
    whole = math.fsum(given.values())
    return {name: share / whole for name, share in given.items()}


CONFIGURATION = Configuration(
    blocks=tuple(Block(part.name, part.mean, part.deviation) for part in PARTS),
    shares={mode: _shares(mode) for mode in MODES},
)
