"""Packed charts for tests: drawn at random, or with every point where a test wants it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.engine.charts.packing import NODES
from shared.engine.features.interpolation import POINTS

TURN = 360_000_000
DAILY = (0.99, 13.2, 1.4, 1.2, 0.6, 0.1, 0.05, 0.02, 0.01, 0.01, -0.05)
"""Degrees that the bodies and the node move in a day, about."""


def exact_chart(natal: Sequence[int], design: Sequence[int] = (0,) * 11) -> list[int]:
    """Thirteen and eleven longitudes in microdegrees, from any turn."""
    return [1, *(at % TURN for at in natal), *(at % TURN for at in design)]


def chart_with(elsewhere: float, **points: float) -> list[int]:
    """All natal points at `elsewhere`, but for the named ones; degrees."""
    return exact_chart([round(points.get(point, elsewhere) * 1e6) for point in POINTS])


def drawn_exact(rng: np.random.Generator) -> list[int]:
    """Any longitudes at all."""
    return exact_chart(rng.integers(TURN, size=13).tolist(), rng.integers(TURN, size=11).tolist())


def drawn_uncertain(rng: np.random.Generator, hours: float = 24.0) -> list[int]:
    """Born at any instant of that many hours: bodies move about as they do in the sky."""
    seconds = round(hours * 3600)
    head = [2, seconds, seconds // 2, int(rng.integers(TURN)), int(rng.integers(-60, 60)) * 10**6, 23_440_000]
    nodes: list[int] = []
    for skip in (0, 1):
        for count, speed in list(zip(NODES, DAILY, strict=True))[skip:]:
            start = int(rng.integers(TURN))
            moved = round(speed * 1e6 * hours / 24.0 * rng.uniform(0.8, 1.2))
            nodes += [start + moved * at // (count - 1) for at in range(count)]
    return head + nodes
