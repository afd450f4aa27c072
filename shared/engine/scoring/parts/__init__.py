"""The parts of a score: one file each, listed here in the order in which they are added up."""

from __future__ import annotations

from shared.engine.part import MODES, Part
from shared.engine.scoring.parts import (
    activity,
    astro,
    communication,
    goals,
    hd,
    industry,
    interests,
    life_goals,
    location,
    position,
    profile,
    readiness,
    values,
)

PARTS: tuple[Part, ...] = (
    values.PART,
    communication.PART,
    life_goals.PART,
    readiness.PART,
    astro.PART,
    hd.PART,
    profile.PART,
    interests.PART,
    location.PART,
    industry.PART,
    activity.PART,
    goals.PART,
    position.PART,
)
"""The order is part of a result's last bits, and breaks ties among labels."""

__all__ = ["MODES", "PARTS", "Part"]
