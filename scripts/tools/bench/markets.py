"""`scripts/market` on synthetic markets, from file to file, against simple ways to propose and the limit."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from scripts.tools.bench import synthetic
from scripts.tools.bench.figures import Figure, Figures
from scripts.tools.bench.synthetic import Outcome, Synthetic

CAPACITY = 3
COMMON = (0.8, 0.5)
"""How much of everybody's taste is the same."""
SMALL, LARGE = 2_000, 10_000
SEEDS = (1, 2, 3)
_LEAST_MATCHES = {0.8: 1.15}
_MOST_WITHOUT, _MOST_GINI, _MOST_SECONDS = 0.5, 0.05, 15.0


def measure(figures: Figures, folder: Path, *, quick: bool) -> None:
    """Small markets of several seeds, and a large one, of either taste."""
    for common in COMMON:
        _measure(figures, folder, SMALL, common, SEEDS[:1] if quick else SEEDS)
        if not quick:
            _measure(figures, folder, LARGE, common, SEEDS[:1])


def _measure(figures: Figures, folder: Path, per_side: int, common: float, seeds: tuple[int, ...]) -> None:
    with figures.part(f"Market, {per_side:,} a side, {common:g} of the taste in common"):
        did: dict[str, list[Outcome]] = {f"own best {CAPACITY}": [], "greedy": [], "ours": []}
        limits, took = [], []
        for seed in seeds:
            market = synthetic.draw(per_side, common, seed)
            pairs, seconds = _proposed(market, folder)
            did["ours"].append(synthetic.outcome(market, *pairs, CAPACITY))
            took.append(seconds)
            if per_side == SMALL:
                for name, pairs in (
                    (f"own best {CAPACITY}", synthetic.own_best(market, CAPACITY)),
                    ("greedy", synthetic.greedy(market, CAPACITY)),
                ):
                    did[name].append(synthetic.outcome(market, *pairs, CAPACITY))
                limits.append(synthetic.limit(market, CAPACITY))
        for name, outcomes in did.items():
            if outcomes:
                _add(figures, name, outcomes, common)
        if limits:
            shares = [each.expected_matches / most for each, most in zip(did["ours"], limits, strict=True)]
            figures.add(Figure("expected matches, limit of any", min(limits), "each", better="higher"))
            figures.add(Figure("ours, of the limit", 100 * min(shares), "%", better="higher"))
        longest = _MOST_SECONDS if per_side == LARGE else None
        figures.add(Figure("scripts/market, file to file", max(took), "s", target=longest))


def _proposed(market: Synthetic, folder: Path) -> tuple[tuple[synthetic.Whole, synthetic.Whole], float]:
    """What the command proposes, and its seconds from its start to its end."""
    file, out = folder / "market.npz", folder / "proposals.npz"
    market.write(file)
    command = [sys.executable, "-P", "-m", "scripts.tools.market", str(file)]
    command += ["--capacity", str(CAPACITY), "--out", str(out)]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    with np.load(out) as found:
        return (found["i"].astype(np.int64), found["j"].astype(np.int64)), seconds


def _add(figures: Figures, name: str, outcomes: list[Outcome], common: float) -> None:
    """The worst of all seeds."""
    ours = name == "ours"

    def limit(most: float) -> float | None:
        return most if ours else None

    seeds = f", worst of {len(outcomes)}" if len(outcomes) > 1 else ""
    matches = min(each.expected_matches for each in outcomes)
    least = _LEAST_MATCHES.get(common) if ours else None
    figures.add(Figure(f"expected matches, {name}{seeds}", matches, "each", better="higher", target=least))
    for what, value, unit, most in (
        ("without a proposal", 100 * max(each.without_proposal for each in outcomes), "%", _MOST_WITHOUT),
        ("Gini", max(each.gini for each in outcomes), "", _MOST_GINI),
        ("largest load", max(each.largest_load for each in outcomes), "proposals", CAPACITY),
    ):
        figures.add(Figure(f"{what}, {name}{seeds}", value, unit, target=limit(most)))
