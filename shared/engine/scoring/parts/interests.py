"""How much two members' interests overlap, where a rare interest counts more than a common one."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from shared.engine import population
from shared.engine.columns import Members, weighted_bits, word_weights
from shared.engine.compiled import compiled
from shared.engine.part import MODES, Arrays, Part, Saying, personal

STEPS = population.INTEREST_STEPS
"""Weights go from 1 to this."""


def _read(members: Members) -> Arrays:
    return weighted_bits(members.read("interests", word_weights, STEPS), STEPS)


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
def _overlap(
    bits: npt.NDArray[np.uint64],
    totals: npt.NDArray[np.int64],
    low: npt.NDArray[np.int32],
    high: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
) -> None:
    """0 to 1: the square root of the weight of common interests among the weight of all that either has.

    The root makes the first common interest count more than the fifth. Without it a few pairs with much in
    common would outweigh all other parts.
    """
    width = bits.shape[1] // STEPS
    for pair in range(len(low)):
        i, j = low[pair], high[pair]
        # A member without interests is not the opposite of another one: the part is absent.
        if totals[i] and totals[j]:
            common = 0
            for word in range(width):
                # The first step holds what all others hold.
                if bits[i, word] & bits[j, word]:
                    for step in range(word, bits.shape[1], width):
                        common += _bits(bits[i, step] & bits[j, step])
            values[pair] = math.sqrt(common / (totals[i] + totals[j] - common)) if common else 0.0


PART = Part(
    name="interests",
    switch=None,
    # A tenth of the whole, beside six parts whose shares add up to 1: hardly more than one chart has.
    # Interests give two members something to do. Values and communication say more of how they get on.
    shares={**personal(0.10 / 0.85), "professional": 0.25},
    mean=0.0997,
    deviation=0.1146,
    columns={"interests": lambda: [{"chess": 1, "opera": STEPS}]},
    read=_read,
    formula=_overlap,
    population=population.interests,
    sayings=dict.fromkeys(MODES, Saying("common_interests", "different_interests")),
)
