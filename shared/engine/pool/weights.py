"""How much of a score each part is to each member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

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
    place = {block: at for at, block in enumerate(blocks)}
    rows = usual.tolist()
    for at, entry in enumerate(entries):
        if entry is None:
            continue
        if not isinstance(entry, Mapping) or not entry.keys() <= place.keys():
            raise PoolError(f"{name}[{at}]: not an object of parts")
        given = list(entry.values())
        if None in given:
            raise PoolError(f"{name}[{at}]: not a number for every block")
        if not all(type(weight) in (int, float) and 0 <= weight <= 1 for weight in given):
            raise PoolError(f"{name}[{at}]: not numbers from 0 to 1")
        columns = [place[block] for block in entry]
        for mode, shares in enumerate(rows):
            mine = list(shares)
            for column, weight in zip(columns, given, strict=True):
                # A block plays a part only in the modes that have it.
                mine[column] = float(weight) if shares[column] > 0.0 else 0.0
            total = 0.0
            for weight in mine:
                total += weight
            if total > 0.0:
                found[at, mode] = [weight / total for weight in mine]
    return found
