"""Human Design: gates, channels, centers, type, authority and profile of two sets of activations.

The wheel of 64 gates begins at 302° of the ecliptic; each gate spans 5.625° and has six lines. All of it
is integer arithmetic on microdegrees, so that a boundary falls on the same side on every machine.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.engine.compiled import compiled

FULL_TURN = 360_000_000  # microdegrees
WHEEL_START = 302_000_000
GATE = 5_625_000
LINE = 937_500

# The gates in the order of the ecliptic, from WHEEL_START on.
WHEEL = (
    *(41, 19, 13, 49, 30, 55, 37, 63, 22, 36, 25, 17, 21, 51, 42, 3),
    *(27, 24, 2, 23, 8, 20, 16, 35, 45, 12, 15, 52, 39, 53, 62, 56),
    *(31, 33, 7, 4, 29, 59, 40, 64, 47, 6, 46, 18, 48, 57, 32, 50),
    *(28, 44, 1, 43, 14, 34, 9, 5, 26, 11, 10, 58, 38, 54, 61, 60),
)

# The two gates of each channel, the lower first, in ascending order.
CHANNELS = (
    *((1, 8), (2, 14), (3, 60), (4, 63), (5, 15), (6, 59), (7, 31), (9, 52), (10, 20), (10, 34)),
    *((10, 57), (11, 56), (12, 22), (13, 33), (16, 48), (17, 62), (18, 58), (19, 49), (20, 34)),
    *((20, 57), (21, 45), (23, 43), (24, 61), (25, 51), (26, 44), (27, 50), (28, 38), (29, 46)),
    *((30, 41), (32, 54), (34, 57), (35, 36), (37, 40), (39, 55), (42, 53), (47, 64)),
)
CHANNEL_NAMES = tuple(f"{low}-{high}" for low, high in CHANNELS)

CENTERS = ("Ajna", "G", "Head", "Heart", "Root", "Sacral", "SolarPlexus", "Spleen", "Throat")
_AJNA, _G, _HEAD, _HEART, _ROOT, _SACRAL, _SOLAR_PLEXUS, _SPLEEN, _THROAT = range(9)
_MOTORS = 1 << _HEART | 1 << _ROOT | 1 << _SACRAL | 1 << _SOLAR_PLEXUS

_GATES_OF = {
    "Head": (64, 61, 63),
    "Ajna": (47, 24, 4, 17, 43, 11),
    "Throat": (62, 23, 56, 35, 12, 45, 33, 8, 31, 20, 16),
    "G": (1, 13, 25, 46, 2, 15, 10, 7),
    "Heart": (21, 40, 26, 51),
    "Spleen": (48, 57, 44, 50, 32, 28, 18),
    "SolarPlexus": (36, 22, 37, 6, 49, 55, 30),
    "Sacral": (34, 5, 14, 29, 59, 9, 3, 42, 27),
    "Root": (53, 60, 52, 19, 39, 41, 58, 38, 54),
}
GATE_CENTER = {gate: center for center, gates in _GATES_OF.items() for gate in gates}

TYPES = ("Reflector", "Generator", "Manifesting Generator", "Manifestor", "Projector")
_REFLECTOR, _GENERATOR, _MANIFESTING_GENERATOR, _MANIFESTOR, _PROJECTOR = range(5)
AUTHORITIES = (
    *("Lunar", "Emotional", "Sacral", "Splenic", "Ego Manifested", "Ego Projected"),
    *("Self-Projected", "Mental"),
)
_LUNAR, _EMOTIONAL, _OF_SACRAL, _SPLENIC, _EGO_MANIFESTED, _EGO_PROJECTED, _SELF, _MENTAL = range(8)

# The thirteen points of either side, in the order they are told in, and the longitudes they come from:
# a column of a chart (Sun, Moon, Mercury … Pluto, node) and whether it is the opposite point.
POINTS = (
    *("Sun", "Earth", "NorthNode", "SouthNode", "Moon", "Mercury", "Venus", "Mars"),
    *("Jupiter", "Saturn", "Uranus", "Neptune", "Pluto"),
)
POINT_COLUMN = np.array([0, 0, 10, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9])
POINT_OPPOSITE = np.array([0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])

_WHEEL = np.array(WHEEL, dtype=np.int64)
_LOW = np.array([low - 1 for low, _ in CHANNELS], dtype=np.int64)
_HIGH = np.array([high - 1 for _, high in CHANNELS], dtype=np.int64)
_ENDS = np.array(
    [1 << CENTERS.index(GATE_CENTER[low]) | 1 << CENTERS.index(GATE_CENTER[high]) for low, high in CHANNELS],
    dtype=np.int64,
)


class Reading(NamedTuple):
    """What gates amount to; arrays of one shape, one entry per set of gates."""

    channels: NDArray[np.int64]  # bit c: CHANNELS[c] is defined
    centers: NDArray[np.int64]  # bit c: CENTERS[c] is defined
    types: NDArray[np.int64]  # positions in TYPES
    authorities: NDArray[np.int64]  # positions in AUTHORITIES


def gate_line(longitudes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(gate − 1, 0..63; line, 1..6) of longitudes in whole microdegrees of any shape; exact.

    x = (longitude − 302°) mod 360°, gate = WHEEL[⌊x / 5.625°⌋], line = ⌊x / 0.9375°⌋ mod 6 + 1.
    """
    along = (np.asarray(longitudes, dtype=np.int64) - WHEEL_START) % FULL_TURN
    return _WHEEL[along // GATE] - 1, along // LINE % 6 + 1


def activations(longitudes: NDArray[Any]) -> NDArray[np.int64]:
    """Longitudes (…, 13) of POINTS from those of a chart (…, 11 or more columns), microdegrees.

    The Earth stands opposite the Sun, the south node opposite the north node.
    """
    seen = np.asarray(longitudes, dtype=np.int64)
    turned: NDArray[np.int64] = (seen[..., POINT_COLUMN] + POINT_OPPOSITE * (FULL_TURN // 2)) % FULL_TURN
    return turned


def gate_bits(longitudes: NDArray[Any]) -> NDArray[np.uint64]:
    """The gates that chart longitudes (…, 11 or more columns) activate: bit gate − 1, shape (…)."""
    gates, _ = gate_line(activations(longitudes))
    bits: NDArray[np.uint64] = np.bitwise_or.reduce(np.uint64(1) << gates.astype(np.uint64), axis=-1)
    return bits


def read(gates: NDArray[np.uint64]) -> Reading:
    """Channels, centers, types and authorities of sets of gates (bit gate − 1) of any shape."""
    flat = np.ascontiguousarray(gates, dtype=np.uint64).ravel()
    found = np.empty((4, len(flat)), dtype=np.int64)
    _read(flat, found)
    return Reading(*found.reshape(4, *np.shape(gates)))


def type_of(gates: set[int]) -> str:
    """Type of a set of gate numbers 1..64."""
    return TYPES[int(read(_bits(gates)).types)]


def authority_of(gates: set[int]) -> str:
    """Authority of a set of gate numbers 1..64."""
    return AUTHORITIES[int(read(_bits(gates)).authorities)]


def profile(personality_sun: int, design_sun: int) -> str:
    """Profile such as "6/2" from the two longitudes of the Sun, microdegrees."""
    _, lines = gate_line(np.array([personality_sun, design_sun]))
    return f"{lines[0]}/{lines[1]}"


def _bits(gates: set[int]) -> NDArray[np.uint64]:
    return np.array(sum(1 << gate - 1 for gate in gates), dtype=np.uint64)


@compiled
def _read(gates: NDArray[np.uint64], found: NDArray[np.int64]) -> None:
    """Fills found (4, n): channels, centers, type, authority of each set of gates."""
    one = np.uint64(1)
    for entry in range(len(gates)):
        channels = centers = 0
        for channel in range(36):
            low = gates[entry] >> np.uint64(_LOW[channel]) & one
            high = gates[entry] >> np.uint64(_HIGH[channel]) & one
            if low & high:
                channels |= 1 << channel
                centers |= _ENDS[channel]
        # All centers that the Throat hangs together with.
        spoken = centers & 1 << _THROAT
        growing = spoken != 0
        while growing:
            growing = False
            for channel in range(36):
                ends = _ENDS[channel]
                if channels >> channel & 1 and spoken & ends and spoken & ends != ends:
                    spoken |= ends
                    growing = True
        manifests = spoken & _MOTORS != 0
        found[0, entry] = channels
        found[1, entry] = centers
        if centers == 0:
            found[2, entry] = _REFLECTOR
        elif centers >> _SACRAL & 1:
            found[2, entry] = _MANIFESTING_GENERATOR if manifests else _GENERATOR
        else:
            found[2, entry] = _MANIFESTOR if manifests else _PROJECTOR
        if centers == 0:
            authority = _LUNAR
        elif centers >> _SOLAR_PLEXUS & 1:
            authority = _EMOTIONAL
        elif centers >> _SACRAL & 1:
            authority = _OF_SACRAL
        elif centers >> _SPLEEN & 1:
            authority = _SPLENIC
        elif centers >> _HEART & 1:
            authority = _EGO_MANIFESTED if spoken >> _HEART & 1 else _EGO_PROJECTED
        elif centers >> _G & 1:
            authority = _SELF
        else:
            authority = _MENTAL
        found[3, entry] = authority
