"""How much of a score each part is to each member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.engine import columns
from shared.engine.columns import PoolError
from shared.engine.configuration import CONFIGURATION


def weights_of(name: str, entries: Sequence[Any]) -> npt.NDArray[np.float64]:
    """The configuration's shares, changed by what a member asks for (block to weight, 0 to 1 each).

    A member's weights of a mode are scaled to add up to 1 again; all zero leaves the configuration's.
    """
    blocks = [block.name for block in CONFIGURATION.blocks]
    usual = np.array(
        [[CONFIGURATION.share(mode, block) for block in blocks] for mode in CONFIGURATION.shares]
    )
    found = np.repeat(usual[None], len(entries), axis=0)
    for at, entry in enumerate(entries):
        if entry is None:
            continue
        if not isinstance(entry, Mapping) or not set(entry) <= set(blocks):
            raise PoolError(f"{name}[{at}]: not an object of parts")
        if any(weight is None for weight in entry.values()):
            raise PoolError(f"{name}[{at}]: not a number for every block")
        try:
            given = columns.numbers("", list(entry.values()), 0, 1, 0.0)
        except PoolError:
            raise PoolError(f"{name}[{at}]: not numbers from 0 to 1") from None
        mine = usual.copy()
        for block, weight in zip(entry, given.tolist(), strict=True):
            column = blocks.index(block)
            # A block plays a part only in the modes that have it.
            mine[:, column] = np.where(usual[:, column] > 0.0, weight, 0.0)
        for mode, row in enumerate(mine.tolist()):
            total = sum(row)
            if total > 0.0:
                found[at, mode] = [weight / total for weight in row]
    return found
