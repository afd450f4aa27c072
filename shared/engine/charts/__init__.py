"""Natal and Human Design charts from birth data: pure functions of the birth alone.

    charts = compute([Birth(date(1990, 5, 17), time(14, 30), "exact", 52.52, 13.41, "Europe/Berlin")])
    charts[0].radix_json(), charts[0].design_json()    for their owner
    samples = expand([charts[0].packed()])             for scores

birth         wall time at a place → moments of universal time
zones         the pinned zone data, with the pasts it leaves out; tzif: its file format
sky           apparent longitudes of many moments, and the moments of their design charts, by `skyfield`
angles        ASC and MC; trigonometry: sine, cosine and arctangent, the same on every machine
packing       a chart as whole numbers, and its instants back from them, the same on every machine
human_design  gates, channels, centers, type, authority, profile
telling       exact charts for their owners; doubt: uncertain ones
release       the version that stored charts carry
"""

from shared.engine.charts.birth import Birth, BirthError
from shared.engine.charts.chart import Chart, compute
from shared.engine.charts.packing import Samples, expand, is_exact
from shared.engine.charts.release import chart_version

__all__ = ["Birth", "BirthError", "Chart", "Samples", "chart_version", "compute", "expand", "is_exact"]
