"""Places by name: "Berlin", "Springfield, Illinois" or "Moskau, Russland" to coordinates and zone.

A name resolves if one city has it, or if one city is ten times larger than all others of that name.
Any other name is an error that lists the places a member may have meant. A place may also be given by
its coordinates.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from shared.places import coordinates
from shared.places.areas import areas
from shared.places.gazetteer import City, Gazetteer, fold

MAX_LENGTH = 120  # characters of a place name
MAX_CANDIDATES = 10
DOMINANCE = 10  # a city with so many times more people than the next one of its name is meant
GREATER = 5  # a city so many times larger with this name in another language leaves a doubt ("Odessa")
GREAT = 1_000_000  # people: the own name of such a city is never taken for another city's foreign name
CLOSE = 0.75  # similarity of spellings offered for an unknown name, 0..1
MAX_QUALIFIERS = 3  # parts behind the name of a city: district, region, country

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BESIDE = re.compile(r"(.+?) ?\(near (.+)\)", re.IGNORECASE)


class PlaceError(ValueError):
    """This place could not be resolved.

    PlaceError
      ├─ UnknownPlace      no place has this name
      └─ AmbiguousPlace    several places have it
    """

    def __init__(self, message: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates  # names that resolve, the largest city first, at most ten


class UnknownPlace(PlaceError):
    """No place has this name; the candidates are close spellings."""


class AmbiguousPlace(PlaceError):
    """Several places have this name; the candidates are the places."""


@dataclass(frozen=True, slots=True)
class Place:
    """A resolved place: canonical name (it resolves to this place again), degrees, IANA zone.

    `country_code` is ISO 3166. `region` is the state in the USA, elsewhere the gazetteer's code. Both are
    empty for a place that was given by its coordinates.
    """

    name: str
    lat: float
    lon: float
    tz: str
    country_code: str
    region: str


@lru_cache(maxsize=4096)
def resolve(text: str) -> Place:
    """The place a text names: a city, then perhaps its region, then perhaps its country; or degrees.

    Case, accents and hyphens do not matter, and names in other languages are known.
    Raises UnknownPlace (also for texts over 120 characters or with control characters) and
    AmbiguousPlace.

    >>> resolve("Springfield, Illinois").name, resolve("moskau, russland").tz
    ('Springfield, IL, US', 'Europe/Moscow')
    """
    if len(text) > MAX_LENGTH or _CONTROL.search(text):
        raise UnknownPlace("a place name is one line of at most 120 characters")
    if point := coordinates.read(text):
        return at_coordinates(*point)
    parts = [part.strip() for part in text.split(",")]
    if not all(fold(part) for part in parts):
        raise UnknownPlace("a place is written as a city, a region and a country")
    # A city's own name may hold commas, so each number of qualifiers is tried, the most first.
    readings = [
        (", ".join(parts[:end]), tuple(fold(part) for part in parts[end:]))
        for end in range(max(1, len(parts) - MAX_QUALIFIERS), len(parts) + 1)
    ]
    for name, _ in readings:
        for place in gazetteer().by_name.get(_plain(name), []):
            if fold(_canonical(place)) == fold(text):
                return place_at(place)
    for name, qualifiers in (*readings, *_without_commas(parts)):
        cities = _search(fold(name), qualifiers)
        if cities:
            return _choose(cities)
    raise UnknownPlace("no place of this name is known", _candidates(parts))


def at_coordinates(lat: float, lon: float) -> Place:
    """The place at these degrees, with the zone of the nearest city.

    >>> at_coordinates(48.137, 11.575).tz
    'Europe/Berlin'
    """
    return Place(coordinates.written(lat, lon), lat, lon, gazetteer().nearest(lat, lon).tz, "", "")


def _without_commas(parts: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Readings of "Paris Texas USA, …": the last words as a country, or as a region and its country."""
    words = fold(parts[0]).split()
    rest = tuple(fold(part) for part in parts[1:])
    for end in range(len(words) - 1, 0, -1):
        for middle in range(end, len(words)):
            names = (" ".join(words[end:middle]), " ".join(words[middle:]))
            qualifiers = tuple(name for name in names if name)
            if all(map(areas().knows, qualifiers)):
                yield " ".join(words[:end]), (*qualifiers, *rest)


def _plain(name: str) -> str:
    """The folded name without the city nearby that a canonical name may carry."""
    beside = _BESIDE.fullmatch(name)
    return fold(beside[1] if beside else name)


@dataclass(frozen=True, slots=True)
class _Found:
    """The cities a text may mean."""

    own: list[int]  # they are called so
    foreign: list[int]  # they are called so in another language
    sure: bool  # every part of the text was understood

    def __bool__(self) -> bool:
        return bool(self.own or self.foreign)


def _search(folded: str, qualifiers: tuple[str, ...]) -> _Found:
    """The cities of this name in the region and country."""
    known = gazetteer()
    own, sure = _within(known.by_name.get(folded, []), qualifiers)
    largest = max((known.cities[place].population for place in own), default=0)
    foreign: list[int] = []
    if largest < GREAT:
        foreign, also_sure = _within(known.named_otherwise(folded), qualifiers)
        sure = sure and also_sure
    return _Found(own, foreign, sure)


