"""A birth becomes a chart: what its owner may read, and what scores are computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.engine.charts import doubt, packing, sky, telling
from shared.engine.charts.angles import angles
from shared.engine.charts.birth import Birth, Moments, moments_of


@dataclass(frozen=True, slots=True)
class Chart:
    """Natal and design chart of one birth; times are seconds, `start` and `design_start` since 1970 UTC.

    The birth lies in the `duration` seconds after `start`, the design in those after `design_start`;
    both durations are 0 where the time of birth is exact.
    """

    start: float
    duration: float
    design_start: float
    design_duration: float
    numbers: tuple[int, ...] = field(repr=False)

    @property
    def exact(self) -> bool:
        """Whether the birth has one moment."""
        return self.duration == 0

    def packed(self) -> list[int]:
        """What the engine reads back with `expand`: 25 or 77 whole numbers."""
        return list(self.numbers)

    def radix_json(self) -> dict[str, Any]:
        """The natal chart for its owner: `utc longitudes` (degrees by name), see `telling` and `doubt`."""
        if self.exact:
            return telling.radixes([self.start], [self.numbers])[0]
        return doubt.radix(self.start, self.duration, self.numbers)

    def design_json(self) -> dict[str, Any]:
        """The Human Design chart for its owner, see `telling.designs` and `doubt.design`."""
        if self.exact:
            return telling.designs([self.design_start], [self.numbers])[0]
        return doubt.design(self.design_start, self.design_duration, self.numbers)


def compute(births: Sequence[Birth]) -> list[Chart]:
    """The charts of births, in their order. Raises BirthError for the first that is not possible.

    A chart depends on its own birth alone, so that any part of a batch gives the same charts.
    """
    moments = moments_of(births)
    lat = np.array([birth.lat for birth in births], dtype=np.float64)
    lon = np.array([birth.lon for birth in births], dtype=np.float64)
    return of_moments(moments, lat, lon)


def of_moments(moments: Sequence[Moments], lat: NDArray[np.float64], lon: NDArray[np.float64]) -> list[Chart]:
    """The charts of births that may have had these moments, at degrees north and east, in their order."""
    times = np.array(moments, dtype=np.int64).reshape(-1, 3)
    certain, doubted = (np.flatnonzero((times[:, 1] == 0) == exact) for exact in (True, False))
    charts: dict[int, Chart] = {}
    for positions, found in (
        (certain, at_moments(times[certain, 0].astype(np.float64), lat[certain], lon[certain])),
        (doubted, _uncertain(times[doubted], lat[doubted], lon[doubted])),
    ):
        charts.update(zip(positions.tolist(), found, strict=True))
    return [charts[position] for position in range(len(moments))]


def at_moments(
    starts: NDArray[np.float64], lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> list[Chart]:
    """Exact charts of moments (seconds since 1970 UTC) in 1899-12 to 2051-01 at degrees north and east."""
    at = sky.days(starts)
    natal = sky.skies(at)
    turned = angles((natal.sidereal + lon) % 360.0, lat, natal.obliquity)
    before = sky.designs(at, natal.longitudes[:, 0])
    design = sky.skies(before)
    longitudes = packing.to_microdegrees(np.concatenate([natal.longitudes, turned], axis=1))
    behind = packing.behind(packing.to_microdegrees(design.longitudes), longitudes)
    kind = np.full((len(starts), 1), packing.EXACT)
    rows = np.concatenate([kind, longitudes, behind], axis=1).tolist()
    return [
        Chart(start, 0.0, designed, 0.0, tuple(row))
        for start, designed, row in zip(starts.tolist(), sky.seconds(before).tolist(), rows, strict=True)
    ]


def _uncertain(moments: NDArray[np.int64], lat: NDArray[np.float64], lon: NDArray[np.float64]) -> list[Chart]:
    """Charts of moments (start, duration, block) that last."""
    start, duration, block = moments.T
    nodes = np.arange(packing.MOST_NODES) / (packing.MOST_NODES - 1)
    at = sky.days((start[:, None] + duration[:, None] * nodes).ravel())
    natal = sky.skies(at)
    before = sky.designs(at, natal.longitudes[:, 0])
    design = sky.skies(before)
    shape = (len(moments), packing.MOST_NODES)
    meridian = (natal.sidereal.reshape(shape)[:, 0] + lon) % 360.0
    head = np.empty((len(moments), packing.HEAD), dtype=np.int64)
    head[:, 0] = packing.UNCERTAIN
    head[:, 1], head[:, 2] = duration, block
    head[:, 3] = packing.to_microdegrees(meridian)
    head[:, 4] = np.rint(lat * 1e6)
    head[:, 5] = packing.to_microdegrees(natal.obliquity.reshape(shape)[:, 2])
    rows = packing.pack_uncertain(
        head,
        packing.followed(natal.longitudes.reshape(*shape, packing.DESIGN)),
        packing.followed(design.longitudes.reshape(*shape, packing.DESIGN)),
    ).tolist()
    designed = sky.seconds(before).reshape(shape)
    length = designed[:, -1] - designed[:, 0]
    columns = zip(start.tolist(), duration.tolist(), designed[:, 0].tolist(), length.tolist(), strict=True)
    return [Chart(*times, tuple(row)) for times, row in zip(columns, rows, strict=True)]
