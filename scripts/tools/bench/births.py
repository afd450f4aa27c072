"""From birth data to stored proposals, on a whole stack: charts, then the matcher, by their bells."""

from __future__ import annotations

import time

import httpx
import psycopg

from scripts.stack.home import Trouble
from scripts.stack.ring import ring
from scripts.stack.throwaway import Running
from scripts.tools.bench.figures import Figure, Figures
from scripts.tools.bench.matching import load_sample

SIZE = 500
ROUNDS = 6
"""The first finds a worker that has just started. It has two processes; after some rounds both are warm."""
_WARM = 3
"""The last rounds count as warm."""
_MOST_SECONDS = 3.0


def measure(stack: Running, figures: Figures) -> None:
    """On an empty stack: load births, ring, wipe, and so on."""
    with figures.part(f"{SIZE} members from birth data to stored proposals"):
        rounds = []
        for seed in range(1, ROUNDS + 1):
            load_sample(stack, SIZE, seed=seed)
            rounds.append(_round(stack))
            _wipe(stack)
        cold, warm = rounds[0], min(rounds[-_WARM:], key=sum)
        for job, first, usual in zip(("charts", "matcher"), cold, warm, strict=True):
            figures.add(Figure(f"{job}, a worker just started", first, "s"))
            figures.add(Figure(f"{job}, warm", usual, "s"))
        figures.add(Figure("both, a worker just started", sum(cold), "s"))
        figures.add(Figure(f"both, warm, best of {_WARM}", sum(warm), "s", target=_MOST_SECONDS))


def _round(stack: Running) -> tuple[float, float]:
    """Seconds of the charts job and of the matcher, from bell to answer. Both must find work."""
    began = time.perf_counter()
    charts = _rung(stack, "charts")
    between = time.perf_counter()
    matched = _rung(stack, "matcher")
    ended = time.perf_counter()
    if not charts["stored"] or not matched["proposed"]:
        raise Trouble("The worker stored no charts or no proposals: there is nothing to measure.")
    return between - began, ended - between


def _rung(stack: Running, job: str) -> dict[str, int]:
    answer: httpx.Response = ring(stack.functions_url, stack.keys.bell_key, job)
    found: dict[str, int] = answer.raise_for_status().json()
    return found


def _wipe(stack: Running) -> None:
    """Empty the community, for the next."""
    with psycopg.connect(stack.superuser_url) as database:
        database.execute("truncate auth.users cascade")
