"""Births for the tests of charts."""

from datetime import date, time
from typing import Any

import numpy as np

from shared.engine.charts import Birth

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "Pacific/Apia")


def born(**given: Any) -> Birth:
    """A birth in Berlin on a summer afternoon, except for what is given."""
    usual = {
        "date": date(1990, 5, 17),
        "time": time(14, 30),
        "accuracy": "exact",
        "lat": 52.52,
        "lon": 13.41,
        "tz": "Europe/Berlin",
    }
    return Birth(**{**usual, **given})


def unknown(**given: Any) -> Birth:
    """The same birth, the time unknown."""
    return born(**{"time": None, "accuracy": "unknown", **given})


def crowd(count: int, seed: int = 1) -> list[Birth]:
    """Births of 1950 to 2007 anywhere between the polar circles; half of the times unknown."""
    chance = np.random.default_rng(seed)
    births = []
    for position in range(count):
        known = bool(position % 2)
        births.append(
            Birth(
                date.fromordinal(int(chance.integers(711_858, 733_042))),
                time(int(chance.integers(5, 23)), int(chance.integers(60))) if known else None,
                "exact" if known else "unknown",
                float(chance.uniform(-66, 66)),
                float(chance.uniform(-180, 180)),
                ZONES[position % len(ZONES)],
            )
        )
    return births
