"""How much of a score each part is to each member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.engine.columns import PoolError
from shared.engine.configuration import CONFIGURATION


def weights_of(name: str, entries: Sequence[Any]) -> npt.NDArray[np.float64]:
    """The configuration's shares, changed by what a member asks for: by block, a factor of its share, 0 to 2.

    A member's weights of a mode are scaled to add up to 1 again; all zero leaves the configuration's. The
    database takes factors from 0.5 on: a member does not switch a part off.
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
        if not all(type(factor) in (int, float) and 0 <= factor <= 2 for factor in given):
            raise PoolError(f"{name}[{at}]: not numbers from 0 to 2")
        columns = [place[block] for block in entry]
        for mode, shares in enumerate(rows):
            mine = list(shares)
            for column, factor in zip(columns, given, strict=True):
                mine[column] *= factor
            total = 0.0
            for share in mine:
                total += share
            if total > 0.0:
                found[at, mode] = [share / total for share in mine]
    return found
