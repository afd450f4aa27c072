"""What it takes to make a run again, and to tell whether it came out the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.engine.pool.pool import Pool
from shared.engine.runs.ranking import Ranking
from shared.engine.runs.run_settings import Rules

_MOVED = 0.02
"""A price that moved by less than this part of itself is as good a start as before."""


def manifest(rules: Rules, input_hash: str, ranking: Ranking) -> dict[str, Any]:
    """The settings as `Rules.parse` reads them, hash of the input, digest of the proposals, and the scale of
    the prices. There is no seed: nothing is drawn."""
    return {
        "settings": {"matchMinScore": rules.match_min_score, "minFit": rules.min_fit},
        "inputHash": input_hash,
        "proposalsDigest": ranking.digest(),
        "marketScale": ranking.scale,
    }


def moved_prices(pool: Pool, ranking: Ranking) -> list[dict[str, Any]]:
    """Members whose price is no longer what the run began with: what the next run begins with."""
    before = pool.prices
    # The database keeps single precision; saying so here keeps "moved" true on both sides.
    after = ranking.prices.astype(np.float32).astype(np.float64)
    moved = np.flatnonzero(np.abs(after - before) > _MOVED * before)
    return [{"id": pool.ids[at], "price": float(after[at])} for at in moved.tolist()]
