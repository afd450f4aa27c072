"""Runs a world in regions in a process of its own: `python -m … POOL.json COPIES MOST`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from scripts.tools.bench.apart import peak_bytes, tell
from scripts.tools.bench.pools import NOW
from scripts.tools.bench.world import World
from shared.engine import Pool, Rules
from shared.engine.runs.lists import lists_of
from shared.engine.runs.regions import cut, visits

_OWNERS = 10_000
"""Members whose lists are made at once."""


def measure(path: Path, copies: int, most: int) -> dict[str, Any]:
    """The engine's seconds apart from those of reading rows, which a database would send."""
    world = World(json.loads(path.read_bytes())["members"]["rows"], copies)
    reading = [0.0, 0.0]

    def load(numbers: Any) -> tuple[Pool, Any]:
        began = time.perf_counter(), time.process_time()
        loaded = world.load(numbers)
        reading[0] += time.perf_counter() - began[0]
        reading[1] += time.process_time() - began[1]
        return loaded

    began = time.perf_counter(), time.process_time()
    regions = cut(world.latitudes, world.longitudes, world.reaches, most)
    stands = np.bincount(np.concatenate([part for region in regions for part in region]))
    listed = proposed = pairs = 0
    for visit in visits(regions, load, Rules(), NOW):
        own = np.flatnonzero(np.isin(visit.numbers, visit.region.own))
        for first in range(0, len(own), _OWNERS):
            listed += len(lists_of(visit.pool, visit.night.found, own[first : first + _OWNERS]).other)
        proposed += len(visit.night.ranking.proposals)
        pairs += len(visit.night.above.pairs)
        took = time.perf_counter() - began[0]
        print(f"{len(visit.numbers)} members, {took:.0f} s", file=sys.stderr, flush=True)
    return {
        "members": len(stands),
        "regions": len(regions),
        "largest": max(len(region.own) + len(region.guests) for region in regions),
        "in_several": int((stands > 1).sum()),
        "wall": time.perf_counter() - began[0] - reading[0],
        "cpu": time.process_time() - began[1] - reading[1],
        "reading": reading[0],
        "reading_cpu": reading[1],
        "peak": peak_bytes(),
        "listed": listed,
        "proposed": proposed,
        "pairs": pairs,
    }


if __name__ == "__main__":
    tell(measure(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
