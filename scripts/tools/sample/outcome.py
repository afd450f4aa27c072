"""What became of the community: a summary after loading, and who found nobody after a run."""

from collections import Counter
from typing import Any

import psycopg

from scripts.tools.sample.community import Community

_FOUND_NOBODY = """
select
    case
        when u.gender = 'non_binary' then 'non-binary'
        when p.preferred_genders = '{}' or p.preferred_genders @> '{female,male}' then 'bisexual or any'
        when u.gender = any (p.preferred_genders) then 'gay'
        else 'straight'
    end as orientation,
    count(*) as active,
    count(*) filter (where not exists (
        select from public.matches m where m.user_a = u.id
    ) and not exists (
        select from public.matches m where m.user_b = u.id
    )) as nobody
from public.connect_profiles p join public.users u on u.id = p.user_id
where p.is_active or p.paused_until <= now()
group by 1 order by 2 desc, 1
"""


def summary(community: Community) -> str:
    """How many members there are: active, by metropolitan area, by orientation."""
    lines = [f"{len(community):,} members, {sum(community.active):,} active"]
    for title, column in (("where", community.metro), ("who", community.orientation)):
        counted = Counter(column).most_common()
        lines.append(f"  {title:<6}" + " · ".join(f"{name} {count:,}" for name, count in counted))
    return "\n".join(lines)


def found_nobody(connection: psycopg.Connection[Any]) -> list[tuple[str, int, int]]:
    """Orientation, active members, and those of them who were never in a match.

    The orientation is what gender and preferred genders say: members who would meet women and men
    count as bisexual or any, whatever they would call themselves.
    """
    return [tuple(row) for row in connection.execute(_FOUND_NOBODY).fetchall()]


def outcome(connection: psycopg.Connection[Any]) -> str:
    """The same as a small table."""
    rows = found_nobody(connection)
    rows.append(("all", sum(active for _, active, _ in rows), sum(nobody for *_, nobody in rows)))
    lines = [f"{'orientation':<16}{'active':>9}{'found nobody':>15}"]
    for orientation, active, nobody in rows:
        share = f"{nobody / active:.1%}" if active else ""
        lines.append(f"{orientation:<16}{active:>9,}{nobody:>15,}  {share}".rstrip())
    return "\n".join(lines)
