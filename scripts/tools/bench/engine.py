"""The engine over whole communities of growing size: what each step takes, and against what."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.tools.bench import pools
from scripts.tools.bench.apart import apart
from scripts.tools.bench.engine_run import MATCHING, STEPS
from scripts.tools.bench.figures import Figure, Figures

SIZES = (1_000, 10_000, 50_000, 100_000)
CHANGING = 10_000
"""The size at which one member changes."""
WHOLE = " + ".join(MATCHING)

_COPIES = 10
"""Of the community of 10,000, as dense as a city ten times as large."""
_WORLD = 100
"""Copies of it that stand apart, and how many members a region may have."""
_MOST_IN_REGION = 100_000
_WORLD_SECONDS, _WORLD_MEMORY = 600.0, 8_000.0

_RUNS = {1_000: 15, 10_000: 7}
"""How often smaller pools are ranked; larger ones once."""
_MOST_SECONDS = {10_000: 0.25, 100_000: 20.0}
_MOST_MEMORY = {100_000: 2_000.0}
"""Megabytes."""
_CHANGED = 1000
_MOST_MILLISECONDS = 10.0

Curves = dict[str, dict[int, float]]
"""Seconds by step, by size."""


def draw_pools(folder: Path, sizes: Sequence[int]) -> dict[int, Path]:
    """Files with the pools of these sizes, parts of one community."""
    community = pools.drawn(max(sizes))
    largest = pools.answer_of(community, max(sizes))
    files = {}
    for size in sizes:
        files[size] = folder / f"pool-{size}.json"
        pools.write(largest if size == max(sizes) else pools.cut(largest, community, size), files[size])
    return files


def measure(figures: Figures, files: dict[int, Path]) -> Curves:
    """Rank each pool; the curves are medians."""
    curves: Curves = {step: {} for step in (*STEPS, WHOLE)}
    for size, file in files.items():
        with figures.part(f"The engine, {size:,} members"):
            found = apart("engine_run", file, _RUNS.get(size, 1))
            for step, seconds in tell(figures, found, size).items():
                curves[step][size] = seconds
        if size == CHANGING:
            change(figures, file)
    return curves


def copied(figures: Figures, file: Path) -> None:
    """The same community many times over in one place."""
    with figures.part(f"The engine, {_COPIES} times {CHANGING:,} members"):
        many = file.with_name("copied.json")
        pools.write(pools.copied(json.loads(file.read_bytes()), _COPIES), many)
        tell(figures, apart("engine_run", many, 1), CHANGING * _COPIES)
        many.unlink()


def world(figures: Figures, file: Path) -> None:
    """The same community many times over in places of its own, one region after the other."""
    with figures.part(f"Regions, {_WORLD} times {CHANGING:,} members"):
        found = apart("regions_run", file, _WORLD, _MOST_IN_REGION)
        figures.add(
            Figure("pairs, market, statement, explain, lists", found["wall"], "s", target=_WORLD_SECONDS)
        )
        figures.add(Figure("the same, processor", found["cpu"], "s"))
        figures.add(Figure("read the pools", found["reading"], "s"))
        figures.add(Figure("most memory", found["peak"] / 1e6, "MB", target=_WORLD_MEMORY))
        figures.add(Figure("regions", found["regions"], ""))
        figures.add(Figure("largest region", found["largest"], "members"))
        several = 100 * found["in_several"] / found["members"]
        figures.add(Figure("members in several regions", several, "%"))
        figures.add(Figure("proposals", found["proposed"], "pairs", better="higher"))
        figures.add(Figure("entries on lists", found["listed"], "", better="higher"))


def tell(figures: Figures, found: dict[str, Any], size: int = 0) -> dict[str, float]:
    """What `engine_run` measured of one pool; seconds by step, the median of all runs."""
    runs = found["wall"]
    for run in runs:
        run[WHOLE] = sum(run[step] for step in MATCHING)
    usual = {step: statistics.median(run[step] for run in runs) for step in runs[0]}
    many = f", median of {len(runs)}" if len(runs) > 1 else ""
    for step, seconds in usual.items():
        target = _MOST_SECONDS.get(size) if step == WHOLE else None
        figures.add(Figure(f"{step}{many}", seconds, "s", target=target))
        if many:
            best = Figure(f"{step}, best", min(run[step] for run in runs), "s")
            (figures.add if step == WHOLE else figures.keep)(best)
    least = found["floor"]
    figures.add(Figure(f"{WHOLE}, processor", _least_busy(found), "s", baseline=least["seconds"]))
    for what in ("bytes", "sums"):
        figures.keep(Figure(f"{what} of the floor", least[what] / 1e9, "billion"))
        rate = least[f"{what}_per_second"] / 1e9
        figures.keep(Figure(f"{what} a core can do", rate, "billion/s", better="higher"))
    figures.add(Figure("market from the prices of a run before", found["warm_market"], "s"))
    figures.add(Figure("read the pool from the database's answer", found["read"], "s"))
    limit = _MOST_MEMORY.get(size)
    for when, step in (
        ("after loading", "loading"),
        ("to the end of the market", "market"),
        ("in all", "lists"),
    ):
        peak = found["peak"][step] / 1e6
        figures.add(Figure(f"most memory {when}", peak, "MB", target=limit))
    _tell_outcome(figures, found["statement"])
    if many:
        figures.add(Figure(f"different outcomes of {len(runs)} runs", found["outcomes"], "", target=1))
    return usual


def _least_busy(found: dict[str, Any]) -> float:
    """Processor seconds of the matching, the best of all runs."""
    least: float = min(sum(run[step] for step in MATCHING) for run in found["cpu"])
    return least


def _tell_outcome(figures: Figures, did: dict[str, Any]) -> None:
    before, after = did["before"], did["after"]
    served = 100 * did["members_with_proposal"]
    for name, value, unit in (
        ("eligible pairs", did["eligible_pairs"], "pairs"),
        ("eligible pairs, of all", 100 * did["eligible_share"], "%"),
        ("proposals", did["proposed"], "pairs"),
        ("members with a proposal", served / max(1, did["members_with_room"]), "%"),
        ("expected matches, greedy", before["expected_matches"], "each"),
        ("expected matches, ours", after["expected_matches"], "each"),
    ):
        figures.add(Figure(name, value, unit, better="higher"))
    reachable = max(1, after["members_with_candidates"])
    for who, count in (("greedy", before["members_with_proposal"]), ("ours", after["members_with_proposal"])):
        share = 100 * count / reachable
        figures.add(Figure(f"served of those who can be, {who}", share, "%", better="higher"))
    figures.add(Figure("Gini of proposals, greedy", before["gini"], ""))
    figures.add(Figure("Gini of proposals, ours", after["gini"], ""))


def change(figures: Figures, file: Path) -> None:
    """One changed member at a time."""
    with figures.part(f"One changed member among {CHANGING:,}"):
        took = apart("changed_run", file, _CHANGED)["milliseconds"]
        for name, value in (
            ("median", statistics.median(took)),
            ("p99", statistics.quantiles(took, n=100)[98]),
        ):
            figures.add(Figure(f"{name} of {len(took):,}", value, "ms", target=_MOST_MILLISECONDS))
