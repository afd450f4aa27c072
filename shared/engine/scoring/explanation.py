"""Why a pair was proposed, in words of the closed vocabulary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.engine.configuration import CONFIGURATION, Configuration
from shared.engine.scoring.labels import CARRIES, OPEN, SAYINGS, Saying


class ExplanationError(ValueError):
    """These terms cannot be explained; the message names the mode or the block."""


@dataclass(frozen=True)
class Certainty:
    """How likely a statement about a block is, 0 to 1, over the birth times that two members may have.

    `strength`: the block's z is above 0. `tension`: it lies below the configuration's `tension_below`.
    `family`: the family that carries the block is the one named; 0 where nobody worked it out, so that
    an uncertain chart never gets more than the general label.
    """

    strength: float = 1.0
    tension: float = 1.0
    family: float = 0.0


EXACT = Certainty(1.0, 1.0, 1.0)
"""Of a block that does not rest on an uncertain birth time."""


def explain(
    mode: str,
    z: Mapping[str, float],
    weights: Mapping[str, float],
    families: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    certainty: Mapping[str, Certainty] = MappingProxyType({}),
    configuration: Configuration = CONFIGURATION,
) -> list[str]:
    """Labels of a pair of `mode`: at most three strengths, strongest first, then at most one tension.

    `z` holds the standardised blocks the pair shares and `weights` what each of these weighs in this pair
    (0 or more; others are ignored). A block's contribution to the total is weight times z. Blocks that
    contribute in the pair's favour are strengths; of those clearly below the usual pair
    (`configuration.tension_below`) the one that contributes most against it is the tension. Equal
    contributions keep the order of the configuration. A block without weight is never named.

    `families` says for some blocks how far each family of their terms lies above or below that of the usual
    pair; together they are what z is made of. Where one family is more than half of everything that speaks
    for the pair, the block is named by that family's finer label, if the mode has one.

    `certainty` has an entry for each block that rests on an uncertain birth time, none for the others. A
    strength, a tension or a finer label less likely than `configuration.sure` is not told: the block falls
    back to its general label, or is silent and the next one speaks.

    Nothing shared, or nothing that stands out, is an open beginning. Never empty, each label once, all of
    the mode's vocabulary. Raises `ExplanationError` for an unknown mode or block, a block without a weight,
    and numbers that are not finite or out of range.
    """
    shared = _checked(mode, z, weights, families, certainty, configuration)
    # Ties are broken by the order of the table: `sorted` is stable.
    contributions = {block: weights[block] * z[block] for block in shared}
    by_weight = sorted(shared, key=lambda block: -contributions[block])
    sayings = SAYINGS[mode]

    found: list[str] = []
    praised: set[str] = set()
    for block in by_weight:
        sure = certainty.get(block, EXACT)
        if len(found) == configuration.strengths or contributions[block] <= 0.0:
            break
        # Blocks that share a label say it once.
        if sure.strength < configuration.sure or sayings[block].strength in praised:
            continue
        praised.add(sayings[block].strength)
        named = sure.family >= configuration.sure
        found.append(_strength(sayings[block], families.get(block, {}) if named else {}))

    tension = next(
        (
            sayings[block].tension
            for block in sorted(shared, key=lambda block: contributions[block])
            if contributions[block] < 0.0
            and z[block] < configuration.tension_below
            and certainty.get(block, EXACT).tension >= configuration.sure
            # Not "related work" and "different work" in one breath.
            and sayings[block].strength not in praised
        ),
        None,
    )
    return [*(found or [OPEN]), *([tension] if tension else [])]


def _strength(saying: Saying, families: Mapping[str, float]) -> str:
    """The label of the family that carries the block, else the block's own."""
    in_favour = math.fsum(value for value in families.values() if value > 0.0)
    for family, value in families.items():
        # More than half: at most one family can be it, whatever their order.
        if value > CARRIES * in_favour:
            return saying.families.get(family, saying.strength)
    return saying.strength


def _checked(
    mode: str,
    z: Mapping[str, float],
    weights: Mapping[str, float],
    families: Mapping[str, Mapping[str, float]],
    certainty: Mapping[str, Certainty],
    configuration: Configuration,
) -> list[str]:
    """The shared blocks that can speak, in the configuration's order. Raises `ExplanationError`."""
    if mode not in SAYINGS:
        raise ExplanationError(f"no such mode; there are: {', '.join(SAYINGS)}")
    known = configuration.shares[mode]
    for title, given in (("z", z), ("families", families), ("certainty", certainty)):
        for block in given:
            if block not in known:
                raise ExplanationError(f"{title}: a block that {mode} does not have")
    for block, value in z.items():
        if not math.isfinite(value):
            raise ExplanationError(f"z of {block}: not a finite number")
        if not (block in weights and math.isfinite(weights[block]) and weights[block] >= 0.0):
            raise ExplanationError(f"weight of {block}: needs a finite number from 0 up")
    for block, terms in families.items():
        if not all(map(math.isfinite, terms.values())):
            raise ExplanationError(f"families of {block}: not all finite")
    for block, sure in certainty.items():
        if not all(0.0 <= share <= 1.0 for share in (sure.strength, sure.tension, sure.family)):
            raise ExplanationError(f"certainty of {block}: not all from 0 to 1")
    return [block for block in SAYINGS[mode] if block in z]
