"""The catalogue of interests as a function of SQL."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.stack.home import ROOT
from shared.interests import LANGUAGES, Entry, catalogue

CATALOGUE = ROOT / "supabase" / "policies" / "20_signals" / "interest_catalogue.sql"

_FILE = """\
-- The catalogue of interests. Written by scripts/docs from shared/interests/catalogue.toml: change it there.

create or replace function private.interest_catalogue()
returns table (place integer, subject text, slug text, names jsonb)
language sql immutable set search_path = '' as $$
    select row_number() over (), c.subject, c.slug, jsonb_build_object({names})
    from (values
        {rows}) c (subject, slug, {columns})
$$;
comment on function private.interest_catalogue() is
    'Subjects, which have no subject, and interests, in the order in which members read them.';
"""


def interest_catalogue() -> str:
    """The policy file of `private.interest_catalogue()`."""
    return _FILE.format(
        names=", ".join(f"'{language}', c.{language}" for language in LANGUAGES),
        columns=", ".join(LANGUAGES),
        rows=",\n        ".join(_rows()),
    )


def _rows() -> Iterator[str]:
    for subject in catalogue():
        yield _row("null", subject)
        for interest in subject.interests:
            yield _row(f"'{subject.slug}'", interest)


def _row(subject: str, entry: Entry) -> str:
    names = ", ".join("'" + entry.names[each].replace("'", "''") + "'" for each in LANGUAGES)
    return f"({subject}, '{entry.slug}', {names})"
