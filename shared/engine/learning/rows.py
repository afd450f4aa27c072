"""Members with their answers, and decisions about each other, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.engine.learning.schema import Schema

Real = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class RowsError(ValueError):
    """Rows cannot be used; the message names the column and the place in it, never a value."""


@dataclass(frozen=True, eq=False)
class Profiles:
    """m members: `ids`, unique; `sides` 0 or 1, NaN where there are no two sides; `answers` by name.

    Every array has m entries; NaN stands for an answer that was not given. Raises RowsError.
    """

    ids: Sequence[str]
    sides: Real
    answers: Mapping[str, Real]

    def __post_init__(self) -> None:
        """Refuse arrays of other lengths, infinite numbers, ids that stand twice, sides that are none."""
        if len(set(self.ids)) != len(self.ids):
            raise RowsError("ids: the same member twice")
        object.__setattr__(self, "sides", _reals("sides", self.sides, len(self.ids)))
        answers = {name: _reals(name, values, len(self.ids)) for name, values in self.answers.items()}
        object.__setattr__(self, "answers", answers)
        _refuse("sides", ~(np.isnan(self.sides) | np.isin(self.sides, (0.0, 1.0))), "0, 1 or NaN")

    def __len__(self) -> int:
        """How many members."""
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class Rows:
    """n rows "giver looks at receiver": positions in `profiles`, the gathering in which they met
    (`groups`, any whole numbers), numbers about the pair by name, and `accepted`: 1 yes, 0 no, NaN unknown.

    The other direction, where known, is a row of its own. Raises RowsError.
    """

    profiles: Profiles
    givers: Whole
    receivers: Whole
    groups: Whole
    pair: Mapping[str, Real]
    accepted: Real

    def __post_init__(self) -> None:
        """Refuse positions outside the profiles, pairs that stand twice, decisions that are none."""
        count = len(self.givers)
        for name in ("givers", "receivers", "groups"):
            values = np.asarray(getattr(self, name))
            if values.shape != (count,) or (count and values.dtype.kind not in "iu"):
                raise RowsError(f"{name}: one whole number per row is needed, {count} of them")
            object.__setattr__(self, name, values.astype(np.int64))
        for name in ("givers", "receivers"):
            values = getattr(self, name)
            _refuse(name, (values < 0) | (values >= len(self.profiles)), "a position in the profiles")
        _refuse("receivers", self.givers == self.receivers, "somebody else than the giver")
        keys = self.givers * max(len(self.profiles), 1) + self.receivers
        first = np.zeros(count, dtype=bool)
        first[np.unique(keys, return_index=True)[1]] = True
        _refuse("receivers", ~first, "a pair that stands there once")
        object.__setattr__(self, "accepted", _reals("accepted", self.accepted, count))
        _refuse("accepted", ~(np.isnan(self.accepted) | np.isin(self.accepted, (0.0, 1.0))), "0, 1 or NaN")
        pair = {name: _reals(name, values, count) for name, values in self.pair.items()}
        object.__setattr__(self, "pair", pair)

    def __len__(self) -> int:
        """How many rows."""
        return len(self.givers)

    def only(self, which: Flags | Whole) -> Rows:
        """These rows of the same members."""
        return replace(
            self,
            givers=self.givers[which],
            receivers=self.receivers[which],
            groups=self.groups[which],
            pair={name: values[which] for name, values in self.pair.items()},
            accepted=self.accepted[which],
        )

    def other_direction(self) -> Whole:
        """Per row the row with giver and receiver exchanged, -1 where there is none."""
        size = max(len(self.profiles), 1)
        keys = self.givers * size + self.receivers
        order = np.argsort(keys, kind="stable")
        if not len(keys):
            return np.empty(0, dtype=np.int64)
        wanted = self.receivers * size + self.givers
        at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
        found = order[at]
        return np.where(keys[found] == wanted, found, -1).astype(np.int64)

    def lacking(self, schema: Schema) -> list[str]:
        """The columns a schema reads and these rows do not have."""
        lacking = [name for name in schema.answers() if name not in self.profiles.answers]
        return lacking + [name for name in schema.pair if name not in self.pair]


def _reals(name: str, values: Any, count: int) -> Real:
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise RowsError(f"{name}: numbers are needed") from None
    if found.shape != (count,):
        raise RowsError(f"{name}: {count} numbers are needed")
    _refuse(name, np.isinf(found), "a finite number or NaN")
    return found


def _refuse(name: str, wrong: Flags, needed: str) -> None:
    if wrong.any():
        raise RowsError(f"{name}[{int(np.argmax(wrong))}]: needs {needed}")
