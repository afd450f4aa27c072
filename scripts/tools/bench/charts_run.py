"""Computes charts in a process of its own: `python -m scripts.tools.bench.charts_run`."""

from __future__ import annotations

import time
from typing import Any

from scripts.tools.bench import pools
from scripts.tools.bench.apart import tell
from shared.engine.charts import Birth, compute

KINDS = ("exact", "uncertain")
_RUNS, _ALONE = 7, 50


def measure() -> dict[str, Any]:
    """Seconds of each run over as many births of either kind as the worker computes at once."""
    community = pools.drawn(4 * pools.CHARTS_AT_ONCE)
    births = pools.births(community, range(len(community)))
    found: dict[str, Any] = {"count": pools.CHARTS_AT_ONCE}
    compute(births[:100])
    for kind in KINDS:
        some = [birth for birth in births if (birth.accuracy == "exact") == (kind == "exact")]
        some = some[: pools.CHARTS_AT_ONCE]
        found[kind] = [_seconds(some) for _ in range(_RUNS)]
        found[f"one {kind}"] = [_seconds([birth]) for birth in some[:_ALONE]]
    began = time.perf_counter()
    told = births[: pools.CHARTS_AT_ONCE]
    for chart in compute(told):
        chart.radix_json()
        chart.design_json()
        chart.packed()
    return found | {"told": len(told) / (time.perf_counter() - began)}


def _seconds(births: list[Birth]) -> float:
    began = time.perf_counter()
    for chart in compute(births):
        chart.packed()
    return time.perf_counter() - began


if __name__ == "__main__":
    tell(measure())
