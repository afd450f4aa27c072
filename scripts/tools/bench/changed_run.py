"""One changed member at a time: `python -m scripts.tools.bench.changed_run POOL.json MEMBERS`."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from scripts.tools.bench.apart import tell
from scripts.tools.bench.pools import NOW, SEED
from shared.engine import Pool, Rules, market
from shared.engine.runs.incremental import update
from shared.engine.runs.ranking import stall_of
from shared.engine.runs.scored import score_pairs


def measure(path: Path, members: int) -> dict[str, Any]:
    """Milliseconds that each of so many drawn members takes, after a full run; how many it would propose."""
    pool, rules = Pool.parse(json.loads(path.read_bytes())), Rules()
    stall = stall_of(pool, score_pairs(pool, rules, NOW, lambda _step: None))
    prices = market.propose(stall).prices
    pool = replace(pool, prices=prices.values)
    drawn = np.random.default_rng(SEED).permutation(len(pool))[:members].tolist()
    update(pool, rules, NOW, drawn[0], prices.scale)
    took, proposed = [], 0
    for member in drawn:
        began = time.perf_counter()
        found = update(pool, rules, NOW, member, prices.scale)
        took.append((time.perf_counter() - began) * 1000)
        proposed += len(found.proposed)
    return {"members": len(pool), "milliseconds": took, "proposed": proposed}


if __name__ == "__main__":
    tell(measure(Path(sys.argv[1]), int(sys.argv[2])))
