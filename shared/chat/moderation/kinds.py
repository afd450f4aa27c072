"""The kinds of risk a message can have, and how high each may score. The database knows the same list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# At and above the default of settings.message_risk_refused, 90, a message is not delivered. Some kinds
# stay below it, however sure we are: somebody who speaks of hurting themself must be heard, not told to
# phrase it otherwise; adults may speak of sex; a telephone number is a rule of the house and harms nobody.
MOST: dict[str, float] = {
    "threat": 100,
    "hate": 100,
    "harassment": 100,
    "sexual_pressure": 100,
    "minor": 100,
    "violence": 100,
    "scam": 100,
    "money": 85,
    "sexual": 80,
    "self_harm": 80,
    "contact_exchange": 60,
}


@dataclass(frozen=True, slots=True)
class Risk:
    """A score of 0 to 100, two decimals, and the kinds it comes from, the weightiest first."""

    score: float = 0.0
    kinds: tuple[str, ...] = ()


NONE = Risk()


def weigh(found: Iterable[tuple[str, float]]) -> Risk:
    """The risk of what was found, `(kind, score)`: the score is the highest, each capped by its kind."""
    highest: dict[str, float] = {}
    for kind, score in found:
        highest[kind] = max(highest.get(kind, 0.0), min(score, MOST[kind]))
    if not highest:
        return NONE
    # Stable: kinds of equal score keep the order of the table above.
    ordered = sorted((k for k in MOST if highest.get(k)), key=lambda k: -highest[k])
    return Risk(round(highest[ordered[0]], 2), tuple(ordered)) if ordered else NONE


def higher(one: Risk, other: Risk) -> Risk:
    """Both judgements as one: the higher score, the kinds of both, those of the higher first."""
    first, second = (one, other) if one.score >= other.score else (other, one)
    return Risk(first.score, first.kinds + tuple(k for k in second.kinds if k not in first.kinds))
