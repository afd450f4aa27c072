"""The Human Design chart of one instant as numbers that two charts are compared by.

128 of them, each 0 or 1 (a profile line up to 2): for every channel whether the first gate alone, the second
alone, or both are active; which centers are defined; the type; the lines of the profile. Everything a pair is
scored by is a sum of products of one number of each side, so an uncertain birth time needs nothing but the
sum of these numbers over its instants.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.engine.charts.human_design import (
    CENTERS,
    CHANNELS,
    FULL_TURN,
    GATE,
    LINE,
    TYPES,
    WHEEL,
    WHEEL_START,
    read,
)
from shared.engine.compiled import compiled

FIRST_ALONE = 0
SECOND_ALONE = FIRST_ALONE + len(CHANNELS)
BOTH = SECOND_ALONE + len(CHANNELS)
CENTER = BOTH + len(CHANNELS)
TYPE = CENTER + len(CENTERS)
LINES = TYPE + len(TYPES)
STATES = LINES + 6
"""Where each kind of number begins, and how many there are."""

_BITS = 1 << (np.array(WHEEL, dtype=np.uint64) - np.uint64(1))
_FIRST = np.array([first - 1 for first, _ in CHANNELS], dtype=np.uint64)
_SECOND = np.array([second - 1 for _, second in CHANNELS], dtype=np.uint64)


def states(
    natal: npt.NDArray[np.int32], design: npt.NDArray[np.int32], instants: int
) -> npt.NDArray[np.uint8]:
    """Sums over consecutive rows of `instants` charts: (rows / instants, STATES).

    `natal` and `design`: whole microdegrees from 0 to below a full turn, a row per chart, the first eleven
    columns the ten bodies and the node. At most 127 instants, for a line can count twice in each.
    """
    gates = np.empty(len(natal), dtype=np.uint64)
    summed = np.zeros((len(natal) // instants, STATES), dtype=np.uint8)
    _activate(natal, design, instants, gates, summed)
    # Gates change a few times a day: what follows from them is worked out once for each stretch.
    begins = np.ones(len(gates), dtype=np.bool_)
    begins[1:] = gates[1:] != gates[:-1]
    begins[::instants] = True
    rows = np.flatnonzero(begins)
    reading = read(gates[rows])
    lasts = np.diff(rows, append=len(gates))
    _add_up(rows // instants, lasts, gates[rows], reading.channels, reading.centers, reading.types, summed)
    return summed


@compiled
def _activate(
    natal: npt.NDArray[np.int32],
    design: npt.NDArray[np.int32],
    instants: int,
    gates: npt.NDArray[np.uint64],
    summed: npt.NDArray[np.uint8],
) -> None:
    """Fills the sets of gates (bit gate − 1) of the thirteen activations of either side; counts lines."""
    for row in range(len(natal)):
        active = np.uint64(0)
        for side in (natal, design):
            for column in range(11):
                along = side[row, column] - WHEEL_START
                if along < 0:
                    along += FULL_TURN
                active |= _BITS[along // GATE]
                # The Earth stands opposite the Sun, the south node opposite the north node: half a wheel on.
                if column in (0, 10):
                    active |= _BITS[(along // GATE + 32) % 64]
                if column == 0:
                    summed[row // instants, LINES + along // LINE % 6] += 1
        gates[row] = active


@compiled
def _add_up(
    charts: npt.NDArray[np.int64],
    lasts: npt.NDArray[np.int64],
    gates: npt.NDArray[np.uint64],
    channels: npt.NDArray[np.int64],
    centers: npt.NDArray[np.int64],
    types: npt.NDArray[np.int64],
    summed: npt.NDArray[np.uint8],
) -> None:
    """Adds what holds for `lasts` instants to the numbers of its chart."""
    one = np.uint64(1)
    for stretch in range(len(charts)):
        found, times = summed[charts[stretch]], np.uint8(lasts[stretch])
        for channel in range(36):
            if channels[stretch] >> channel & 1:
                found[BOTH + channel] += times
            elif gates[stretch] >> _FIRST[channel] & one:
                found[FIRST_ALONE + channel] += times
            elif gates[stretch] >> _SECOND[channel] & one:
                found[SECOND_ALONE + channel] += times
        for center in range(9):
            if centers[stretch] >> center & 1:
                found[CENTER + center] += times
        found[TYPE + types[stretch]] += times
