"""Places in a body: turns the name that a member gave into a place and its grid cell.

The gazetteer and the grid are loaded on first use. They would take half of a cold start, and most requests
name no place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.errors import InvalidBody

if TYPE_CHECKING:
    from shared.places.resolve import Place

MAX_CANDIDATES = 10
LOOK_UP_COST = 3
"""Cost of a name that is no place. It is compared with all names, which takes as long as thirty other
refusals."""


def locate(field: str, name: str | None) -> Place | None:
    """The place of that name; None for None. Raises InvalidBody with the field and `candidates`.

    >>> locate("homePlace", "Moskau").name
    'Moscow, RU'
    """
    if name is None:
        return None
    from shared.places.resolve import AmbiguousPlace, UnknownPlace, resolve

    try:
        return resolve(name)
    except UnknownPlace as error:
        raise _refused(field, "is not a place we know", error.candidates) from None
    except AmbiguousPlace as error:
        raise _refused(field, "names more than one place", error.candidates) from None


def locate_home(name: str | None) -> Place | None:
    """The place a member lives at. Coordinates are replaced by the middle of their grid cell.

    >>> locate_home("48.137, 11.575").name
    '48.150, 11.615'
    """
    place = locate("homePlace", name)
    if place is None or place.country_code:
        return place
    from dataclasses import replace

    from shared.places.coordinates import coarse, written

    lat, lon = coarse(place.lat, place.lon)
    return replace(place, name=written(lat, lon), lat=lat, lon=lon)


def cell_of(place: Place) -> str:
    """The grid cell of a place, about 10 km wide. Distances compare cells only."""
    from shared.places.grid import home_cell

    return home_cell(place.lat, place.lon)


def _refused(field: str, problem: str, candidates: tuple[str, ...]) -> InvalidBody:
    return InvalidBody(
        f"{field}: {problem}.",
        extras={
            "errors": [{"field": field, "problem": problem}],
            "candidates": list(candidates[:MAX_CANDIDATES]),
        },
        cost=LOOK_UP_COST,
    )
