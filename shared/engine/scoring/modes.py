"""What an eligible pair is proposed for: romance wins where both look for it with each other's gender."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import compiled
from shared.engine.pool.pool import MODE_BITS, Bits, Genders, Pool

_FRIENDSHIP = MODE_BITS["friendship"]


class Wishes(NamedTuple):
    """A pool's modes and genders as compiled code takes them; see `Pool`."""

    modes: Bits
    genders: Genders
    preferred_genders: Genders


def wishes_of(pool: Pool) -> Wishes:
    """What `mode_of` looks at."""
    return Wishes(pool.modes, pool.genders, pool.preferred_genders)


@compiled
def mode_of(wishes: Wishes, i: int, j: int) -> int:
    """The bit of `MODE_BITS` that the eligible pair at positions i and j is proposed for.

    Both may look for friends and only friends be left, by modes or by whom they want to meet for romance.
    """
    shared = wishes.modes[i] & wishes.modes[j]
    if shared & _FRIENDSHIP and not (
        wishes.preferred_genders[i] & wishes.genders[j] and wishes.preferred_genders[j] & wishes.genders[i]
    ):
        return _FRIENDSHIP
    return int(shared & ~_FRIENDSHIP)


@compiled
def modes_of(wishes: Wishes, low: npt.NDArray[np.integer], high: npt.NDArray[np.integer]) -> Bits:
    """One bit of `MODE_BITS` per eligible pair of positions: what it is proposed for."""
    modes = np.empty(len(low), dtype=np.uint8)
    for pair in range(len(low)):
        modes[pair] = mode_of(wishes, low[pair], high[pair])
    return modes


def shared_modes(pool: Pool, low: npt.NDArray[np.integer], high: npt.NDArray[np.integer]) -> Bits:
    """One bit of `MODE_BITS` per eligible pair of positions: what it is proposed for."""
    return modes_of(wishes_of(pool), low, high)
