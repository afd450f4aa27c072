"""Attacks through PostgREST itself: everything it offers beyond a plain call, aimed at a partner.

The target has a name, a date and a place nobody else has. Whatever is asked, none of it is in any answer, and
what is stored about the pair stays as it was.
"""

from typing import Any

import pytest

from tests.cast import Cast
from tests.database.target import Target, aim, silent, unchanged
from tests.database.transcript import readable_tables


@pytest.fixture
def target(cast: Cast) -> Target:
    """Somebody to aim at."""
    return aim(cast)


def _hidden_columns(cast: Cast) -> list[tuple[str, str, str]]:
    """Every column a member cannot read: (table, column, one of the table they can read or '')."""
    readable = readable_tables(cast)
    rows = cast.database.execute(
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and a.attnum > 0"
        " and not a.attisdropped and not has_column_privilege('authenticated', c.oid, a.attnum, 'select')"
    ).fetchall()
    return [(table, column, (readable.get(table) or [""])[0]) for table, column in rows]


def test_hidden_columns_are_no_oracle(cast: Cast, target: Target) -> None:
    """Selected, cast, renamed, filtered or ordered by: refused before a row is looked at."""
    hidden = _hidden_columns(cast)
    assert {("matches", "user_a", ""), ("blocks", "blocked_id", "match_id")} <= set(hidden)
    for table, column, readable in hidden:
        shown = readable or column
        for query in (
            f"select={column}",
            f"select=x:{column}",
            f"select={column}::text",
            f"select={shown}&{column}=not.is.null",
            f"select={shown}&{column}=eq.{target.pair.a.id}",
            f"select={shown}&or=({column}.is.null,{column}.not.is.null)",
            f"select={shown}&order={column}",
        ):
            response = cast.rest(target.pair.a, "GET", f"/{table}?{query}")
            # 400: the filter does not even parse for this column's type. Anything but a row.
            assert response.status_code in (400, 403, 404), f"{table}?{query}: {response.text}"
            silent(target, response)
        response = cast.rest(target.pair.a, "GET", f"/{table}?select={shown}&{column}=not.is.null")
        assert response.json()["code"] == "42501", f"{table}.{column}"


def test_a_star_is_refused_where_a_column_is_hidden(cast: Cast, target: Target) -> None:
    partly = {table for table, _, _ in _hidden_columns(cast)}
    for table in partly:
        assert cast.rest(target.pair.a, "GET", f"/{table}").status_code == 403
        assert cast.rest(target.pair.a, "GET", f"/{table}?select=*").status_code == 403


def test_embedding_reaches_nobody_else(cast: Cast, target: Target) -> None:
    """select=…,other(*) for every two tables, also spread or joined: one's own rows or a refusal."""
    tables = [
        row[0]
        for row in cast.database.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r',"
            " 'v')"
        ).fetchall()
    ]
    readable = readable_tables(cast)
    for table, columns in readable.items():
        for other in tables:
            for embed in (f"{other}(*)", f"...{other}(*)", f"{other}!inner(*)", f"{other}(count)"):
                response = cast.rest(target.pair.a, "GET", f"/{table}?select={columns[0]},{embed}")
                silent(target, response)
            response = cast.rest(
                target.pair.a, "GET", f"/{table}?select={columns[0]},{other}()&{other}=not.is.null"
            )
            silent(target, response)


def test_own_rows_are_all_one_reads(cast: Cast, target: Target) -> None:
    for table, columns in readable_tables(cast).items():
        path = f"/{table}?select={','.join(columns)}"
        response = cast.rest(target.pair.a, "GET", path, headers={"Prefer": "count=exact"})
        assert response.status_code == 200
        rows = response.json()
        assert response.headers["Content-Range"].endswith(f"/{len(rows)}")
        silent(target, response)
        for owner in ("user_id", "id") if table in ("users", "connect_profiles") else ("user_id",):
            if owner in columns and (table, owner) != ("connect_profiles", "id"):
                assert {row[owner] for row in rows} <= {target.pair.a.id}
        assert cast.rest(None, "GET", path).status_code == 401


