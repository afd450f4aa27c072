"""Names of time zones. Renamings of one place (`Asia/Calcutta`, `US/Pacific`) are one zone under one name.

`zone_names.json` beside this file holds the names; `scripts/names` made it from CLDR and the tz database.
SQL judges by the same table (`private.zone_of`).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("zone_names.json")


def zone_of(name: str) -> str | None:
    """The name under which a zone is stored and compared; None if there is no such zone.

    >>> zone_of("Asia/Calcutta"), zone_of("CET"), zone_of("Mars/Olympus")
    ('Asia/Kolkata', 'CET', None)
    """
    return known_names().get(name)


@cache
def known_names() -> dict[str, str]:
    """Every known name with its zone, about 600. They are read on first use: few requests name one."""
    others: dict[str, str] = json.loads(TABLE.read_bytes())["other names"]
    return {name: zone for zone, names in others.items() for name in (zone, *names.split())}
