"""Writes `shared/engine/charts/merged_zones.json`: `-m scripts.tools.chart.merged_zones FOLDER RELEASE`.

The tz database keeps one zone where several places agree since 1970 and moves what differed before into
its file `backzone`, which the `tzdata` package leaves out. FOLDER holds zone files compiled with it
(`make PACKRATDATA=backzone PACKRATLIST=zone.tab`, as Debian's package `tzdata` is), RELEASE is its name.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path

from shared.engine.charts import tzif, zones

_BEFORE = -2_240_524_800  # 1899-01-01: earlier offsets matter to nobody's chart
_MERGED_BEFORE = 0  # 1970-01-01: the agreement that zones are merged by


def main(folder: Path, release: str) -> None:
    """Compares every zone of the package that is another name of one with the file in the folder."""
    listed = files("tzdata").joinpath("zones").read_text().split()
    names = [name for name in listed if "/" in name]  # places, not EST
    content = {name: zones.published(name) for name in names}
    merged: dict[str, list[str]] = {}
    for name in names:
        other = folder / name
        twins = [twin for twin in names if twin != name and content[twin] == content[name]]
        if not other.is_file() or not any(
            (folder / twin).is_file() and (folder / twin).read_bytes() != other.read_bytes() for twin in twins
        ):
            continue
        ours, theirs = tzif.read(content[name]), tzif.read(other.read_bytes())
        moments = sorted({_BEFORE, *(at for at, _ in (*ours.changes, *theirs.changes))})
        differing = [
            index
            for index, at in enumerate(moments)
            if _BEFORE <= at < _MERGED_BEFORE and tzif.offset_at(ours, at) != tzif.offset_at(theirs, at)
        ]
        if differing:
            end = min([*moments[differing[-1] + 1 : differing[-1] + 2], _MERGED_BEFORE])
            kept = [[at, offset] for at, offset in tzif.until(theirs, end) if at > _BEFORE]
            history = json.dumps([end, tzif.offset_at(theirs, _BEFORE), kept], separators=(",", ":"))
            merged.setdefault(history, []).append(name)
    lines = [
        f"{json.dumps(' '.join(names))}: {history}"
        for history, names in sorted(merged.items(), key=lambda item: item[1])
    ]
    zones.MERGED.write_text(
        f'{{"release": {json.dumps(release)},\n"until, first offset, changes": {{\n'
        + ",\n".join(lines)
        + "\n}}\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
