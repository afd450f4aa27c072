"""Charts per second: births with a known time, and births with an uncertain one."""

from __future__ import annotations

import statistics

from scripts.tools.bench.apart import apart
from scripts.tools.bench.charts_run import KINDS
from scripts.tools.bench.figures import Figure, Figures


def measure(figures: Figures) -> None:
    """As many at once as the worker computes, one alone, and with what their owners read."""
    with figures.part("Charts"):
        found = apart("charts_run")
        for kind in KINDS:
            took = found[kind]
            for name, seconds in (("median", statistics.median(took)), ("best", min(took))):
                rate = found["count"] / seconds
                figures.add(Figure(f"{kind} time, {name} of {len(took)}", rate, "a second", better="higher"))
            alone = statistics.median(found[f"one {kind}"])
            figures.add(Figure(f"{kind} time, one alone", alone * 1000, "ms"))
        figures.add(Figure("all kinds, told to their owners", found["told"], "a second", better="higher"))
