"""Charts as the objects that `scripts/chart` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scripts.tools.chart.asked import Moment
from shared.engine.charts import sky
from shared.engine.charts.birth import Moments
from shared.engine.charts.chart import at_moments, of_moments
from shared.engine.charts.telling import designs, radixes

_DECIMALS = 2  # of the longitudes of an uncertain birth


def printed(moments: Sequence[Moment]) -> list[dict[str, Any]]:
    """One object per moment, or birth that may have had several, in their order."""
    certain = iter(exact([moment for moment in moments if not isinstance(moment.at, Moments)]))
    doubted = iter(_uncertain([moment for moment in moments if isinstance(moment.at, Moments)]))
    return [next(doubted if isinstance(moment.at, Moments) else certain) for moment in moments]


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


def _uncertain(asked: Sequence[Moment]) -> list[dict[str, Any]]:
    """The charts of births that may have had several moments: the same keys, and what is certain of each.

    Longitudes are those of the middle moment, so that more decimals would tell nothing.
    """
    charts = of_moments(
        [moment.at for moment in asked if isinstance(moment.at, Moments)],
        np.array([moment.lat for moment in asked], dtype=np.float64),
        np.array([moment.lon for moment in asked], dtype=np.float64),
    )
    told = []
    for moment, chart in zip(asked, charts, strict=True):
        radix, design = chart.radix_json(), chart.design_json()
        one = {key: radix[key] for key in ("utc", "utc_until", "longitudes") if key in radix} | design
        for key in ("longitudes", "design_longitudes"):
            one[key] = {name: round(value, _DECIMALS) % 360.0 for name, value in one[key].items()}
        one["certainty"] = {"signs": radix["certainty"], **design["certainty"]}
        one["uncertain"] = [*(f"sign of {name}" for name in radix["uncertain"]), *design["uncertain"]]
        told.append({**moment.named, **one})
    return told


def _mean_nodes(seconds: list[float]) -> list[float]:
    found: list[float] = sky.mean_nodes(sky.days(np.array(seconds))).round(6).tolist()
    return found
