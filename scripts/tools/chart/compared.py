"""Our charts beside those of another ephemeris, from a file of reference charts.

The file is JSON, `{"charts": [{"utc", "lat", "lon", "longitudes", …}]}`, each chart with the keys that
`scripts/chart` prints, and `min_line_margin_arcsec`: how far its activations stay from a line's edge.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from scripts.tools.chart.asked import Moment, Refused, utc_of
from scripts.tools.chart.printed import exact
from shared.engine.charts.birth import check_place

LONGITUDES_WITHIN = 5.0  # arcseconds
MARGIN = 60.0  # arcseconds: nearer to the edge of a line, two ephemerides may differ
_LONGITUDES = ("longitudes", "design_longitudes")
_ACTIVATIONS = ("personality", "design")
_WORDS = ("channels", "centers", "type", "authority", "profile")
_KEYS = (
    *("utc", "lat", "lon", "design_utc", *_LONGITUDES, *_ACTIVATIONS, *_WORDS),
    "min_line_margin_arcsec",
)


def compare(path: Path) -> tuple[list[str], bool]:
    """The lines to print, and whether every chart agrees. Raises Refused for another kind of file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"No such file: {path}") from None
    except OSError as error:
        raise Refused(f"Cannot read {path}: {error.strerror}") from None
    try:
        references = _charts(content)
        moments = []
        for number, reference in enumerate(references, start=1):
            with _naming(number):
                moments.append(_checked(reference))
        ours = exact(moments)
        for number, (reference, chart) in enumerate(zip(references, ours, strict=True), start=1):
            with _naming(number):
                _check_points(reference, chart)
    except Refused as error:
        raise Refused(
            f"{path} is not a file of reference charts: {error}; scripts/chart --help describes them"
        ) from None
    return _report(references, ours)


@contextmanager
def _naming(number: int) -> Iterator[None]:
    """Complaints inside say which chart they are about."""
    try:
        yield
    except OverflowError:
        raise Refused(f"chart {number}: a number is too large") from None
    except (Refused, ValueError) as error:
        raise Refused(f"chart {number}: {error}") from None


def _charts(content: bytes) -> list[Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused("it is not JSON") from None
    charts = document.get("charts") if isinstance(document, dict) else None
    if not isinstance(charts, list):
        raise Refused('it is not an object with a list "charts"')
    if not charts:
        raise Refused('its list "charts" is empty')
    return charts


def _checked(reference: Any) -> Moment:
    """The moment of a reference chart whose keys are all there and of the right kind. Raises Refused."""
    if not isinstance(reference, dict):
        raise Refused("it is not an object")
    for key in _KEYS:
        if key not in reference:
            raise Refused(f'it has no "{key}"')
    for key in (*_LONGITUDES, *_ACTIVATIONS):
        if not isinstance(reference[key], dict):
            raise Refused(f'its "{key}" is not an object')
    for key in _LONGITUDES:
        for body, longitude in reference[key].items():
            if not _number(longitude):
                raise Refused(f'in "{key}", {body} is not a number')
    if not _number(reference["min_line_margin_arcsec"]):
        raise Refused('its "min_line_margin_arcsec" is not a number')
    for key in ("utc", "design_utc"):
        if not isinstance(reference[key], str):
            raise Refused(f'its "{key}" is not a text such as 1990-05-17T12:30:00Z')
    _moment(reference["design_utc"])
    check_place(reference["lat"], reference["lon"])
    return Moment(utc_of(reference["utc"]), float(reference["lat"]), float(reference["lon"]), {})


def _check_points(reference: dict[str, Any], chart: dict[str, Any]) -> None:
    for key in (*_LONGITUDES, *_ACTIVATIONS):
        for point in reference[key]:
            if point not in chart[key]:
                raise Refused(f'in "{key}", {point} is none of {", ".join(chart[key])}')


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _moment(text: str) -> datetime:
    """A moment, of which a missing offset means UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text} is not a possible 1990-05-17T12:30:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


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
        moments = [_moment(one["design_utc"]) for one in (reference, chart)]
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
