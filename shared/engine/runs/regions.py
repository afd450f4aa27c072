"""Everybody in the world, region by region: no process ever holds more than one region's members.

A region is a box of the map. Its own members live in it. Its guests live elsewhere, and the circle of their
reach touches the box. Two members may meet only if each lives within the other's reach. So in the region in
which a member lives stands everybody whom that member may meet: the member's list is made there and complete.

Regions are run one after the other. What a member was proposed in one region counts in the next: the
capacity is less, and no pair is proposed twice.

Between regions nobody reaches farther than `FARTHEST_KM`, whatever distance they name. Inside a region
distances count as they are.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from shared.engine.pool.pool import Flags, Pool, Real, Whole
from shared.engine.runs.night import Night, night
from shared.engine.runs.run_settings import Rules
from shared.places.grid import EARTH_RADIUS_KM

FARTHEST_KM = 300.0
_TRIED = np.linspace(0.25, 0.75, 65)
_LEAST_GAIN = 0.9
"""A box is not cut in two where the larger half has more of its members than this."""


class Region(NamedTuple):
    """Members by their numbers, ascending."""

    own: Whole
    guests: Whole


class Visit(NamedTuple):
    """A region that was run."""

    region: Region
    pool: Pool
    numbers: Whole
    """By position in the pool, the member's number."""
    night: Night


Load = Callable[[Whole], tuple[Pool, Whole]]
"""The pool of the members with these numbers, and the number of the member at each position of it."""


def cut(latitudes: Real, longitudes: Real, reaches_km: Real, most: int) -> list[Region]:
    """Regions in which at most `most` members stand, where reaches allow it; degrees, one entry per member.

    Every member is one region's own. The caller places members without a home cell, for example in the middle
    of their zone. They meet those of their zone who stand there.
    """
    reach = np.minimum(reaches_km, FARTHEST_KM) / EARTH_RADIUS_KM
    north = np.degrees(reach)
    across = np.sin(reach) / np.maximum(np.cos(np.radians(latitudes)), 1e-12)
    # A circle that holds a pole reaches every meridian.
    polar = np.abs(latitudes) + north >= 90.0
    east = np.where(polar, 180.0, np.degrees(np.arcsin(np.minimum(across, 1.0))))

    def touches(box: _Box, numbers: Whole) -> Flags:
        middle, half = (box.west + box.east) / 2, (box.east - box.west) / 2
        around = np.abs((longitudes[numbers] - middle + 180.0) % 360.0 - 180.0) - half
        beyond = np.maximum(box.south - latitudes[numbers], latitudes[numbers] - box.north)
        found: Flags = (around <= east[numbers]) & (beyond <= north[numbers])
        return found

    def halves(box: _Box, own: Whole) -> tuple[_Box, _Box]:
        """Along the line that the fewest reach across, with a quarter of the members on either side."""
        lines = []
        for at, beyond, names in (
            (longitudes, east, ("west", "east")),
            (latitudes, north, ("south", "north")),
        ):
            places, reach = at[own], beyond[own]
            tried = np.quantile(places, _TRIED, method="nearest")
            crossed = np.searchsorted(np.sort(places - reach), tried, "right")
            crossed -= np.searchsorted(np.sort(places + reach), tried, "left")
            lines.append((int(crossed.min()), float(tried[crossed.argmin()]), names))
        _, line, (before, after) = min(lines)
        return box._replace(**{after: line}), box._replace(**{before: line})

    def cut_box(box: _Box, own: Whole, standing: Whole) -> Iterator[Region]:
        if len(standing) > most and len(own) > 1:
            parts = []
            for half in halves(box, own):
                inside = (latitudes[own] >= half.south) & (latitudes[own] < half.north)
                inside &= (longitudes[own] >= half.west) & (longitudes[own] < half.east)
                mine, touched = own[inside], standing[touches(half, standing)]
                parts.append((half, mine, np.union1d(touched, mine)))
            if max(len(part[2]) for part in parts) <= _LEAST_GAIN * len(standing):
                for part in parts:
                    yield from cut_box(*part)
                return
        if len(own):
            yield Region(own, np.setdiff1d(standing, own, assume_unique=True))

    everybody = np.arange(len(latitudes))
    return list(cut_box(_Box(-91.0, -181.0, 91.0, 181.0), everybody, everybody))


class _Box(NamedTuple):
    """Degrees; from the south and the west on, up to below the north and the east."""

    south: float
    west: float
    north: float
    east: float


def visits(regions: Sequence[Region], load: Load, rules: Rules, now: datetime.datetime) -> Iterator[Visit]:
    """Run the regions in their order. `load` says what a member could take before the first of them."""
    stands = _stands(regions)
    used = np.zeros(len(stands), dtype=np.int64)
    taken = np.empty((0, 2), dtype=np.int64)
    for region in regions:
        pool, numbers = load(np.sort(np.concatenate(region)))
        pool = replace(
            pool,
            capacities=pool.capacities - used[numbers],
            met=np.union1d(pool.met, _keys(taken, numbers, len(stands))),
        )
        found = night(pool, rules, now)
        place = {id_: at for at, id_ in enumerate(pool.ids)}
        pairs = numbers[[[place[p.a], place[p.b]] for p in found.ranking.proposals] or np.empty((0, 2), int)]
        np.add.at(used, pairs, 1)
        # Others never stand together again.
        taken = np.concatenate([taken, pairs[(stands[pairs] > 1).all(axis=1)]])
        yield Visit(region, pool, numbers, found)


def _stands(regions: Iterable[Region]) -> Whole:
    """In how many regions each member stands."""
    return np.bincount(np.concatenate([np.empty(0, np.int64), *(part for one in regions for part in one)]))


def _keys(pairs: Whole, numbers: Whole, members: int) -> Whole:
    """Pairs of numbers as keys of positions, those who are not both in the pool left out."""
    place = np.full(members, -1, dtype=np.int64)
    place[numbers] = np.arange(len(numbers))
    both = place[pairs]
    both = both[(both >= 0).all(axis=1)]
    keys: Whole = both.min(axis=1) * len(numbers) + both.max(axis=1)
    return keys
