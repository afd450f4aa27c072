"""Where members live: towns within 40 km of a dozen real cities, and a few small places far away."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shared.places.grid import distances_km
from shared.places.resolve import Place, gazetteer, place_at, resolve

RADIUS_KM = 40.0
FAR_KM = 300.0
FAR_SHARE = 0.03  # of the members live in small places with no metropolitan area near
FAR_METRO = "elsewhere"
FAR_LARGEST = 40_000  # people in such a place, at most

METROS: dict[str, float] = {
    "Berlin, DE": 14,
    "London, GB": 13,
    "New York City, NY, US": 12,
    "San Francisco, CA, US": 11,
    "Paris, FR": 9,
    "Madrid, ES": 8,
    "Toronto, CA": 7,
    "Amsterdam, NL": 6,
    "Vienna, AT": 6,
    "São Paulo, BR": 5,
    "Sydney, AU": 5,
    "Tokyo, JP": 4,
}
"""Canonical name of the centre and its share of the members, in parts of the sum."""


@dataclass(frozen=True)
class Towns:
    """Positions in the gazetteer and the share of members in each, which sum to 1."""

    positions: NDArray[np.int64]
    shares: NDArray[np.float64]
    cumulated: NDArray[np.float64]  # running sum of the shares

    def draw(self, at: float) -> int:
        """The position that a uniform number in [0, 1) falls upon."""
        found = int(np.searchsorted(self.cumulated, at, side="right"))
        return int(self.positions[min(found, len(self.positions) - 1)])


@cache
def _columns() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.str_]]:
    """Latitude, longitude, population and country of every city."""
    cities = gazetteer().cities
    return (
        np.array([city.lat for city in cities]),
        np.array([city.lon for city in cities]),
        np.array([city.population for city in cities], dtype=np.int64),
        np.array([city.country for city in cities]),
    )


def _from_centre(metro: str) -> NDArray[np.float64]:
    """Distance of every city from the centre of a metropolitan area, kilometres."""
    centre = resolve(metro)
    lat, lon, _, _ = _columns()
    return distances_km(lat, lon, centre.lat, centre.lon)


def _weighed(chosen: NDArray[np.bool_]) -> Towns:
    population = _columns()[2]
    positions = np.flatnonzero(chosen)
    shares = population[positions] / population[positions].sum()
    return Towns(positions, shares, np.cumsum(shares))


@cache
def towns_of(metro: str) -> Towns:
    """The towns of one metropolitan area, in its own country, weighed by population."""
    _, _, population, country = _columns()
    here = country == resolve(metro).country_code
    return _weighed(here & (_from_centre(metro) <= RADIUS_KM) & (population > 0))


@cache
def far_places() -> Towns:
    """Small places more than 300 km from every metropolitan area."""
    population = _columns()[2]
    far = (population > 0) & (population <= FAR_LARGEST)
    for metro in METROS:
        far &= _from_centre(metro) > FAR_KM
    return _weighed(far)


@cache
def cities_of(country: str | None) -> Towns:
    """Where people are born: the larger cities of one country, or of the world for None."""
    _, _, population, countries = _columns()
    large = population >= (300_000 if country is None else 40_000)
    if country is not None:
        large &= countries == country
        if not large.any():
            large = (countries == country) & (population > 0)
    return _weighed(large)


def draw_metros(rng: np.random.Generator, size: int) -> list[str]:
    """A metropolitan area for each member, `FAR_METRO` for a few."""
    names = [*METROS, FAR_METRO]
    shares = np.array([*METROS.values()]) / sum(METROS.values()) * (1.0 - FAR_SHARE)
    return [names[at] for at in rng.choice(len(names), size=size, p=[*shares, FAR_SHARE])]


def draw_homes(rng: np.random.Generator, metros: list[str]) -> list[Place]:
    """A home for each member, in the metropolitan area given."""
    chosen = np.empty(len(metros), dtype=np.int64)
    areas = np.array(metros)
    for metro in [*METROS, FAR_METRO]:
        here = areas == metro
        towns = far_places() if metro == FAR_METRO else towns_of(metro)
        chosen[here] = rng.choice(towns.positions, size=int(here.sum()), p=towns.shares)
    return [place_at(int(position)) for position in chosen]


def draw_birth_places(rng: np.random.Generator, metros: list[str], homes: list[Place]) -> list[Place | None]:
    """Where members were born: mostly near home or in the same country, sometimes elsewhere.

    About one in twelve never said.
    """
    kinds = rng.choice(4, size=len(homes), p=[0.45, 0.32, 0.15, 0.08])
    born: list[Place | None] = []
    for metro, home, kind in zip(metros, homes, kinds, strict=True):
        if kind == 3:
            born.append(None)
            continue
        if kind == 0 and metro != FAR_METRO:
            towns = towns_of(metro)
        else:
            towns = cities_of(None if kind == 2 else home.country_code)
        born.append(place_at(towns.draw(rng.random())))
    return born
