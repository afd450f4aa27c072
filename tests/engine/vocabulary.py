"""Every list of labels that can be told, built from the vocabulary alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from shared.engine.labels import OPEN, SAYINGS

MODES = tuple(SAYINGS)
MOST_STRENGTHS = 3


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
