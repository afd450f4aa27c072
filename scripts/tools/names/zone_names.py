"""Names of time zones: which are known, and which are other names of one place.

CLDR says which names are renamings of one place (`Asia/Calcutta` of `Asia/Kolkata`). The tz database also
links zones that merely agree since 1970 (`Europe/Oslo` to `Europe/Berlin`), so its links cannot be asked.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from importlib.resources import files

from babel.core import get_global

from scripts.tools.names.files import POLICIES, SHARED, wrapped

TABLE = SHARED / "places" / "zone_names.json"
POLICY = POLICIES / "00_base" / "zones.sql"

_NO_ZONES = {"Factory", "Etc/Unknown"}
_WITHOUT_A_PLACE = frozenset(
    ("CET", "CST6CDT", "EET", "EST", "EST5EDT", "HST", "MET", "MST", "MST7MDT", "PST8PDT", "WET")
)
"""Rules for many countries. CLDR and the tz database take each for one city, but its sender may live
elsewhere."""


def zone_of_every_name() -> dict[str, str]:
    """The zone each known name stands for, a zone's own name included; sorted."""
    renamed = dict(get_global("zone_aliases"))
    listed = set(files("tzdata").joinpath("zones").read_text().split())
    names = (listed | renamed.keys() | get_global("zone_territories").keys()) - _NO_ZONES
    zones = {name: name if name in _WITHOUT_A_PLACE else renamed.get(name, name) for name in sorted(names)}
    for zone in zones.values():
        if zones.get(zone) != zone or zone not in listed:
            raise ValueError(f"{zone} is no name to store")
    return zones


def source() -> str:
    """What the table was made from."""
    return f"CLDR as in Babel {version('babel')}, tzdata {version('tzdata')}"


def table() -> str:
    """`shared/places/zone_names.json`: each zone with its other names."""
    others: dict[str, list[str]] = {}
    for name, zone in zone_of_every_name().items():
        others.setdefault(zone, []).extend([name] if name != zone else [])
    entries = [f"{json.dumps(zone)}: {json.dumps(' '.join(names))}" for zone, names in sorted(others.items())]
    lines = ",\n".join(wrapped(entries, ", ", 110))
    return f'{{"source": {json.dumps(source())},\n"other names": {{\n{lines}\n}}}}\n'


def policy() -> str:
    """`supabase/policies/00_base/zones.sql`: the same table as a function."""
    zones = zone_of_every_name().items()
    entries = [f'"{name}": {"null" if name == zone else json.dumps(zone)}' for name, zone in zones]
    return _POLICY.format(source=source(), lines=",\n".join(wrapped(entries, ", ", 118)))


_POLICY = """\
-- Names of time zones, from shared/places/zone_names.json: made by scripts/names, not to be edited.
-- {source}. This server's own tz database is not asked: servers have different ones.

create or replace function private.zone_of(name text) returns text
language sql immutable parallel safe set search_path = '' as $$
    select case when z.zones ? name then coalesce(z.zones ->> name, name) end
    from (select '{{
{lines}
}}'::jsonb) z (zones)
$$;
comment on function private.zone_of(text) is
    'The name a time zone is stored and compared by, null for no zone. CLDR''s renamings are one zone.';

-- A release may know a renaming that the one before it did not.
update public.users u set tz = private.zone_of(u.tz) where private.zone_of(u.tz) <> u.tz
    and (u.birth_tz is null or private.zone_of(u.birth_tz) is not null);
update public.users u set birth_tz = private.zone_of(u.birth_tz)
where private.zone_of(u.birth_tz) <> u.birth_tz and (u.tz is null or private.zone_of(u.tz) is not null);
"""
