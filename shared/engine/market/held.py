"""The state of an allocation: who holds which edges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from shared.engine.market.graph import Bits, Positions, Whole


class Held(NamedTuple):
    """Who holds which edges; the kernels change `taken`, `held` and `load`.

    `taken` marks the edges, `load[m]` says how many member m holds, never more than `room[m]`, and those
    stand at `first[m]` to `first[m] + load[m]` of `held`.
    """

    low: Positions
    high: Positions
    room: Whole
    taken: Bits
    first: Whole
    held: Whole
    load: Whole


def nothing_held(low: Positions, high: Positions, room: Whole) -> Held:
    """An allocation of these edges in which nobody holds any yet."""
    first = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(room)])
    taken = np.zeros(len(low), dtype=np.uint8)
    load = np.zeros(len(room), dtype=np.int64)
    return Held(low, high, room, taken, first, np.zeros(int(first[-1]), dtype=np.int64), load)
