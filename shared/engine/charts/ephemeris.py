"""Where the bodies are: the JPL ephemeris DE421, read once and kept as plain arrays.

`skyfield-data` carries the file, `skyfield` reads it and brings the tables of Delta T and of nutation;
nothing is downloaded. The kernels of this package work on the arrays, so that no file stays open.
"""

from __future__ import annotations

import threading
from importlib.metadata import version
from importlib.resources import as_file, files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.engine.compiled import compiled

NAME = "de421"
J2000 = 2451545.0  # Julian date of the epoch all times here count from
FIRST_DAY, LAST_DAY = -36_680.5, 19_639.5  # days from J2000 that the file covers (1899-07-28, 2053-10-08)

# Rows of `Tables.layout`: the ten bodies of a chart, the common centre of Earth and Moon seen from the
# centre of the solar system, and the Earth seen from that. Not plain `int`: of a function called with
# such constants numba would compile one version for each.
SUN, MOON, EARTH_AND_MOON, EARTH = np.int64(0), np.int64(1), np.int64(10), np.int64(11)
# (centre, target) in the file. The moons of Mars move it by less than a metre, those of Jupiter by 0.1″.
_SEGMENTS = (
    (0, 10),
    (3, 301),
    (0, 1),
    (0, 2),
    (0, 4),
    (0, 5),
    (0, 6),
    (0, 7),
    (0, 8),
    (0, 9),
    (0, 3),
    (3, 399),
)
DELTA_T_STEP = 30.0  # days between entries: Delta T bends by less than 0.01 s in such a time
NUTATION_TERMS = 77  # of IAU 2000B: within 0.002″ of the 1365 terms of IAU 2000A


class Tables(NamedTuple):
    """What the kernels need, as arrays."""

    coefficients: NDArray[np.float64]  # km: per body, span of time and axis, the Chebyshev coefficients
    layout: NDArray[np.int64]  # (bodies, 3): first coefficient, number of spans, coefficients per axis
    spans: NDArray[np.float64]  # (bodies, 2): first day from J2000, days in a span
    delta_t: NDArray[np.float64]  # seconds TT − UT1, every DELTA_T_STEP days from FIRST_DAY
    arguments: NDArray[np.float64]  # (terms, 5): multiples of the five arguments of nutation
    longitude: NDArray[np.float64]  # (terms, 3): 1e-7″ of sin, T·sin, cos
    obliquity: NDArray[np.float64]  # (terms, 3): 1e-7″ of cos, T·cos, sin
    fundamental: NDArray[np.float64]  # (5, 5): arcseconds per power of the centuries, constant first


_reading = threading.Lock()
_read: list[Tables] = []


def tables() -> Tables:
    """The ephemeris, read by whichever thread asks first (50 ms, 15 MB)."""
    if not _read:
        with _reading:
            if not _read:
                _read.append(_read_tables())
    return _read[0]


def source() -> str:
    """Name and version of everything that positions come from."""
    return f"{NAME} skyfield-data {version('skyfield-data')} skyfield {version('skyfield')}"


def _read_tables() -> Tables:
    from skyfield import nutationlib
    from skyfield.api import load
    from skyfield.jpllib import SpiceKernel

    # Not get_skyfield_data_path: it warns about a table of polar motion that nothing here uses.
    with as_file(files("skyfield_data") / "data" / f"{NAME}.bsp") as path:
        kernel: Any = SpiceKernel(str(path))
        found = {(segment.center, segment.target): segment for segment in kernel.segments}
        loaded = [found[pair].spk_segment.load_array() for pair in _SEGMENTS]
        # Kept as (span, axis, power), so that one look-up reads one run of memory; copied, then closed.
        blocks = [np.ascontiguousarray(values.transpose(1, 0, 2), dtype=np.float64) for *_, values in loaded]
        spans = np.array([(start - J2000, days) for start, days, _ in loaded])
        del loaded, found
        kernel.close()
    firsts = np.cumsum([0, *(block.size for block in blocks)])[:-1]
    layout = [(first, len(block), block.shape[2]) for first, block in zip(firsts, blocks, strict=True)]

    moments = np.arange(FIRST_DAY, LAST_DAY + DELTA_T_STEP, DELTA_T_STEP)
    delta_t = np.round(load.timescale(builtin=True).ut1_jd(J2000 + moments).delta_t, 6)
    first_five = [getattr(nutationlib, f"fa{power}") for power in range(5)]
    return Tables(
        coefficients=np.concatenate([block.ravel() for block in blocks]),
        layout=np.array(layout, dtype=np.int64),
        spans=spans,
        delta_t=delta_t,
        arguments=_plain(nutationlib.nals_t[:NUTATION_TERMS]),
        longitude=_plain(nutationlib.lunisolar_longitude_coefficients[:NUTATION_TERMS]),
        obliquity=_plain(nutationlib.lunisolar_obliquity_coefficients[:NUTATION_TERMS]),
        fundamental=_plain(np.concatenate(first_five, axis=1)),
    )


def _plain(values: Any) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64, order="C")


@compiled
def state(
    tables: Tables, body: int | np.int64, day: float
) -> tuple[float, float, float, float, float, float]:
    """Position (km) and velocity (km per day) of a row of the layout, `day` TDB days from J2000.

    Clenshaw's recurrence for the Chebyshev series and its derivative. The day must lie in the file.
    """
    first, count, terms = tables.layout[body, 0], tables.layout[body, 1], tables.layout[body, 2]
    length = tables.spans[body, 1]
    since = (day - tables.spans[body, 0]) / length
    span = min(max(int(since), 0), count - 1)
    s = 2.0 * (since - span) - 1.0
    twice = 2.0 * s
    at = first + span * 3 * terms
    x0 = x1 = y0 = y1 = z0 = z1 = 0.0
    u0 = u1 = v0 = v1 = w0 = w1 = 0.0
    for power in range(terms - 1, 0, -1):
        u0, u1 = 2.0 * x0 + (twice * u0 - u1), u0
        v0, v1 = 2.0 * y0 + (twice * v0 - v1), v0
        w0, w1 = 2.0 * z0 + (twice * w0 - w1), w0
        x0, x1 = tables.coefficients[at + power] + (twice * x0 - x1), x0
        y0, y1 = tables.coefficients[at + terms + power] + (twice * y0 - y1), y0
        z0, z1 = tables.coefficients[at + 2 * terms + power] + (twice * z0 - z1), z0
    rate = 2.0 / length
    return (
        tables.coefficients[at] + (s * x0 - x1),
        tables.coefficients[at + terms] + (s * y0 - y1),
        tables.coefficients[at + 2 * terms] + (s * z0 - z1),
        (x0 + (s * u0 - u1)) * rate,
        (y0 + (s * v0 - v1)) * rate,
        (z0 + (s * w0 - w1)) * rate,
    )
