"""No function of ours changes or deletes a whole table: hosted projects refuse that inside functions too."""

from typing import Any

import pytest

from scripts.stack.home import ROOT
from tests.database.statements import without_where


def _bodies(database: Any) -> dict[str, str]:
    rows = database.execute(
        "select p.oid::regprocedure::text, pg_get_functiondef(p.oid) from pg_proc p"
        " where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and p.prokind = 'f'"
        " and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')"
    ).fetchall()
    return dict(rows)


def test_no_function_changes_a_whole_table(database: Any) -> None:
    bodies = _bodies(database)
    assert len(bodies) > 150
    assert {name: wrong for name, body in bodies.items() if (wrong := without_where(body))} == {}


@pytest.mark.parametrize("folder", ["migrations", "policies"])
def test_nor_does_a_file(folder: str) -> None:
    files = sorted((ROOT / "supabase" / folder).rglob("*.sql"))
    assert files
    assert {file.name: wrong for file in files if (wrong := without_where(file.read_text()))} == {}


@pytest.mark.parametrize(
    "sql",
    [
        "update a.b set c = 1;",
        "begin update a.b x set c = 1, d = (select e from f where g); return; end",
        "with gone as (delete from a.b returning *) select from gone where x",
        "delete from a.b using c;",
        "execute 'update a.b set c = 1';",
        "execute format('delete from %s t', name);",
        "execute $q$ delete from a.b $q$;",
        "update a.b -- where\n set c = 1;",
        "insert into x select 1; update a.b set c = ' where ';",
        "if found then delete from a.b; end if;",
    ],
)
def test_what_it_finds(sql: str) -> None:
    assert len(without_where(sql)) == 1, sql


@pytest.mark.parametrize(
    "sql",
    [
        "update a.b set c = 1 where id;",
        "with gone as (delete from a.b where c returning *) select 1",
        "insert into a.b values (1) on conflict (id) do update set c = 2",
        "select from a.b for update; select from a.b x for no key update of x;",
        "create trigger t before update or delete on a.b for each row execute function f();",
        "create trigger t after update of c on a.b for each row execute function f();",
        "execute format('delete from %s t where %s', a, b);",
        "grant select, insert, update, delete on a.b to c;",
        "update a.b set c = (select d from e) from f where f.id = b.id;",
        "comment on table a.b is 'An update of everything';",
    ],
)
def test_what_it_leaves_alone(sql: str) -> None:
    assert without_where(sql) == [], sql
