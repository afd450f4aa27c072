"""Whether two members have the job level and company size that the other would like to meet. It is silent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.engine import population
from shared.engine.columns import Members, word_bits
from shared.engine.compiled import compiled
from shared.engine.part import Arrays, Part

LEVELS = ("intern", "junior", "mid", "senior", "lead", "director", "executive", "founder")
"""`public.job_level` in the database."""
SIZES = ("1", "2-10", "11-50", "51-250", "251-1000", "1001-10000", "10001+")
"""`public.company_size` in the database."""


def _own(name: str, entries: Sequence[Any], known: Sequence[str]) -> npt.NDArray[np.uint64]:
    """One bit each, none for null."""
    return word_bits(name, [[] if word is None else [word] for word in entries], known)


def _wanted(name: str, entries: Sequence[Any], known: Sequence[str]) -> npt.NDArray[np.uint64]:
    """A bit for each word, none for null."""
    return word_bits(name, [[] if words is None else words for words in entries], known)


def _read(members: Members) -> Arrays:
    """Own level and the wanted ones as the same bits, then sizes likewise."""
    return (
        members.read("jobLevel", _own, LEVELS),
        members.read("wantedLevels", _wanted, LEVELS),
        members.read("companySize", _own, SIZES),
        members.read("wantedSizes", _wanted, SIZES),
    )


@compiled
def _met(
    level: npt.NDArray[np.uint64],
    wanted_levels: npt.NDArray[np.uint64],
    size: npt.NDArray[np.uint64],
    wanted_sizes: npt.NDArray[np.uint64],
    low: npt.NDArray[np.int32],
    high: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
) -> None:
    """0 to 1: of both sides' wishes about what the other told, the share that the other meets."""
    for pair in range(len(low)):
        i, j = low[pair], high[pair]
        asked = 0
        met = 0
        for side in range(2):
            a, b = (i, j) if side == 0 else (j, i)
            if wanted_levels[a] and level[b]:
                asked += 1
                met += wanted_levels[a] & level[b] != 0
            if wanted_sizes[a] and size[b]:
                asked += 1
                met += wanted_sizes[a] & size[b] != 0
        if asked:
            values[pair] = met / asked


PART = Part(
    name="position",
    switch=None,
    shares={"professional": 0.10},
    mean=0.3906,
    deviation=0.2974,
    columns={
        "jobLevel": lambda: ["senior", "founder"],
        "wantedLevels": lambda: [["founder"], ["senior", "mid"]],
        "companySize": lambda: ["2-10", "1"],
        "wantedSizes": lambda: [["1"], ["2-10", "11-50"]],
    },
    read=_read,
    formula=_met,
    population=population.positions,
)
