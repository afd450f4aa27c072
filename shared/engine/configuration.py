"""Every number of the engine that is a choice, in one frozen object.

Tables that belong to one formula stand beside it: the weights of points and aspects (`synastry`), of
channels (`composite`), the labels (`labels`). `version` hashes this object and those tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

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
    vector_dimensions: int = 16
    score_spread: float = 1.75
    """score = 100 * normal_cdf(z / score_spread): keeps good pairs apart instead of crowding them at 100."""
    adult_age: int = 18
    """Nobody below is ever eligible, whatever age window a profile carries."""
    strengths: int = 3
    tension_below: float = -0.5
    """A block is named as a tension only from half a deviation below the usual pair on."""
    sure: float = 0.9
    """A label that rests on an uncertain birth time is shown from this probability on."""
    near_km: float = 100.0
    """Closeness of two homes falls from 1 in the same grid cell to 0 at this distance."""
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


_PERSONAL = {
    "values": 0.25,
    "communication": 0.20,
    "life_goals": 0.15,
    "readiness": 0.20,
    "astro": 0.10,
    "hd": 0.10,
}

CONFIGURATION = Configuration(
    blocks=(
        Block("values", mean=0.0572, deviation=0.3890),
        Block("communication", mean=0.0572, deviation=0.3890),
        Block("life_goals", mean=0.0572, deviation=0.3890),
        Block("readiness", mean=57.5713, deviation=15.2137),
        Block("astro", mean=2.4655, deviation=1.5501),
        Block("hd", mean=3.5871, deviation=2.4337),
        Block("profile", mean=0.0572, deviation=0.3890),
        Block("interests", mean=0.1336, deviation=0.1174),
        Block("location", mean=0.5549, deviation=0.2268),
        Block("industry", mean=0.3031, deviation=0.3814),
        Block("activity", mean=0.7402, deviation=0.1855),
    ),
    shares={
        "romantic": _PERSONAL,
        "friendship": _PERSONAL,
        "professional": {
            "profile": 0.30,
            "interests": 0.25,
            "location": 0.20,
            "industry": 0.15,
            "activity": 0.10,
        },
    },
)
