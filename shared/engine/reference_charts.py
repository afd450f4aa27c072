"""The reference births: where the constants that standardise `astro` and `hd` come from.

Births between 1950 and 2007, to the minute, at places where people live; the mean and the deviation of a
block's raw value over all their pairs are frozen in `configuration`, so that a score does not move with
whoever is in the pool. `python -m shared.engine.reference_charts` prints them; a test holds the two equal.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.engine.charts import Birth, compute
from shared.engine.compiled import across_cores
from shared.engine.features.chart_features import ChartFeatures
from shared.engine.reference import Moments
from shared.engine.scoring import composite, synastry
from shared.engine.scoring.certainty import pair_instants

RawBlock = Callable[
    [ChartFeatures, npt.NDArray[np.int64], npt.NDArray[np.int32], int, int], npt.NDArray[np.float64]
]


@dataclass(frozen=True)
class Births:
    """The law the reference births are drawn by."""

    seed: int = 20260221
    births: int = 3000
    first: datetime.date = datetime.date(1950, 1, 1)
    days: int = 21_184
    """To the end of 2007."""
    north: float = 0.88
    """The part of births north of the equator."""
    northern: tuple[float, float] = (5.0, 60.0)
    southern: tuple[float, float] = (0.0, 40.0)
    """Degrees from the equator, evenly."""


BIRTHS = Births()


def draw_births(law: Births = BIRTHS) -> list[Birth]:
    """Births on any day, minute and longitude with equal chance."""
    rng = np.random.default_rng(law.seed)
    days = rng.integers(law.days, size=law.births).tolist()
    minutes = rng.integers(24 * 60, size=law.births).tolist()
    part = rng.random(law.births)
    north = law.northern[0] + (law.northern[1] - law.northern[0]) * part
    south = law.southern[0] + (law.southern[1] - law.southern[0]) * part
    latitudes = np.where(rng.random(law.births) < law.north, north, -south).tolist()
    longitudes = (360.0 * rng.random(law.births) - 180.0).tolist()
    return [
        Birth(
            law.first + datetime.timedelta(days=day),
            datetime.time(minute // 60, minute % 60),
            "exact",
            latitude,
            longitude,
            "UTC",
        )
        for day, minute, latitude, longitude in zip(days, minutes, latitudes, longitudes, strict=True)
    ]


def draw_features(law: Births = BIRTHS) -> ChartFeatures:
    """The charts of the drawn births."""
    return ChartFeatures.parse([chart.packed() for chart in compute(draw_births(law))])


def moments(features: ChartFeatures) -> dict[str, Moments]:
    """The constants of `astro` and `hd` over all pairs of members, unrounded."""
    members = len(features)
    start = np.concatenate([[0], np.cumsum(np.arange(members - 1, -1, -1))]).astype(np.int64)
    high = np.triu_indices(members, 1)[1].astype(np.int32)

    def of(block: RawBlock) -> Moments:
        parts = across_cores(lambda first, last: block(features, start, high, first, last), members, 256)
        raw = np.concatenate(parts)
        return Moments(float(raw.mean()), float(raw.std()))

    return {"astro": of(synastry.raw), "hd": of(composite.raw)}


def usual_families(features: ChartFeatures, neighbours: int = 40) -> dict[str, dict[str, float]]:
    """What each family of terms comes to in the mean over pairs of members drawn one soon after the other."""
    members = np.repeat(np.arange(len(features)), neighbours)
    others = (members + np.tile(np.arange(1, neighbours + 1), len(features))) % len(features)
    pairs = pair_instants(features, members, others)
    found = {}
    for name, block in (("astro", synastry), ("hd", composite)):
        read = block.readings(pairs, above=0.0, below=0.0, carries=0.5).families
        found[name] = {family: float(above.mean()) + block.USUAL[family] for family, above in read.items()}
    return found


if __name__ == "__main__":
    births = draw_features()
    for name, found in moments(births).items():
        print(f"{name:10} mean {found.mean:9.4f}  deviation {found.deviation:9.4f}")
    for name, means in usual_families(births).items():
        for family, mean in means.items():
            print(f"{name:10} {family:14} {mean:9.4f}")
