"""The pairs of a run with their scores, as the market and the statement take them."""

from __future__ import annotations

from dataclasses import dataclass

from shared.engine.filters.eligibility import Pairs
from shared.engine.pool.pool import Flags, Real


@dataclass(frozen=True, eq=False)
class Scored:
    """The pairs of a run that may be proposed: eligible, both with room, scoring at least the minimum."""

    pairs: Pairs
    z: Real
    known: Flags
    eligible: Pairs
    eligible_z: Real
