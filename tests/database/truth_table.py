"""Reads permission_matrix.md, the written truth table, and compares what it names with a database."""

from functools import cache
from pathlib import Path
from typing import Any

import psycopg

PAGE = Path(__file__).with_name("permission_matrix.md")
VERBS = ("select", "insert", "update", "delete")
ROW_ACTORS = ("nobody", "other role", "anonymous", "stranger", "member", "side a", "side b", "service")
FUNCTION_ACTORS = ("nobody", "other role", "anonymous", "stranger", "member", "service")
# The database role behind each actor.
ROLE_OF = dict.fromkeys(ROW_ACTORS, "authenticated") | {"nobody": "anon", "service": "service_role"}
del ROLE_OF["other role"]

Row = dict[str, str]


@cache
def section(heading: str) -> tuple[Row, ...]:
    """The rows of the one table under a heading, each a dict from column name to cell.

    Raises AssertionError for a heading that is not there and for a row with too few or too many cells: a cell
    lost in the page would be a cell never tried.
    """
    text = PAGE.read_text(encoding="utf-8")
    start = text.find(f"\n## {heading}\n")
    assert start >= 0, f"permission_matrix.md has no section {heading!r}"
    lines = text[start + 1 :].split("\n## ", 1)[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    header, _, *rows = cells
    for row in rows:
        assert len(row) == len(header), f"{heading}: {row} has not the cells of {header}"
    return tuple(dict(zip(header, row, strict=True)) for row in rows)


@cache
def rows() -> dict[str, dict[str, Row]]:
    """Table → verb → cells by actor."""
    found: dict[str, dict[str, Row]] = {}
    for row in section("Rows"):
        for verb in row["verb"].split(", "):
            assert verb not in found.setdefault(row["table"], {}), f"{row['table']} {verb} is written twice"
            found[row["table"]][verb] = {actor: row[actor] for actor in ROW_ACTORS}
    for table, verbs in found.items():
        assert set(verbs) == set(VERBS), f"{table} lacks {set(VERBS) - set(verbs)}"
    return found


def tables() -> list[str]:
    """Every table the page names."""
    return list(rows())


@cache
def columns() -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Table → its owner column (or ""), the columns open to members, the columns closed to them."""
    return {
        row["table"]: (
            row["owner"],
            tuple(row["open to members"].split()),
            tuple(row["closed to members"].split()),
        )
        for row in section("Columns")
    }


def key(table: str) -> str:
    """The column that names one row: `id`, or whose row it is where a member has just one; else the first."""
    _, open_columns, closed = columns()[table]
    names = (*open_columns, *closed)
    return next((name for name in ("id", "user_id") if name in names), names[0])


@cache
def functions() -> dict[str, Row]:
    """Function → cells by actor."""
    return {row["function"]: {actor: row[actor] for actor in FUNCTION_ACTORS} for row in section("Functions")}


def functions_of(role: str) -> set[str]:
    """The functions of public that a database role may execute, as the page says."""
    actors = [actor for actor in FUNCTION_ACTORS if ROLE_OF.get(actor) == role]
    return {name for name, cells in functions().items() if any(cells[actor] != "no" for actor in actors)}


def grants_of(role: str) -> set[tuple[str, str]]:
    """The (table, verb) pairs of public that a role needs a grant for, as the page says."""
    actors = [actor for actor in ROW_ACTORS if ROLE_OF.get(actor) == role]
    return {
        (table, verb)
        for table, verbs in rows().items()
        for verb, cells in verbs.items()
        if any(cells[actor] != "no" for actor in actors)
    }


def gaps(database: psycopg.Connection[Any]) -> list[str]:
    """What the database has and the page lacks, or the reverse; empty when each names the other whole."""
    has = database.execute(
        "select c.relname, array_agg(a.attname::text) from pg_class c"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')"
        " group by c.relname"
    ).fetchall()
    found = {str(table): set(names) for table, names in has}
    wrong = [f"table {table} is not in Rows" for table in set(found) - set(rows())]
    wrong += [f"table {table} of Rows does not exist" for table in set(rows()) - set(found)]
    wrong += [f"table {table} is in Rows or Columns only" for table in set(rows()) ^ set(columns())]
    for table, (owner, open_columns, closed) in columns().items():
        named = [*open_columns, *closed]
        wrong += [f"{table}.{name} is written twice" for name in set(named) if named.count(name) > 1]
        wrong += [f"{table}.{name} is not in Columns" for name in found.get(table, set()) - set(named)]
        wrong += [
            f"{table}.{name} does not exist"
            for name in {*named, *filter(None, [owner])} - found.get(table, set())
        ]
    called = {
        str(name)
        for (name,) in database.execute(
            "select p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace"
            " and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')"
        )
    }
    wrong += [f"function {name} is not in Functions" for name in called - set(functions())]
    wrong += [f"function {name} of Functions does not exist" for name in set(functions()) - called]
    return sorted(wrong)
