"""Whether two members work in, or would like to meet, each other's industry, in professional mode."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.engine import population
from shared.engine.columns import Members, bit_sets, each_once, text_lists_or_none, texts_or_none
from shared.engine.compiled import compiled
from shared.engine.part import Arrays, Part, Saying


def _read(members: Members) -> Arrays:
    """As the same bits: the member's own industry, at most one, and those they would like to meet."""
    own = each_once(members.read("industry", texts_or_none), lambda word: [word] if word else [])
    wanted = [words or [] for words in members.read("wantedIndustries", text_lists_or_none)]
    return tuple(bit_sets(own, wanted))


@compiled
def _suits(
    industry: npt.NDArray[np.uint64],
    wanted: npt.NDArray[np.uint64],
    low: npt.NDArray[np.int32],
    high: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
) -> None:
    """0 to 1: half for each side whose industry the other shares or would like to meet."""
    for pair in range(len(low)):
        i, j = low[pair], high[pair]
        known_i = False
        known_j = False
        suits_i = False
        suits_j = False
        for word in range(industry.shape[1]):
            a, b = industry[i, word], industry[j, word]
            known_i = known_i or a != 0
            known_j = known_j or b != 0
            suits_i = suits_i or (a | wanted[i, word]) & b != 0
            suits_j = suits_j or (b | wanted[j, word]) & a != 0
        if known_i and known_j:
            values[pair] = 0.5 * suits_i + 0.5 * suits_j


PART = Part(
    name="industry",
    switch=None,
    shares={"professional": 0.15},
    mean=0.3006,
    deviation=0.3806,
    columns={"industry": lambda: ["design"], "wantedIndustries": lambda: [["law"]]},
    read=_read,
    formula=_suits,
    population=population.industries,
    sayings={"professional": Saying("related_work", "different_work")},
)
