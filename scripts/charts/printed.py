"""Charts as the objects that `scripts/chart` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scripts.charts.asked import Moment
from shared.engine.charts import batch
from shared.engine.charts.birth import Moments
from shared.engine.charts.chart import at_moments, of_moments
from shared.engine.charts.telling import designs, radixes


def exact(moments: Sequence[Moment]) -> list[dict[str, Any]]:
    """One object per moment: what it is called, `longitudes`, then the keys of the Human Design chart."""
    charts = at_moments(
        np.array([moment.at for moment in moments], dtype=np.float64),
        np.array([moment.lat for moment in moments], dtype=np.float64),
        np.array([moment.lon for moment in moments], dtype=np.float64),
    )
    packed = [chart.numbers for chart in charts]
    starts, before = [chart.start for chart in charts], [chart.design_start for chart in charts]
    told = []
    for moment, radix, design, node, node_before in zip(
        moments,
        radixes(starts, packed),
        designs(before, packed),
        _mean_nodes(starts),
        _mean_nodes(before),
        strict=True,
    ):
        radix["longitudes"]["MeanNode"] = node
        design["design_longitudes"]["MeanNode"] = node_before
        told.append({**moment.named, "longitudes": radix["longitudes"], **design})
    return told


def uncertain(moments: Moments, lat: float, lon: float) -> dict[str, Any]:
    """The chart of a birth that may have had several moments: the same keys, with what is certain of each."""
    (chart,) = of_moments([moments], np.array([lat]), np.array([lon]))
    radix, design = chart.radix_json(), chart.design_json()
    told = {key: radix[key] for key in ("utc", "utc_until", "longitudes") if key in radix} | design
    told["certainty"] = {"signs": radix["certainty"], **design["certainty"]}
    told["uncertain"] = [*(f"sign of {name}" for name in radix["uncertain"]), *design["uncertain"]]
    return told


def _mean_nodes(seconds: list[float]) -> list[float]:
    found: list[float] = batch.mean_nodes(batch.days(np.array(seconds))).round(6).tolist()
    return found
