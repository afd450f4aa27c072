"""`scripts/names`: writes the tables of cities, zones, languages and areas, after a package has changed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from scripts.tools.names import area_names, city_zones, language_codes, zone_names


def main(arguments: list[str] | None = None) -> None:
    """Write every table."""
    parser = argparse.ArgumentParser(
        prog="scripts/names",
        description="Writes the tables of cities, zones, languages and areas anew. Read what changed.",
    )
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        nargs="?",
        help="an unpacked npm package iso3166-2-db: names of regions are read anew too",
    )
    folder: Path | None = parser.parse_args(arguments).folder
    zone_names.TABLE.write_text(zone_names.table(), encoding="utf-8")
    zone_names.POLICY.write_text(zone_names.policy(), encoding="utf-8")
    language_codes.TABLE.write_text(language_codes.table(), encoding="utf-8")
    language_codes.POLICY.write_text(language_codes.policy(), encoding="utf-8")
    city_zones.TABLE.write_text(city_zones.table(), encoding="utf-8")
    if folder is None:
        source, regions = area_names.kept_regions()
    else:
        package = json.loads((folder / "package.json").read_bytes())
        source, regions = f"{package['name']} {package['version']}", area_names.regions(folder)
    area_names.TABLE.write_text(area_names.table(source, regions), encoding="utf-8")


if __name__ == "__main__":
    main()