def _within(places: Iterable[int], qualifiers: tuple[str, ...]) -> tuple[list[int], bool]:
    """The places that lie in each of these areas, and whether the answer is sure.

    The last area must be a country or a region. An unknown area before it (a district, a county) is ignored.
    Then the answer is not sure: `_choose` takes it only if one place is left.
    """
    cities = gazetteer().cities
    if not qualifiers:
        return list(places), True
    if not areas().knows(qualifiers[-1]):
        return [], True
    known = [name for name in qualifiers if areas().knows(name)]
    left = [
        place
        for place in places
        if all(areas().holds(name, cities[place].country, cities[place].region) for name in known)
    ]
    if len(known) == len(qualifiers):
        return left, True
    # All states of the USA are known, so an unknown name there is misspelt.
    return [place for place in left if cities[place].country != "US"], False


def _choose(found: _Found) -> Place:
    """The one city that is meant. Raises AmbiguousPlace if there is none."""
    cities = gazetteer().cities

    def people(place: int) -> int:
        return max(1, cities[place].population)

    ranked = sorted(found.own or found.foreign, key=lambda place: (-people(place), place))
    first = people(ranked[0])
    greater = [place for place in found.foreign if found.own and people(place) > first]
    doubtful = any(people(place) >= GREATER * first for place in greater)
    dominant = len(ranked) == 1 or (found.sure and first >= DOMINANCE * people(ranked[1]))
    if dominant and not doubtful:
        return place_at(ranked[0])
    raise AmbiguousPlace("several places bear this name", _names([*greater, *ranked]))


def _candidates(parts: list[str]) -> tuple[str, ...]:
    """Places that may have been meant: with this name elsewhere, its first words, or a near spelling.

    If some of them lie in the country given, only those.
    """
    known = gazetteer()
    wanted = _plain(parts[0])
    words = wanted.split()
    for end in range(len(words), 0, -1):
        name = " ".join(words[:end])
        close = [*known.by_name.get(name, []), *known.named_otherwise(name)]
        if close:
            break
    if not close or end == len(words):
        close.extend(place for place in _spelt_nearly(wanted) if place not in close)
    qualified, _ = _within(close, tuple(fold(part) for part in parts[1:][-1:]))
    return _names(qualified or close)


def _spelt_nearly(wanted: str) -> Iterator[int]:
    """Cities whose own name is spelt nearly like a folded name."""
    matcher = SequenceMatcher(b=wanted, autojunk=False)
    for name, places in gazetteer().by_name.items():
        if abs(len(name) - len(wanted)) > 2 or not (name[:2] == wanted[:2] or name[-3:] == wanted[-3:]):
            continue
        matcher.set_seq1(name)
        if matcher.real_quick_ratio() >= CLOSE and matcher.ratio() >= CLOSE:
            yield from places


def _names(places: Iterable[int]) -> tuple[str, ...]:
    """Canonical names of the largest of these places."""
    cities = gazetteer().cities
    ranked = sorted(places, key=lambda place: (-cities[place].population, place))
    return tuple(_canonical(place) for place in ranked[:MAX_CANDIDATES])


def place_at(place: int) -> Place:
    """The place at a position of the gazetteer's list of cities."""
    city = gazetteer().cities[place]
    return Place(_canonical(place), city.lat, city.lon, city.tz, city.country, city.region)


@lru_cache(maxsize=4096)
def _canonical(place: int) -> str:
    """The name that resolves to exactly this city: "Springfield, IL, US", "Berlin, DE"."""
    known = gazetteer()
    city = known.cities[place]
    namesakes = [
        other for other in known.by_name[fold(city.name)] if _area(known.cities[other]) == _area(city)
    ]
    hint = f" (near {_hint(place, namesakes)})" if len(namesakes) > 1 else ""
    return ", ".join((city.name + hint, *_area(city)))


def _area(city: City) -> tuple[str, ...]:
    """State and country in the USA, elsewhere the country: only there the gazetteer's regions are names."""
    return (city.region, city.country) if city.country == "US" else (city.country,)


def _hint(place: int, namesakes: list[int]) -> str:
    """The nearest large city, if it tells this city from its namesakes; else its coordinates."""
    known = gazetteer()
    for people in (100_000, 40_000, 15_000):
        near = {other: known.beside(known.cities[other], people) for other in namesakes}
        names = {other: city.name for other, city in near.items() if city}
        if len({fold(name) for name in names.values()}) == len(namesakes):
            return names[place]
    city = known.cities[place]
    return f"{city.lat:.4f} {city.lon:.4f}"


_loading = threading.Lock()
_loaded: list[Gazetteer] = []


def gazetteer() -> Gazetteer:
    """All cities. The first thread that asks reads them."""
    if not _loaded:
        with _loading:
            if not _loaded:
                _loaded.append(Gazetteer())
    return _loaded[0]
