"""Time zones from the pinned `tzdata` package, whatever the machine's own zone files say.

`zoneinfo` prefers the files of the operating system, which differ from machine to machine and change
under a running service. Reading the package's files leaves the rest of the process as it is.

The package holds one zone where several countries agree since 1970: Oslo, Stockholm and Copenhagen are
Berlin there, Amsterdam is Brussels, and summers of the 1940s to 1960s would be an hour off, 15° of the
ascendant. What the tz database knows of them (its file `backzone`, in the public domain) lies beside this
file and goes before the package's history; `scripts/tools/chart/merged_zones.py` made it.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from shared.engine.charts import tzif
from shared.places.zones import zone_of

MERGED = Path(__file__).with_name("merged_zones.json")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


class UnknownZone(ValueError):
    """No zone bears this name."""


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name, upper and lower case as published. Raises UnknownZone.

    A place has the same past under each of its names, and the `key` is the one name it is stored under.
    """
    name = zone_of(name) or name
    try:
        content = published(name)
        if name in _merged():
            content = tzif.write(_with_own_past(tzif.read(content), *_merged()[name]))
        return ZoneInfo.from_file(BytesIO(content), key=name)
    except (OSError, ValueError):  # no such file, a folder, or one of the package's lists
        raise UnknownZone("the time zone is not an IANA name such as Europe/Berlin") from None


def published(name: str) -> bytes:
    """The package's file of a zone. Raises OSError or ValueError where there is none."""
    if not _NAME.fullmatch(name):
        raise ValueError("not a name of a zone")
    return files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def release() -> str:
    """Name and version of the zone data, and a hash of what was added to it."""
    return f"tzdata {version('tzdata')} {sha256(MERGED.read_bytes()).hexdigest()[:12]}"


@cache
def _merged() -> dict[str, tuple[int, int, list[tuple[int, int]]]]:
    """By name: the moment up to which a zone has a past of its own, its first offset, its changes."""
    told = json.loads(MERGED.read_bytes())["until, first offset, changes"]
    return {name: history for names, history in told.items() for name in names.split()}


def _with_own_past(
    shared: tzif.History, until: int, first: int, changes: list[tuple[int, int]]
) -> tzif.History:
    """A merged zone with the offsets of its own up to a moment."""
    later = [change for change in shared.changes if change[0] > until]
    joined = [(at, offset) for at, offset in changes]
    return tzif.History(first, [*joined, (until, tzif.offset_at(shared, until)), *later], shared.rule)
