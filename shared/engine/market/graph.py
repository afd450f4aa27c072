"""A market: who may be proposed to whom, how likely each likes the other, and how much each can take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import compiled

Positions = npt.NDArray[np.int32]
Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint8]

_MOST_EDGES = 2**31 - 1


class MarketError(ValueError):
    """The market cannot be read; the message names the array and the place in it, never a value."""


class Neighbours(NamedTuple):
    """Every edge seen from both of its ends.

    Member m's edges stand at `start[m]` to `start[m + 1]`: the other end in `other`, ascending, and the
    place of the edge in the market in `edge`.
    """

    start: Whole
    other: Positions
    edge: Positions


@dataclass(frozen=True, eq=False)
class Market:
    """Undirected edges between members 0 to `members` - 1, each pair once.

    Any graph will do: one pool in which everybody may meet everybody, or two sides, where the left are the
    lower positions. Edges come in rows: those of the lower member m stand at `start[m]` to `start[m + 1]`,
    the higher members in `high`, ascending. `p[e]` is the chance, 0 to 1, that the lower of the two likes
    the higher, `q[e]` the other way round; one array may serve as both. `capacity[m]` is how many proposals
    m can take; less than nothing counts as nothing. Raises MarketError for anything else.
    """

    start: Whole
    high: Positions
    p: Real
    q: Real
    capacity: Whole
    members: int

    def __post_init__(self) -> None:
        """Give every array its type and refuse what is no market."""
        if self.members < 0:
            raise MarketError("members: fewer than none")
        for name, kind, length in (
            ("start", np.int64, self.members + 1),
            ("high", np.int32, None),
            ("p", np.float64, None),
            ("q", np.float64, None),
            ("capacity", np.int64, self.members),
        ):
            object.__setattr__(self, name, _column(name, getattr(self, name), kind, length))
        for name in ("p", "q"):
            if len(getattr(self, name)) != len(self.high):
                raise MarketError(f"{name}: {len(getattr(self, name))} entries for {len(self.high)} edges")
        if len(self.high) > _MOST_EDGES:
            raise MarketError(f"high: more than {_MOST_EDGES:,} edges")
        steps = np.diff(self.start)
        if self.start[0] != 0 or self.start[-1] != len(self.high) or (steps < 0).any():
            raise MarketError(f"start: does not ascend from 0 to {len(self.high)}, the number of edges")
        at, reason = _first_fault(self.start, self.high, self.p, self.q)
        if reason:
            raise MarketError(_FAULTS[reason].format(at=at))

    def __len__(self) -> int:
        return len(self.high)

    @cached_property
    def low(self) -> Positions:
        """The lower member of every edge."""
        return np.repeat(np.arange(self.members, dtype=np.int32), np.diff(self.start))

    @cached_property
    def weights(self) -> Real:
        """The chance that a proposal becomes a match, p times q, of every edge."""
        return self.p * self.q

    @cached_property
    def room(self) -> Whole:
        """How many proposals a member can get: the capacity, but no more than there are candidates."""
        most: Whole = np.diff(self.neighbours.start)
        return np.clip(self.capacity, 0, most)

    @cached_property
    def neighbours(self) -> Neighbours:
        """The edges by member, both ways."""
        return both_ways(self.low, self.high, self.members)


_FAULTS = {
    1: "high[{at}]: not a higher member of this market",
    2: "high[{at}]: a row's members do not ascend, or one stands there twice",
    3: "p[{at}]: not a number from 0 to 1",
    4: "q[{at}]: not a number from 0 to 1",
}


def market_of_pairs(low: Positions, high: Positions, p: Real, q: Real, capacity: Whole) -> Market:
    """The market of pairs that are already sorted by (low, high), one entry of `capacity` per member."""
    members = len(capacity)
    if not len(low) == len(high) == len(p) == len(q):
        raise MarketError("low, high, p, q: not of the same length")
    if len(low) and (low[0] < 0 or low[-1] >= members or (np.diff(low) < 0).any()):
        raise MarketError("low: not ascending positions of members")
    start = np.zeros(members + 1, dtype=np.int64)
    np.cumsum(np.bincount(low, minlength=members), out=start[1:])
    return Market(start, high, p, q, capacity, members)


def _column(name: str, given: npt.ArrayLike, kind: type[np.generic], length: int | None) -> npt.NDArray[Any]:
    found = np.asarray(given)
    if found.ndim != 1:
        raise MarketError(f"{name}: not a row of numbers")
    if length is not None and len(found) != length:
        raise MarketError(f"{name}: {len(found)} entries where {length} are needed")
    numbers = "iuf" if kind is np.float64 else "iu"
    if len(found) and found.dtype.kind not in numbers:
        raise MarketError(f"{name}: not {'numbers' if kind is np.float64 else 'whole numbers'}")
    if kind is np.int32 and len(found) and not -(2**31) <= found.min() <= found.max() < 2**31:
        raise MarketError(f"{name}: positions beyond 32 bits")
    return np.ascontiguousarray(found, dtype=kind)


@compiled
def _first_fault(start: Whole, high: Positions, p: Real, q: Real) -> tuple[int, int]:
    """Place and number of the first fault; number 0 means none."""
    members = len(start) - 1
    for row in range(members):
        before = row
        for edge in range(start[row], start[row + 1]):
            other = high[edge]
            if other <= row or other >= members:
                return edge, 1
            if other <= before:
                return edge, 2
            # Written so that NaN fails, which compares false with everything.
            if not 0.0 <= p[edge] <= 1.0:
                return edge, 3
            if not 0.0 <= q[edge] <= 1.0:
                return edge, 4
            before = other
    return 0, 0


@compiled
def both_ways(low: Positions, high: Positions, members: int) -> Neighbours:
    """Everybody's edges, of pairs sorted by (low, high)."""
    start = np.zeros(members + 1, np.int64)
    for edge in range(len(low)):
        start[low[edge] + 1] += 1
        start[high[edge] + 1] += 1
    for member in range(members):
        start[member + 1] += start[member]
    at = start[:-1].copy()
    other = np.empty(2 * len(low), np.int32)
    edges = np.empty(2 * len(low), np.int32)
    # Edges to lower members first: then a member's others ascend.
    for edge in range(len(low)):
        other[at[high[edge]]] = low[edge]
        edges[at[high[edge]]] = edge
        at[high[edge]] += 1
    for edge in range(len(low)):
        other[at[low[edge]]] = high[edge]
        edges[at[low[edge]]] = edge
        at[low[edge]] += 1
    return Neighbours(start, other, edges)
