"""Kinds of members for whom few fit, as flags over a pool in its order."""

from collections.abc import Callable
from datetime import datetime

import numpy as np

from scripts.tools.sample.community import Community
from scripts.tools.sample.metros import FAR_METRO
from shared.engine.pool.pool import Flags, Pool

_OLDER_THAN = 55


def groups(community: Community, pool: Pool, now: datetime) -> dict[str, Flags]:
    """Name of each group, everybody first, and who belongs to it; a member may belong to several."""
    at = {str(id_): place for place, id_ in enumerate(community.id)}
    places = [at[id_] for id_ in pool.ids]
    ages = pool.ages(now)

    def where(belongs: Callable[[int], bool]) -> Flags:
        return np.array([belongs(place) for place in places], dtype=np.bool_)

    binary = where(lambda p: community.gender[p] != "non_binary")
    return {
        "everybody": np.ones(len(pool), dtype=np.bool_),
        "gay": binary & where(lambda p: community.orientation[p] == "gay"),
        "bisexual": binary & where(lambda p: community.orientation[p] == "bisexual"),
        "non-binary": ~binary,
        f"over {_OLDER_THAN}": ages > _OLDER_THAN,
        "small towns": where(lambda p: community.metro[p] == FAR_METRO),
        "professional": where(lambda p: community.mode[p] == "professional"),
    }
