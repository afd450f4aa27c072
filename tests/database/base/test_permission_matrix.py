"""Every cell of permission_matrix.md, tried on a real database through PostgREST."""

from typing import Any

import httpx
import psycopg
import pytest

from scripts.stack import postgrest
from tests.cast import Cast
from tests.database import truth_table
from tests.database.function_cells import wrong_functions, wrong_tokens
from tests.database.row_cells import refused, wrong_columns, wrong_rows
from tests.database.scene import Scene

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def scene(cast: Cast) -> Scene:
    """One set of people for all cells."""
    return Scene(cast)


def test_the_page_names_what_the_database_has_and_nothing_else(database: Connection) -> None:
    assert truth_table.gaps(database) == []


@pytest.mark.parametrize("table", truth_table.tables())
def test_rows(scene: Scene, table: str) -> None:
    assert wrong_rows(scene, table) == []


@pytest.mark.parametrize("table", truth_table.columns())
def test_columns(scene: Scene, table: str) -> None:
    assert wrong_columns(scene, table) == []


@pytest.mark.parametrize("function", truth_table.functions())
def test_functions(scene: Scene, function: str) -> None:
    assert wrong_functions(scene, function) == []


def test_tokens(scene: Scene) -> None:
    assert wrong_tokens(scene) == []


def test_embedding_reaches_nothing_of_the_partner(scene: Scene, database: Connection) -> None:
    """Every foreign key, followed both ways by side a after a reveal, from every table it may read."""
    pair = scene.pair("revealed")
    keys = database.execute(
        "select conrelid::regclass::text, confrelid::regclass::text, conname from pg_constraint"
        " where contype = 'f' and connamespace = 'public'::regnamespace"
        " and confrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)"
    ).fetchall()
    assert len(keys) >= 10
    answered = 0
    for one, other, key in keys:
        for start, goal in ((str(one), str(other)), (str(other), str(one))):
            mine, theirs = truth_table.columns()[start][1], truth_table.columns()[goal][1]
            query = f"select={','.join(mine or ['*'])},{goal}!{key}({','.join(theirs or ['*'])})"
            answer = scene.cast.rest(pair.a, "GET", f"/{start}?{query}")
            assert refused(answer) or answer.status_code == 200, (query, answer.text)
            answered += answer.status_code == 200
            assert pair.b.id not in answer.text, (start, query)
            assert pair.b.name not in answer.text, (start, query)
    assert answered, "no embedding answered at all: the attempt proves nothing"


def test_no_other_schema_is_served(cast: Cast, database: Connection) -> None:
    names = [
        str(name)
        for (name,) in database.execute("select nspname from pg_namespace where nspname <> 'public'")
    ]
    assert {"private", "auth", "vault", "net", "cron"} <= set(names)
    for name in names:
        for key in (cast.stack.anon_key, cast.stack.service_role_key):
            answer = cast.rest(key, "GET", "/users", headers={"Accept-Profile": name})
            assert answer.status_code == 406, name


def test_the_data_api_describes_itself_to_nobody(cast: Cast) -> None:
    for caller in (None, cast.stack.anon_key, cast.member()):
        assert cast.rest(caller, "GET", "/").status_code == 401  # by the gateway
    key = cast.stack.service_role_key
    assert cast.rest(key, "GET", "/", headers={"apikey": key}).status_code == 404
    # Behind it the data API shows a stranger as little.
    socket = httpx.HTTPTransport(uds=str(postgrest.socket(cast.stack.options.home)))
    with httpx.Client(transport=socket) as behind:
        told = behind.get("http://rest/", headers={"Authorization": f"Bearer {cast.stack.anon_key}"})
    assert told.status_code == 404


def test_a_refusal_says_nothing_about_what_exists(cast: Cast, scene: Scene) -> None:
    """A table one may not touch answers alike whether the row named is there or not."""
    pair = scene.pair("proposed")
    found = cast.rest(pair.a, "DELETE", f"/matches?id=eq.{pair.match_id}")
    absent = cast.rest(pair.a, "DELETE", "/matches?id=eq.00000000-0000-4000-8000-000000000000")
    assert (found.status_code, found.text) == (absent.status_code, absent.text)
