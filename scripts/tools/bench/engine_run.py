"""Ranks one pool in a process of its own: `python -m scripts.tools.bench.engine_run POOL.json RUNS`."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from scripts.tools.bench import floor
from scripts.tools.bench.apart import peak_bytes, tell
from scripts.tools.bench.pools import NOW
from shared.engine import Pool, Ranking, Rules, market
from shared.engine.runs.lists import lists_of
from shared.engine.runs.night import night
from shared.engine.runs.ranking import stall_of
from shared.engine.runs.scored import score_pairs
from shared.engine.runs.statement import state

STEPS = ("pairs", "market", "statement", "explain", "lists")
MATCHING = STEPS[:2]
"""The steps that a target is about. Filters and scores are the first of them; prices, shortlist and
allocation the second."""
_FIRST = 200
"""Members of the run before the first one measured, which reads the machine code."""


class _Clock:
    """Wall seconds, processor seconds and the peak of memory at each step."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self.peak: dict[str, int] = {}
        self._last = time.perf_counter(), time.process_time()

    def step(self, name: str) -> None:
        now = time.perf_counter(), time.process_time()
        self.wall[name], self.cpu[name] = (new - old for new, old in zip(now, self._last, strict=True))
        self.peak[name] = peak_bytes()
        self._last = now


def _ranked(pool: Pool) -> tuple[Ranking, _Clock]:
    clock = _Clock()
    found = night(pool, Rules(), NOW, clock.step)
    ranking = found.ranking
    lists_of(pool, found.found, np.arange(len(pool)))
    clock.step("lists")
    return ranking, clock


def measure(path: Path, runs: int) -> dict[str, Any]:
    """Rank the pool in a file `runs` times, as the worker does: the answer stays in memory meanwhile."""
    answer = json.loads(path.read_bytes())
    head = answer["members"]
    _ranked(Pool.parse({"members": {**head, "rows": head["rows"][:_FIRST]}, "excluded": []}))
    clock = _Clock()
    pool = Pool.parse(answer)
    clock.step("parse")
    clocks, digests = [], set()
    for _ in range(runs):
        ranking, each = _ranked(pool)
        clocks.append(each)
        if runs > 1:
            digests.add(ranking.digest())
    found = {
        "members": len(pool),
        "read": clock.wall["parse"],
        "wall": [each.wall for each in clocks],
        "cpu": [each.cpu for each in clocks],
        "peak": clocks[0].peak | {"loading": clock.peak["parse"]},
        "outcomes": len(digests),
        "statement": asdict(ranking.statement),
    }
    return found | _against(pool, ranking)


def _against(pool: Pool, ranking: Ranking) -> dict[str, Any]:
    """What the run is held against: the next run's market, the floor, and each group without prices."""
    scored = score_pairs(pool, Rules(), NOW, lambda _step: None)
    clock = _Clock()
    stall = stall_of(pool, scored)
    market.propose(stall, start=ranking.prices)
    clock.step("market")
    plain = market.without_prices(stall)
    return {
        "warm_market": clock.wall["market"],
        "floor": floor.of(pool, scored, ranking.statement.market_iterations),
        "groups_before": [asdict(group) for group in state(pool, NOW, scored, stall, plain, 0).groups],
    }


if __name__ == "__main__":
    tell(measure(Path(sys.argv[1]), int(sys.argv[2])))
