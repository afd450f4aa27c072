"""Writes the tables of names: `scripts/names`, after a package they are made of changed.

With FOLDER, an unpacked npm package `iso3166-2-db`, the names of regions are read anew too.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from scripts.tools.names import area_names, city_zones, language_codes, zone_names


def main(folder: Path | None) -> None:
    """Write every table."""
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
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
