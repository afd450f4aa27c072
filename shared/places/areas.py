"""Countries and their regions by name, in the languages that members write.

`area_names.json` beside this file holds the names; `scripts/names` made it. A region is what the gazetteer
calls the first administrative level: a state, a province, a canton.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("area_names.json")


class Areas(NamedTuple):
    """Countries and regions by folded name. A region is its ISO 3166 country and the gazetteer's code."""

    countries: dict[str, frozenset[str]]
    regions: dict[str, frozenset[tuple[str, str]]]

    def holds(self, name: str, country: str, region: str) -> bool:
        """Whether a place in that region of that country lies in an area of this name.

        >>> areas().holds("bayern", "DE", "02"), areas().holds("germany", "DE", "02")
        (True, True)
        """
        return country in self.countries.get(name, ()) or (country, region) in self.regions.get(name, ())

    def knows(self, name: str) -> bool:
        """Whether this is the name of any country or region."""
        return name in self.countries or name in self.regions


@cache
def areas() -> Areas:
    """All names, about 12,000. They are read on first use, because most requests name no place."""
    names = json.loads(TABLE.read_bytes())
    return Areas(
        {name: frozenset(codes.split()) for name, codes in names["countries"].items()},
        {
            name: frozenset((code[:2], code[3:]) for code in codes.split())
            for name, codes in names["regions"].items()
        },
    )
