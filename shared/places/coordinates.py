"""Places by their coordinates, for a village that the gazetteer does not name.

They are written as degrees north and east, `48.137, 11.575`, or with the letters N, S, E and W behind them.
"""

from __future__ import annotations

import re

from shared.places.grid import cell_centre, home_cell

DECIMALS = 3  # about a hundred metres, a quarter of a second of local time

_DEGREES = r"([+-]?\d{1,3}(?:\.\d{1,15})?) ?°? ?"
_BOTH = re.compile(rf"\(?{_DEGREES}([NS]?)(?: ?, ?| ){_DEGREES}([EW]?)\)?", re.IGNORECASE | re.ASCII)


def read(text: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, rounded; None for a text that is not written so.

    >>> read("48.137 N, 11.575 E"), read("-33.87, 151.21"), read("Berlin")
    ((48.137, 11.575), (-33.87, 151.21), None)
    """
    parts = _BOTH.fullmatch(" ".join(text.split()))
    if parts is None:
        return None
    north, side, east, half = parts.groups()
    lat = round(-float(north) if side.upper() == "S" else float(north), DECIMALS) + 0.0
    lon = round(-float(east) if half.upper() == "W" else float(east), DECIMALS) + 0.0
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def written(lat: float, lon: float) -> str:
    """The text that `read` reads as this point.

    >>> written(48.137, 11.5)
    '48.137, 11.500'
    """
    return f"{lat:.{DECIMALS}f}, {lon:.{DECIMALS}f}"


def coarse(lat: float, lon: float) -> tuple[float, float]:
    """The middle of the grid cell of a point. All points of a cell give the same one.

    >>> written(*coarse(48.137, 11.575))
    '48.150, 11.615'
    """
    return cell_centre(home_cell(lat, lon))
