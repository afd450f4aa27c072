"""The names of the answers a model may read, and how each is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

FORBIDDEN = frozenset({"race", "imprace", "samerace", "ethnicity", "religion", "imprelig"})
"""Answers that never steer who is proposed to whom, whatever they might predict."""


class SchemaError(ValueError):
    """The schema contradicts itself or names an answer that may not be read."""


@dataclass(frozen=True)
class Family:
    """Answers of one kind, which share one learned limit on how much they may matter.

    reading: "scale" takes answers as they are; "logarithm" their natural logarithm (answers above 0);
    "shares" divides each by the member's sum over the family and takes the square root, so that points
    given out of 100 and marks from 1 to 10 say the same. `level`: the member's mean over the family is a
    trait of its own (how high somebody marks at all).
    """

    name: str
    columns: tuple[str, ...]
    reading: Literal["scale", "shares", "logarithm"] = "scale"
    level: bool = False


@dataclass(frozen=True)
class Schema:
    """What is known about two members before either decides.

    families: the answers of one member. pair: numbers about two members together. gaps: answers whose
    difference also counts with a sign that turns with the giver's side (she is older, he is older). same:
    categories of which only equality counts; with many values and few members anything more is noise.
    wishes: (what a giver looks for, what a receiver has). Raises SchemaError.
    """

    families: tuple[Family, ...]
    pair: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    wishes: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse forbidden answers, names given twice, and gaps or wishes without their answers."""
        if forbidden := sorted(FORBIDDEN & {*self.answers(), *self.pair}):
            raise SchemaError(f"answers that may never be read: {', '.join(forbidden)}")
        in_families = [column for family in self.families for column in family.columns]
        for what, names in (
            ("families", [family.name for family in self.families]),
            ("answers", [*in_families, *self.same]),
            ("pair", list(self.pair)),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise SchemaError(f"{what}: twice the same: {', '.join(twice)}")
        needed = {*self.gaps, *(name for wish in self.wishes for name in wish)}
        if unknown := sorted(needed - set(in_families)):
            raise SchemaError(f"gaps or wishes name what is in no family: {', '.join(unknown)}")
        if empty := [family.name for family in self.families if not family.columns]:
            raise SchemaError(f"families without answers: {', '.join(empty)}")

    def answers(self) -> Iterator[str]:
        """Every answer of one member that is read, families first."""
        for family in self.families:
            yield from family.columns
        yield from self.same
