"""The engine against double loops: `python -m scripts.tools.bench.double_loop_run POOL.json MEMBERS`.

Every pair of the pool is asked in a compiled double loop that skips nothing, and `MEMBERS` members, drawn
by a seed, get their candidate lists from the plain loop of `people`: who, in which order, with which score.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.tools.bench.apart import tell
from scripts.tools.bench.people import candidates, people_of
from scripts.tools.bench.pools import NOW, SEED
from shared.engine import Pool
from shared.engine.compiled import compiled
from shared.engine.filters.eligibility import Pairs, eligible_pairs
from shared.engine.filters.filters import PASSED, Members, Positions, first_failed, members_of
from shared.engine.pool.pool import Real, Whole
from shared.engine.scoring.scores import pair_scores

_TOLERANCE = 1e-9
"""Two sums of the same terms in another order differ by less."""


def measure(path: Path, members: int) -> dict[str, Any]:
    """How many pairs and lists differ, and what the loops took."""
    answer = json.loads(path.read_bytes())
    pool = Pool.parse(answer)
    everybody = len(pool)
    pairs = eligible_pairs(pool, NOW, np.ones(everybody, dtype=np.bool_))
    totals = pair_scores(pool, pairs).z

    rows, met = members_of(pool, NOW)
    wrong_pairs(rows[:0].view(np.recarray), met, pairs.start, pairs.high)
    began = time.process_time()
    wrong = wrong_pairs(rows, met, pairs.start, pairs.high)
    compiled_seconds = time.process_time() - began

    people = people_of(answer, pool, NOW)
    chosen = np.sort(np.random.default_rng(SEED).permutation(everybody)[:members]).tolist()
    began = time.process_time()
    lists = [sorted(candidates(people, at), key=lambda pair: (-pair[1], pair[0])) for at in chosen]
    plain_seconds = time.process_time() - began
    every = everybody * (everybody - 1) // 2
    asked = len(chosen) * (everybody - 1)
    return {
        "wrong_pairs": wrong,
        "compiled_seconds": compiled_seconds,
        "wrong_lists": sum(
            not _equal(found, *_ranked(pairs, totals, at)) for at, found in zip(chosen, lists, strict=True)
        ),
        "lists": len(lists),
        "listed": sum(map(len, lists)),
        "asked": asked,
        "plain_seconds": plain_seconds,
        "plain_seconds_of_all": plain_seconds * every / asked if asked else 0.0,
    }


def _ranked(pairs: Pairs, totals: Real, member: int) -> tuple[Positions, Real]:
    """The engine's candidates of one member and their totals, best first, equal ones by position."""
    above = slice(int(pairs.start[member]), int(pairs.start[member + 1]))
    below = np.flatnonzero(pairs.high == member)
    lower = np.searchsorted(pairs.start, below, side="right") - 1
    others = np.concatenate([lower.astype(np.int32), pairs.high[above]])
    z = np.concatenate([totals[below], totals[above]])
    order = np.lexsort((others, -z))
    return others[order], z[order]


def _equal(found: list[tuple[int, float]], others: Positions, z: Real) -> bool:
    """The same candidates with the same totals, in the same order unless rounding alone decides it."""
    plain = np.array([total for _, total in found])
    if len(found) != len(others) or not np.allclose(plain, z, rtol=0.0, atol=_TOLERANCE):
        return False
    swapped = [at for at, (other, _) in enumerate(found) if other != others[at]]
    by_other = dict(found)
    return {at for at, _ in found} == set(others.tolist()) and all(
        abs(by_other[int(others[at])] - plain[at]) < _TOLERANCE for at in swapped
    )


@compiled
def wrong_pairs(members: Members, met: Positions, start: Whole, high: npt.NDArray[np.int32]) -> int:
    """Pairs that pass all rules and are not among the given, or the other way round."""
    wrong = 0
    for one in range(len(members)):
        at, stop = start[one], start[one + 1]
        for other in range(one + 1, len(members)):
            there = at < stop and high[at] == other
            if there:
                at += 1
            if (first_failed(members[one], members[other], met) == PASSED) != there:
                wrong += 1
        wrong += stop - at
    return wrong


if __name__ == "__main__":
    tell(measure(Path(sys.argv[1]), int(sys.argv[2])))
