"""The reference births: where the constants that standardise `astro` and `hd` come from.

Births between 1950 and 2007, to the minute, at places where people live. The mean and the deviation of a
part's raw value over all their pairs are written down in the files of the parts, so that a score does not
move with who is in the pool. `python -m shared.engine.reference_charts` prints what the families of terms
come to; a test holds the two equal.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shared.engine.charts import Birth, compute
from shared.engine.features import composite, synastry
from shared.engine.features.certainty import pair_instants
from shared.engine.features.chart_features import ChartFeatures


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


def communities() -> Iterator[tuple[ChartFeatures]]:
    """The drawn births as one community."""
    yield (draw_features(),)


def examples() -> list[list[int]]:
    """Packed charts of one birth at noon, whose time is known, nearly known and unknown."""
    born, noon = datetime.date(1990, 5, 17), datetime.time(12)
    where = 52.5, 13.4, "Europe/Berlin"
    births = [
        Birth(born, noon, "exact", *where),
        Birth(born, noon, "approximate", *where),
        Birth(born, None, "unknown", *where),
    ]
    return [chart.packed() for chart in compute(births)]


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
    for name, means in usual_families(draw_features()).items():
        for family, mean in means.items():
            print(f"{name:10} {family:14} {mean:9.4f}")
