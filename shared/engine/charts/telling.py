"""Exact charts in words and degrees: the objects kept in `birth_charts` for their owner.

Keys and spellings are those in use among astrologers' programs: longitudes in degrees by name,
activations as "gate.line". Charts are told many at once. `doubt` tells uncertain ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import floor
from typing import Any

import numpy as np

from shared.engine.charts import human_design
from shared.engine.charts.human_design import AUTHORITIES, CENTERS, CHANNEL_NAMES, POINTS, TYPES
from shared.engine.charts.packing import expand

NAMES = (
    *("Sun", "Moon", "Mercury", "Venus", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune", "Pluto"),
    *("TrueNode", "ASC", "MC"),
)
# Every activation by (gate − 1) × 6 + line − 1.
_ACTIVATIONS = tuple(f"{gate}.{line}" for gate in range(1, 65) for line in range(1, 7))


def radixes(starts: Iterable[float], packed: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """`utc longitudes` of each exact chart."""
    natal, _ = expand(packed)
    return [
        {"utc": instant(start), "longitudes": degrees(row)}
        for start, row in zip(starts, natal[:, 0].tolist(), strict=True)
    ]


def designs(starts: Iterable[float], packed: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """`design_utc design_longitudes personality design channels centers type authority profile` of each.

    `starts` are the moments of the design charts, seconds since 1970.
    """
    natal, behind = (samples[:, 0] for samples in expand(packed))
    gates, lines = human_design.gate_line(human_design.activations(np.stack((natal[:, :11], behind))))
    bits = np.bitwise_or.reduce(np.uint64(1) << gates.astype(np.uint64), axis=(0, 2))
    reading = human_design.read(bits)
    rows = zip(
        starts,
        behind.tolist(),
        *(gates * 6 + lines - 1).tolist(),
        *(part.tolist() for part in reading),
        *lines[:, :, 0].tolist(),
        strict=True,
    )
    return [
        {
            "design_utc": instant(start),
            "design_longitudes": degrees(longitudes),
            "personality": {point: _ACTIVATIONS[code] for point, code in zip(POINTS, seen, strict=True)},
            "design": {point: _ACTIVATIONS[code] for point, code in zip(POINTS, hidden, strict=True)},
            "channels": _chosen(channels, CHANNEL_NAMES),
            "centers": _chosen(centers, CENTERS),
            "type": TYPES[kind],
            "authority": AUTHORITIES[authority],
            "profile": f"{one}/{two}",
        }
        for start, longitudes, seen, hidden, channels, centers, kind, authority, one, two in rows
    ]


def degrees(longitudes: Iterable[Any]) -> dict[str, float]:
    """Microdegrees of a chart's columns as degrees by name."""
    return {name: int(value) / 1e6 for name, value in zip(NAMES, longitudes, strict=False)}


def instant(seconds: float) -> str:
    """Seconds since 1970 UTC as 1973-07-03T07:49:11Z, the second that has begun."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=floor(seconds))
    return at.isoformat()[:19] + "Z"


def _chosen(bits: int, words: Sequence[str]) -> list[str]:
    return [word for position, word in enumerate(words) if bits >> position & 1]
