"""What explanations are tested with: every list of labels that can be told, and shares of the tests' own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from shared.engine.scoring.labels import OPEN, SAYINGS

MODES = tuple(SAYINGS)
MOST_STRENGTHS = 3

_PERSONAL = {
    "values": 0.25,
    "communication": 0.20,
    "life_goals": 0.15,
    "readiness": 0.20,
    "astro": 0.10,
    "hd": 0.10,
    "interests": 0.0,
    "location": 0.0,
}
SHARES: Mapping[str, Mapping[str, float]] = {
    "romantic": _PERSONAL,
    "friendship": _PERSONAL,
    "professional": {
        "profile": 0.25,
        "interests": 0.20,
        "location": 0.15,
        "industry": 0.15,
        "activity": 0.10,
        "goals": 0.10,
        "position": 0.05,
    },
}
"""What worked examples count with, so that they stay true whatever shares the configuration has."""


def every_list(mode: str) -> Iterator[tuple[str, ...]]:
    """Up to three strengths of different blocks in any order, or the open beginning; then a tension or none.

    A tension never belongs to a block whose strength, or whose fellow's, is named. May repeat itself.
    """
    sayings = SAYINGS[mode].values()
    for count in range(MOST_STRENGTHS + 1):
        for chosen in itertools.permutations(sayings, count):
            praised = {one.strength for one in chosen}
            if len(praised) < count:
                continue
            tensions = [(one.tension,) for one in sayings if one.strength not in praised]
            for named in itertools.product(*((one.strength, *one.families.values()) for one in chosen)):
                for tension in [(), *tensions]:
                    yield (*(named or (OPEN,)), *tension)
