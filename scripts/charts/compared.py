"""Our charts beside those of another ephemeris, from a file of reference charts.

The file is JSON, `{"charts": [{"utc", "lat", "lon", "longitudes", …}]}`, each chart with the keys that
`scripts/chart` prints, and `min_line_margin_arcsec`: how far its activations stay from a line's edge.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from scripts.charts.asked import Moment, Refused
from scripts.charts.printed import exact

LONGITUDES_WITHIN = 5.0  # arcseconds
MARGIN = 60.0  # arcseconds: nearer to the edge of a line, two ephemerides may differ
_LONGITUDES = ("longitudes", "design_longitudes")
_ACTIVATIONS = ("personality", "design")
_WORDS = ("channels", "centers", "type", "authority", "profile")


def compare(path: Path) -> tuple[list[str], bool]:
    """The lines to print, and whether every chart agrees. Raises Refused for another kind of file."""
    try:
        references = json.loads(path.read_bytes())["charts"]
        moments = [
            Moment(datetime.fromisoformat(chart["utc"]).timestamp(), chart["lat"], chart["lon"], {})
            for chart in references
        ]
        return _report(references, exact(moments))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{path} is not a file of reference charts: {type(error).__name__} {error}") from None


def _report(references: list[dict[str, Any]], ours: list[dict[str, Any]]) -> tuple[list[str], bool]:
    farthest: dict[str, dict[str, float]] = {key: {} for key in _LONGITUDES}
    differences = dict.fromkeys(("activations", *_WORDS), 0)
    late = 0.0
    sure = near_edges = 0
    for reference, chart in zip(references, ours, strict=True):
        for key in _LONGITUDES:
            for body, longitude in reference[key].items():
                off = abs((chart[key][body] - longitude + 180.0) % 360.0 - 180.0) * 3600.0
                farthest[key][body] = max(farthest[key].get(body, 0.0), off)
        moments = [datetime.fromisoformat(one["design_utc"]) for one in (reference, chart)]
        late = max(late, abs((moments[0] - moments[1]).total_seconds()))
        other = sum(
            chart[side][point] != code for side in _ACTIVATIONS for point, code in reference[side].items()
        )
        near_edges += other
        if reference["min_line_margin_arcsec"] <= MARGIN:
            continue
        sure += 1
        differences["activations"] += other
        for key in _WORDS:
            differences[key] += chart[key] != reference[key]
    lines = [f"{len(ours)} charts, {sure} of them farther than {MARGIN:g}″ from the edge of a line", ""]
    lines.append(f"{'farthest off, arcseconds':<26}{'birth':>8}{'design':>8}")
    for body, off in farthest["longitudes"].items():
        design = farthest["design_longitudes"].get(body)
        lines.append(f"{body:<26}{off:>8.3f}" + (f"{design:>8.3f}" if design is not None else ""))
    lines += [f"{'design moment, seconds':<34}{late:>8.0f}", ""]
    lines += [f"{name + ' that differ':<34}{count:>8}" for name, count in differences.items()]
    lines.append(f"{'activations, nearer ones included':<34}{near_edges:>8}")
    most = max((off for offs in farthest.values() for off in offs.values()), default=0.0)
    agrees = bool(ours) and most <= LONGITUDES_WITHIN and not any(differences.values())
    lines += ["", "All agree." if agrees else "They do not agree."]
    return lines, agrees
