"""Points of the zodiac spread over a grid of the circle, so that uncertain points are rows of weights.

A longitude between two grid lines is split between them as in linear interpolation: at 10.3° with lines at
whole degrees, 0.7 on line 10 and 0.3 on line 11. As a function of the longitude, the weight of one line is a
hat one line wide on either side. Any function that is linear between grid lines is the weighted sum of its
values on the lines; so the expectation over many instants needs the sum of their weights and nothing else.

Weights are whole numbers (a microdegree at each of 48 instants counts one) and add up to WEIGHT per point.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import compiled

POINTS = (
    "Sun",
    "Moon",
    "Mercury",
    "Venus",
    "Mars",
    "Jupiter",
    "Saturn",
    "Uranus",
    "Neptune",
    "Pluto",
    "Node",
    "ASC",
    "MC",
)
"""The columns of natal longitudes."""

DEGREE = 1_000_000
LINES = 360
"""One line of the grid at each whole degree."""
INSTANTS = 48
WEIGHT = DEGREE * INSTANTS
"""What the weights of a point add up to, whether its time is certain or not."""
PLACES = 16
"""Places kept per line, of which the points take the first 13: full registers for the processor."""


def hats(natal: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """The summed weights of charts (charts, 1 or 48 instants, 13), microdegrees from 0 to below a full turn.

    How many entries each chart has (charts), and the entries of all charts in a row: (entries, 2), place
    and weight, where place is PLACES * line + point. No place comes twice in a chart.
    """
    charts, instants, points = natal.shape
    entries = np.empty((2 * charts * instants * points, 2), dtype=np.int32)
    counts = np.zeros(charts, dtype=np.int64)
    used = _fill(natal, INSTANTS // instants, counts, entries)
    return counts, entries[:used].copy()


@compiled
def _fill(
    natal: npt.NDArray[np.int32],
    each: int,
    counts: npt.NDArray[np.int64],
    entries: npt.NDArray[np.int32],
) -> int:
    where = np.full(LINES, -1, dtype=np.int64)
    used = 0
    for chart in range(natal.shape[0]):
        begin = used
        for point in range(natal.shape[2]):
            first = used
            for instant in range(natal.shape[1]):
                line, past = divmod(natal[chart, instant, point], DEGREE)
                for on, weight in ((line, DEGREE - past), ((line + 1) % LINES, past)):
                    if weight == 0:
                        continue
                    if where[on] < 0:
                        where[on] = used
                        entries[used, 0] = PLACES * on + point
                        entries[used, 1] = 0
                        used += 1
                    entries[where[on], 1] += each * weight
            for entry in range(first, used):
                where[entries[entry, 0] // PLACES] = -1
        counts[chart] = used - begin
    return used
