"""Uncertain charts for their owner: what most of the 48 instants say, and how many of them.

Longitudes are those of the middle instant. `certainty` tells the share of the instants, 0..1, that agree
with what is told; `uncertain` lists what they do not all agree on: in the natal chart the points that may
stand in two signs, in the design chart whatever differs at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.engine.charts import human_design
from shared.engine.charts.human_design import AUTHORITIES, CENTERS, CHANNEL_NAMES, POINTS, TYPES
from shared.engine.charts.packing import expand
from shared.engine.charts.telling import NAMES, degrees, instant

_SIGN = 30_000_000  # microdegrees


def radix(start: float, duration: float, packed: Sequence[int]) -> dict[str, Any]:
    """`utc utc_until longitudes certainty uncertain`."""
    natal = expand([packed]).natal[0]
    agree = {name: share for name, (_, share) in zip(NAMES, _columns(natal // _SIGN), strict=True)}
    return {
        "utc": instant(start),
        "utc_until": instant(start + duration),
        "longitudes": degrees(natal[len(natal) // 2]),
        "certainty": agree,
        "uncertain": [name for name, share in agree.items() if share < 1.0],
    }


def design(start: float, duration: float, packed: Sequence[int]) -> dict[str, Any]:
    """The keys of an exact chart, and `design_utc_until certainty uncertain`.

    Channels and centers are told where more than half of the instants define them; `certainty` has the
    share of every one that any instant defines.
    """
    natal, behind = (samples[0] for samples in expand([packed]))
    told: dict[str, Any] = {
        "design_utc": instant(start),
        "design_utc_until": instant(start + duration),
        "design_longitudes": degrees(behind[len(behind) // 2]),
    }
    certainty: dict[str, Any] = {}
    gates, lines = human_design.gate_line(human_design.activations(np.stack((natal[:, :11], behind))))
    for side, name in enumerate(("personality", "design")):
        found = dict(zip(POINTS, _columns((gates[side] + 1) * 8 + lines[side]), strict=True))
        told[name] = {point: f"{code // 8}.{code % 8}" for point, (code, _) in found.items()}
        certainty[name] = {point: share for point, (_, share) in found.items()}
    bits = np.bitwise_or.reduce(np.uint64(1) << gates.astype(np.uint64), axis=(0, 2))
    reading = human_design.read(bits)
    for name, defined, words in (
        ("channels", reading.channels, CHANNEL_NAMES),
        ("centers", reading.centers, CENTERS),
    ):
        shares = (defined[:, None] >> np.arange(len(words)) & 1).mean(axis=0).round(4).tolist()
        told[name] = [word for word, share in zip(words, shares, strict=True) if share > 0.5]
        certainty[name] = {word: share for word, share in zip(words, shares, strict=True) if share > 0}
    profiles = lines[0, :, 0] * 8 + lines[1, :, 0]
    columns = _columns(np.stack((reading.types, reading.authorities, profiles), axis=1))
    (kind, of_type), (authority, of_authority), (profile, of_profile) = columns
    told |= {
        "type": TYPES[kind],
        "authority": AUTHORITIES[authority],
        "profile": f"{profile // 8}/{profile % 8}",
    }
    certainty |= {"type": of_type, "authority": of_authority, "profile": of_profile}
    told["certainty"] = certainty
    told["uncertain"] = [name for name, share in certainty.items() if _least(share) < 1.0]
    return told


def _columns(values: NDArray[Any]) -> list[tuple[int, float]]:
    """Of each column (instants, columns) the most frequent value, of equals the first, and its share."""
    found: list[tuple[int, float]] = [(value, 1.0) for value in values[0].tolist()]
    for column in np.flatnonzero((values != values[0]).any(axis=0)).tolist():
        value, count = Counter(values[:, column].tolist()).most_common(1)[0]
        found[column] = value, round(count / len(values), 4)
    return found


def _least(shares: float | dict[str, float]) -> float:
    return min(shares.values(), default=1.0) if isinstance(shares, dict) else shares
