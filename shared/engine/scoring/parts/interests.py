"""How many of two members' interests are common to both, in professional mode."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.engine import population
from shared.engine.columns import Members, bit_sets, text_lists_or_none
from shared.engine.compiled import compiled
from shared.engine.part import Arrays, Part, Saying


def _read(members: Members) -> Arrays:
    return tuple(bit_sets([words or [] for words in members.read("interests", text_lists_or_none)]))


@compiled
def _bits(word: int) -> int:
    """How many bits of a 64-bit word are set."""
    count = 0
    left = np.uint64(word)
    while left:
        left &= left - np.uint64(1)
        count += 1
    return count


@compiled
def _jaccard(
    interests: npt.NDArray[np.uint64],
    low: npt.NDArray[np.int32],
    high: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
) -> None:
    """0 to 1: common interests among all that either has."""
    for pair in range(len(low)):
        i, j = low[pair], high[pair]
        common = 0
        either = 0
        mine = 0
        theirs = 0
        for word in range(interests.shape[1]):
            a, b = interests[i, word], interests[j, word]
            common += _bits(a & b)
            either += _bits(a | b)
            mine += _bits(a)
            theirs += _bits(b)
        # A member without interests is not the opposite of another one: the part is absent.
        if mine and theirs:
            values[pair] = common / either


PART = Part(
    name="interests",
    switch=None,
    shares={"professional": 0.25},
    mean=0.1336,
    deviation=0.1174,
    columns={"interests": lambda: [["chess"]]},
    read=_read,
    formula=_jaccard,
    population=population.interests,
    sayings={"professional": Saying("common_interests", "different_interests")},
)
