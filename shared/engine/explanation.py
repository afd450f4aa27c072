"""Why a pair was proposed, in words of the closed vocabulary."""

from __future__ import annotations

from collections.abc import Mapping

from shared.engine.configuration import CONFIGURATION, Configuration
from shared.engine.labels import OPEN, STRENGTHS, TENSIONS


def explain(z: Mapping[str, float], configuration: Configuration = CONFIGURATION) -> list[str]:
    """Labels for the standardised blocks that a pair shares: strengths, strongest first, then one tension.

    What counts is a block's contribution to the total, its share times its z. A block that weighs in the
    pair's favour is a strength, at most three are named; the block that weighs most against it is the
    tension if it lies clearly below the usual pair. Nothing shared, or nothing that stands out, is an
    open beginning. Never empty.
    """
    # Ties are broken by the order of the configuration: `sorted` is stable.
    shared = [block for block in configuration.blocks if block.name in z]
    by_weight = sorted(shared, key=lambda block: -block.share * z[block.name])
    strengths = [STRENGTHS[block.name] for block in by_weight if z[block.name] > 0.0]
    found = strengths[: configuration.strengths] or [OPEN]
    if by_weight and z[by_weight[-1].name] < configuration.tension_below:
        found.append(TENSIONS[by_weight[-1].name])
    return found
