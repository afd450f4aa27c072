"""What the blocks of a score are computed from: vectors, bit sets and single numbers of every member.

A signal that a member lacks, or does not allow to be read, is `False` in its `present` array and zero in
its values; blocks that need it are then left out of their pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.engine.configuration import CONFIGURATION
from shared.engine.pool import columns
from shared.engine.pool.columns import PoolError

VECTORS = {
    "values": "valuesVector",
    "communication": "communicationVector",
    "life_goals": "lifeGoalsVector",
    "profile": "profileVector",
}
"""Blocks that compare unit vectors, and the column each comes from."""


@dataclass(frozen=True, eq=False)
class Signals:
    """One entry per member, in the pool's order."""

    vectors: npt.NDArray[np.float64]
    """(members, kinds of `VECTORS`, dimensions): unit vectors, zeros where absent."""
    has_vector: npt.NDArray[np.bool_]
    """(members, kinds of `VECTORS`)."""
    readiness: npt.NDArray[np.float64]
    """0 to 100."""
    has_readiness: npt.NDArray[np.bool_]
    activity: npt.NDArray[np.float64]
    """0 to 100."""
    has_activity: npt.NDArray[np.bool_]
    interests: npt.NDArray[np.uint64]
    """(members, words of 64 bits): one bit per interest that anybody names; none named is absent."""
    industry: npt.NDArray[np.uint64]
    """(members, words of 64 bits): the member's own industry, at most one bit."""
    wanted_industries: npt.NDArray[np.uint64]
    """The industries they would like to meet, as the same bits."""
    weights: npt.NDArray[np.float64]
    """(members, modes, blocks): how much of a score each block is to this member; adds up to 1 by mode."""

    @classmethod
    def parse(cls, members: Mapping[str, Any], length: int, order: npt.NDArray[np.int64]) -> Signals:
        """From the columns of an answer of `load_pool`, put into `order`. Raises `PoolError`."""

        def entries(name: str) -> list[Any]:
            return columns.column(members, name, length)

        kinds = [
            columns.unit_vectors(name, entries(name), CONFIGURATION.vector_dimensions)
            for name in VECTORS.values()
        ]
        there = [_given(entries(name)) for name in VECTORS.values()]
        interests = columns.text_lists("interests", entries("interests"))
        own = [[word] if word else [] for word in columns.texts_or_none("industry", entries("industry"))]
        industry = columns.bit_sets(own, columns.text_lists("wantedIndustries", entries("wantedIndustries")))
        return cls(
            vectors=np.ascontiguousarray(np.stack(kinds, axis=1)[order]),
            has_vector=np.ascontiguousarray(np.stack(there, axis=1)[order]),
            readiness=columns.numbers("readiness", entries("readiness"), 0, 100, 0.0)[order],
            has_readiness=_given(entries("readiness"))[order],
            activity=columns.numbers("activity", entries("activity"), 0, 100, 0.0)[order],
            has_activity=_given(entries("activity"))[order],
            interests=columns.bit_sets(interests)[0][order],
            industry=industry[0][order],
            wanted_industries=industry[1][order],
            weights=_weights(entries("weights"))[order],
        )


def _given(entries: Sequence[Any]) -> npt.NDArray[np.bool_]:
    return np.array([entry is not None for entry in entries], dtype=np.bool_)


def _weights(entries: Sequence[Any]) -> npt.NDArray[np.float64]:
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
            raise PoolError(f"weights[{at}]: not an object of blocks")
        if any(weight is None for weight in entry.values()):
            raise PoolError(f"weights[{at}]: not a number for every block")
        try:
            given = columns.numbers("", list(entry.values()), 0, 1, 0.0)
        except PoolError:
            raise PoolError(f"weights[{at}]: not numbers from 0 to 1") from None
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
