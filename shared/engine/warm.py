"""`python -m shared.engine.warm` compiles everything the engine will need, before anybody waits for it.

Each piece runs in a process of its own, as many at a time as there are cores, over a handful of drawn
members. Later processes read the machine code from disk.
"""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from shared import engine_cache
from shared.engine.compiled import cores
from shared.engine.pool.pool import COLUMNS, Pool

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def _charts() -> None:
    from shared.engine import reference_charts
    from shared.engine.features.certainty import pair_instants
    from shared.engine.features.chart_features import ChartFeatures
    from shared.engine.scoring.parts import PARTS

    features = ChartFeatures.parse([*reference_charts.examples(), None])
    low, high = np.array([0, 0, 1]), np.array([1, 2, 2])
    for part in PARTS:
        if part.readings is not None:
            part.formula(features, low.astype(np.int32), high.astype(np.int32), np.empty(3))
            part.readings(pair_instants(features, low, high), 0.0, 0.0, 0.5)


def _filters() -> None:
    from shared.engine.filters.eligibility import candidates_of, eligible_pairs
    from shared.engine.filters.fits import enough
    from shared.engine.filters.funnel import funnel

    pool = _pool()
    eligible_pairs(pool, NOW, np.ones(len(pool), dtype=np.bool_))
    candidates_of(pool, NOW, 0)
    funnel(pool, NOW)
    enough(pool, NOW, 1)


def _scores() -> None:
    from shared.engine.filters.eligibility import Pairs
    from shared.engine.runs.acceptance import acceptance
    from shared.engine.runs.facts import facts_of
    from shared.engine.scoring.scores import pair_scores

    pool = _pool()
    everybody = len(pool)
    start = np.full(everybody + 1, everybody - 1, dtype=np.int64)
    start[0] = 0
    scores = pair_scores(pool, Pairs(start, np.arange(1, everybody, dtype=np.int32)))
    acceptance(scores.z, scores.known)
    facts_of(pool, np.zeros(everybody - 1, dtype=np.int64), np.arange(1, everybody))


def _night() -> None:
    from shared.engine.runs.lists import lists_of
    from shared.engine.runs.night import night
    from shared.engine.runs.run_settings import Rules

    pool = _pool()
    found = night(pool, Rules(0.0), NOW).found
    lists_of(pool, found, np.arange(len(pool)))


def _market() -> None:
    from shared.engine import market

    low, high = (at.astype(np.int32) for at in np.triu_indices(12, 1))
    chances = ((1 + (low * 7 + high * 3) % 11) / 12).astype(np.float64)
    stall = market.market_of_pairs(low, high, chances, chances, np.full(12, 2))
    found = market.propose(stall)
    market.fairness(stall, found.chosen)
    market.fairness(stall, market.without_prices(stall))
    market.place(chances[:5], chances[:5], np.ones(5), np.full(5, 2), 2, found.prices.scale)


def _pool() -> Pool:
    """Members of every kind, all of whom may meet."""
    from shared.engine.scoring.parts import PARTS

    signals = {name: examples() for part in PARTS for name, examples in part.columns.items()}
    rows = []
    for at in range(4):
        row: dict[str, object] = dict.fromkeys(COLUMNS)
        row |= {"id": f"00000000-0000-4000-8000-{at:012d}", "revision": 1, "birthDate": "1990-05-17"}
        row |= {"gender": "female", "mode": "professional" if at % 2 else "both", "minAge": 18, "maxAge": 99}
        row |= {name: [] for name in ("preferredGenders", "languagePref", "traits", "dealBreakers")}
        row |= {"languages": ["en"], "tz": "Etc/UTC", "avoidsColleagues": True, "avoidsCompetitors": True}
        row |= {name: values[at % len(values)] for name, values in signals.items()}
        row |= {"capacity": 2, "waitingSince": 0, "distanceKm": 100, "stands": True, "number": at}
        rows.append([row[name] for name in COLUMNS])
    return Pool.parse({"members": {"columns": list(COLUMNS), "rows": rows}, "excluded": [[0, 1]]})


PIECES: dict[str, Callable[[], None]] = {
    "market": _market,
    "charts": _charts,
    "filters": _filters,
    "scores": _scores,
    "night": _night,
}
STAGES = (("market", "charts"), ("filters", "scores"), ("night",))
"""What a stage calls of those before it is then compiled already."""


def main(arguments: list[str]) -> None:
    """Compile the pieces named, or all of them, each in a process of its own."""
    if arguments:
        for piece in arguments:
            PIECES[piece]()
        return

    def compile_piece(piece: str) -> None:
        subprocess.run([sys.executable, "-P", "-m", "shared.engine.warm", piece], check=True)

    began = time.monotonic()
    with ThreadPoolExecutor(cores()) as at_once:
        for stage in STAGES:
            list(at_once.map(compile_piece, stage))
    kept = engine_cache.folder()
    (kept / "complete").touch()
    engine_cache.remove_stale(kept)
    print(f"compiled in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
