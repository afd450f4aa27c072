"""What a part of the score is: one object, declared in one file of `shared.engine.scoring.parts`.

Everything else follows from the list of parts: the configuration, the columns that a pool must have, its
arrays, what is compiled ahead, the reference population's constants, the labels, and in SQL the names that
a member's own weights may have and the parts that a withdrawal removes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from shared.engine.columns import Members
from shared.engine.features.certainty import PairInstants, Readings

MODES = ("romantic", "friendship", "professional")
"""What a pair can be proposed for."""

Arrays = tuple[Any, ...]
"""What a formula reads of all members: arrays, or charts, with one entry per member."""
Switch = Literal["values", "location", "birthData"]
Given = TypeVar("Given")


@dataclass(frozen=True)
class Saying:
    """What may be said of one part: its strength, its tension, and finer strengths by family of terms."""

    strength: str
    tension: str
    families: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, kw_only=True)
class Part:
    """One part of a pair's score."""

    name: str
    switch: Switch | None
    """The consent switch that covers what the part reads; None for what is given for matching."""
    shares: Mapping[str, float]
    """By mode: how much of the score it is, relative to the others. It plays no part in other modes."""
    mean: float
    deviation: float
    """Of the raw value over pairs of the reference population (`python -m shared.engine.reference`)."""
    columns: Mapping[str, Callable[[], Sequence[Any]]]
    """The pool's columns that it reads, each with values of members who have the signal: one of each kind
    that the formula treats differently."""
    read: Callable[[Members], Arrays]
    """The arrays of a pool. A column that is null for a member is a signal that the member lacks."""
    formula: Callable[..., None]
    """`formula(*arrays, low, high, values)`: writes the raw value of each pair of positions (int32). Leaves
    the value as it is, not a number, where either side lacks the signal. A pair's value never depends on
    the other pairs, nor on which side is named first."""
    population: Callable[[], Iterator[Arrays]]
    """The same arrays of communities drawn by the law of the reference."""
    sayings: Mapping[str, Saying] = field(default_factory=dict)
    """By mode, what may be said of the part; it is silent in other modes."""
    readings: Callable[[PairInstants, float, float, float], Readings] | None = None
    """For a part made from charts: what may be said of pairs, and how surely (above, below, carries)."""


def personal(given: Given) -> dict[str, Given]:
    """The same for romance and for friendship."""
    return {"romantic": given, "friendship": given}
