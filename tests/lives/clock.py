"""The clock of a life: it is moved by making everything older, and tells of a time after which step it was.

Nothing in the database can hold its own clock back, so every time that is stored is moved into the past. The
member's transcript then names a time by the last step before it, and by the lifetime that was added to it.
"""

import bisect
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg

# What the product adds to the time of an act: nothing, the code of an erasure, a proposal, a chat.
_LIFETIMES = {"": 0, "10 minutes": 600, "3 days": 72 * 3600, "30 days": 720 * 3600}
# Tables whose triggers would take ageing for a change. Inside one transaction they keep their times.
_TAKEN_FOR_A_CHANGE = (
    *("public.users", "public.connect_profiles", "public.consents", "public.settings", "public.genders"),
    *("public.birth_charts", "public.matching_preferences", "public.user_features"),
    *("public.quiz_responses", "public.user_quiz_vectors"),
    *("public.work_profiles", "public.admin_actions", "public.events"),
)
# Nothing in a life writes there, or nobody reads when.
_OF_THE_MACHINE = (
    *("private.bell_nonces", "private.engine_versions", "private.funnels", "private.lists"),
    *("private.matchmaking_leases", "private.pool_history"),
    *("private.pool_members_due", "private.score_generation", "public.job_runs", "public.match_outcomes"),
    *("public.matchmaking_jobs", "public.matchmaking_parked", "public.domain_events"),
)
_COLUMNS = (
    "select format('%I.%I', n.nspname, c.relname), array_agg(quote_ident(a.attname)) from pg_class c"
    " join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('public', 'private')"
    " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
    " where c.relkind = 'r' and a.atttypid = 'timestamptz'::regtype and a.attgenerated = ''"
    " group by 1 order by 1"
)

_UNIQUE = (
    "select distinct format('%I.%I', n.nspname, c.relname) from pg_index i"
    " join pg_class c on c.oid = i.indrelid"
    " join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('public', 'private')"
    " join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)"
    " where i.indisunique and a.atttypid = 'timestamptz'::regtype"
)


def _updates(table: str, columns: list[str], is_unique: bool) -> str:
    # A row must not pass through a time of its neighbour on the way.
    return " ".join(
        f"update {table} set {', '.join(f'{column} = {column} - ({by})' for column in columns)};"
        for by in (("by + far", "- far") if is_unique else ("by",))
    )


def prepare(database: psycopg.Connection[Any]) -> None:
    """Make `lives.age()`, for one transaction, and `lives.age_all()`, which triggers do not notice.

    Then, where told so, the schedule ticks or the matcher takes everybody from its queue.
    """
    every = {str(table): list(columns) for table, columns in database.execute(_COLUMNS).fetchall()}
    unique = {str(table) for (table,) in database.execute(_UNIQUE).fetchall()}
    left_out = {*_TAKEN_FOR_A_CHANGE, *_OF_THE_MACHINE}
    some = {table: columns for table, columns in every.items() if table not in left_out}
    for name, tables, more in (
        ("age", some, ""),
        ("age_all", every, "set session_replication_role = replica"),
    ):
        body = "\n".join(
            # Most tables are empty, and to ask costs less than an update of nothing.
            f"if exists (select from {table}) then {_updates(table, columns, table in unique)} end if;"
            for table, columns in tables.items()
        )
        database.execute(
            f"create function lives.{name}(by interval, swept boolean, served boolean) returns timestamptz"
            f" language plpgsql security definer {more} as $$"
            f" declare far constant interval := '1000 years'; begin {body}"
            " if swept then perform private.notice_absences(), private.expire_matches(); end if;"
            " if served then delete from public.matchmaking_queue; end if;"
            " return now(); end $$"
        )


@dataclass
class Clock:
    """The moments of one life, as they lie now that the past has been moved."""

    marks: list[datetime] = field(default_factory=list)

    def mark(self, now: datetime) -> None:
        """A step begins."""
        self.marks.append(now)

    def shift(self, seconds: int) -> None:
        """Everything has become older."""
        self.marks = [mark - timedelta(seconds=seconds) for mark in self.marks]

    def name(self, told: str) -> str:
        """A time in words that are the same in two runs of the same life."""
        at = datetime.fromisoformat(told)
        end = self.marks[-1] + timedelta(seconds=150)
        found = [
            f"{bisect.bisect_right(self.marks, since) - 1}{lifetime and ' + ' + lifetime}"
            for lifetime, seconds in _LIFETIMES.items()
            if self.marks[0] <= (since := at - timedelta(seconds=seconds)) < end
        ]
        if found:
            return f"<step {' or '.join(found)}>"
        hours = round((at - self.marks[0]).total_seconds() / 3600)
        return f"<{hours} hours from the beginning>"
