"""What a chart depends on besides the birth: a change of any of it makes stored charts old."""

from __future__ import annotations

import json
from hashlib import sha256

from shared.engine.charts import packing, sky, zones
from shared.engine.charts.birth import INSTANTS, MARGIN
from shared.engine.charts.human_design import CHANNELS, GATE_CENTER, WHEEL, WHEEL_START

FORMULAS = 2  # one more whenever a formula or the packing changes; a test holds charts of this number


def chart_version() -> str:
    """Twelve hexadecimal digits of a hash over formulas, tables, ephemeris and zone data."""
    parts = {
        "formulas": FORMULAS,
        "ephemeris": sky.source(),
        "zones": zones.release(),
        "instants": INSTANTS,
        "margin": MARGIN,
        "nodes": packing.NODES,
        "design_arc": sky.DESIGN_ARC,
        "wheel": [WHEEL_START, *WHEEL],
        "channels": CHANNELS,
        "centers": sorted(GATE_CENTER.items()),
    }
    return sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()[:12]