@pytest.mark.parametrize("prefer", ["count=exact", "count=planned", "count=estimated"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_counting_counts_one_s_own_rows(cast: Cast, target: Target, method: str, prefer: str) -> None:
    for table in ("matches", "domain_events", "settings", "job_runs"):
        response = cast.rest(target.pair.a, method, f"/{table}?select=*", headers={"Prefer": prefer})
        assert response.status_code == 403
        assert response.headers.get("Content-Range", "*/*").endswith("/*")
    response = cast.rest(target.pair.a, method, "/users?select=id", headers={"Prefer": "count=exact"})
    assert response.headers["Content-Range"] == "0-0/1"


def test_the_planner_explains_nothing(cast: Cast, target: Target) -> None:
    """An execution plan tells row counts and statistics of hidden rows."""
    for kind in (
        "vnd.pgrst.plan",
        "vnd.pgrst.plan+json",
        'vnd.pgrst.plan+text; for="application/json"; options=analyze',
    ):
        accept = {"Accept": f"application/{kind}"}
        for method, path in (
            ("GET", "/users?select=id"),
            ("POST", "/rpc/get_status"),
            ("GET", "/matches?select=id"),
        ):
            response = cast.rest(target.pair.a, method, path, headers=accept)
            assert "cost" not in response.text
            assert response.status_code >= 400


WRITES: list[tuple[str, str, dict[str, str]]] = [
    ("POST", "", {"Prefer": "return=representation"}),
    ("POST", "?on_conflict=id", {"Prefer": "resolution=merge-duplicates,return=representation"}),
    ("POST", "", {"Prefer": "resolution=ignore-duplicates,missing=default"}),
    ("PATCH", "?{column}=not.is.null", {"Prefer": "return=representation"}),
    ("PATCH", "", {"Prefer": "return=minimal"}),
    ("DELETE", "?{column}=not.is.null", {"Prefer": "return=representation"}),
    ("DELETE", "", {}),
]


@pytest.mark.parametrize(("method", "query", "headers"), WRITES, ids=lambda value: str(value)[:40])
def test_no_table_takes_a_write_from_a_client(
    cast: Cast, target: Target, method: str, query: str, headers: dict[str, str]
) -> None:
    columns = dict(
        cast.database.execute(
            "select c.relname, min(a.attname) from pg_class c join pg_attribute a on a.attrelid = c.oid"
            " and a.attnum > 0"
            " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') group by 1"
        ).fetchall()
    )
    before = [cast.value(f"select count(*) from public.{table}") for table in columns]
    for caller in (target.pair.a, None):
        for table, column in columns.items():
            words: dict[str, Any] = (
                {} if method == "DELETE" else {"json": [{}, {}] if method == "POST" else {column: None}}
            )
            path = f"/{table}{query.format(column=column)}"
            response = cast.rest(caller, method, path, headers=headers, **words)
            # 400: on_conflict names a column the table lacks, or an unfiltered change is refused as such.
            # A view over several tables takes no row from anybody, and says that before it asks who calls.
            refused = response.status_code in (400, 401, 403) or response.json().get("code") == "55000"
            assert refused, f"{path}: {response.text}"
            silent(target, response)
    assert [cast.value(f"select count(*) from public.{table}") for table in columns] == before
    unchanged(cast, target)


@pytest.mark.parametrize(
    "schema", ["private", "auth", "vault", "net", "cron", "extensions", "pg_catalog", "information_schema"]
)
def test_other_schemas_cannot_be_named(cast: Cast, target: Target, schema: str) -> None:
    for header, method, path in (
        ("Accept-Profile", "GET", "/rate_counters"),
        ("Accept-Profile", "GET", "/users"),
        ("Accept-Profile", "GET", "/decrypted_secrets"),
        ("Accept-Profile", "HEAD", "/job"),
        ("Content-Profile", "POST", "/rpc/member_id"),
        ("Content-Profile", "POST", "/rpc/http_post"),
        ("Content-Profile", "POST", "/users"),
        ("Content-Profile", "PATCH", "/users"),
        ("Content-Profile", "DELETE", "/users"),
    ):
        words: dict[str, Any] = {"json": {}} if method in ("POST", "PATCH") else {}
        response = cast.rest(target.pair.a, method, path, headers={header: schema}, **words)
        assert response.status_code == 406, f"{method} {path}: {response.text}"
    unchanged(cast, target)
