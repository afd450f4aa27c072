"""What is new in `public` is closed, whatever the platform grants by default; what is named stays."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from scripts.stack.apply_sql import apply
from scripts.stack.throwaway import Running
from tests.database.workshop import Workshop, workshop

NAMES = "select u.id, u.display_name from public.users u"
# What → how an operator makes it as `postgres`, in the dashboard's editor.
NEW = {
    "a view": f"create view public.names as {NAMES}",
    "a materialized view": f"create materialized view public.names as {NAMES}",
    "a table": f"create table public.names as {NAMES}",
    "a function": "create function public.names() returns integer language sql as 'select 1'",
    "a definer function": "create function public.names() returns bigint language sql security definer"
    " as 'select count(*) from public.users'",
    "a sequence": "create sequence public.names",
}
# A function is made in other schemas too.
ELSEWHERE = "create schema own; grant usage on schema own to anon; create function own.names() returns text"
# What the project had before Connect came.
OWN = (
    "create table public.own_posts (id serial); create function public.own_call() returns integer"
    " language sql as 'select 1'"
)
CLIENTS = ("anon", "authenticated")


@pytest.fixture(scope="module")
def shop(stack: Running) -> Iterator[Workshop]:
    """Databases where the platform grants everything new to clients."""
    with workshop("open", stack.postgres_version, OWN) as made:
        yield made


def asks(database: psycopg.Connection[Any], role: str, query: str) -> str:
    """How one statement of that role ends: `done` or the SQLSTATE."""
    with database.transaction(force_rollback=True):
        database.execute(f"set local role {role}")
        try:
            database.execute(query)
        except psycopg.Error as refused:
            return str(refused.sqlstate)
    return "done"


def use(made: str) -> str:
    """A statement that uses what was made."""
    if "function" in made:
        return "select public.names()"
    return "select nextval('public.names')" if "sequence" in made else "select * from public.names"


def noun(what: str) -> str:
    """What was made, as `grant` names it."""
    if "function" in what:
        return "function public.names()"
    return "sequence public.names" if "sequence" in what else "table public.names"


@pytest.mark.parametrize("what", NEW)
@pytest.mark.parametrize("role", [*CLIENTS, "service_role"])
def test_the_next_object_is_closed(shop: Workshop, what: str, role: str) -> None:
    with shop.copy() as name, psycopg.connect(shop.url(name), autocommit=True) as database:
        database.execute(NEW[what])
        assert asks(database, role, use(NEW[what])) == "42501"
        database.execute(f"grant all on {noun(what)} to {role}")
        assert asks(database, role, use(NEW[what])) == "done"


def test_a_function_elsewhere_is_closed_too(shop: Workshop) -> None:
    with shop.copy() as name, psycopg.connect(shop.url(name), autocommit=True) as database:
        database.execute(f"{ELSEWHERE} language sql as $$ select 'x' $$")
        assert asks(database, "anon", "select own.names()") == "42501"


@pytest.mark.nightly
@pytest.mark.parametrize("what", NEW)
def test_what_stands_open_is_closed_at_the_next_apply_unless_it_is_named(shop: Workshop, what: str) -> None:
    with shop.copy() as name, psycopg.connect(shop.url(name), autocommit=True) as database:
        database.execute(NEW[what])
        opened = f"grant all on {noun(what)} to public, anon, authenticated"
        open_to = "select count(*) from private.strangers() s where s.name ~ 'names'"
        database.execute(opened)
        assert database.execute(open_to).fetchone() == (1,)
        apply(shop.url(name), {}, quiet=True)
        assert database.execute(open_to).fetchone() == (0,)
        for role in CLIENTS:
            assert asks(database, role, use(NEW[what])) == "42501"
        database.execute("update public.settings set own_objects = own_objects || '{names}' where id")
        database.execute(opened)
        apply(shop.url(name), {}, quiet=True)
        assert database.execute(open_to).fetchone() == (0,)
        assert asks(database, "anon", use(NEW[what])) == "done"


def test_what_another_role_keeps_open_is_told(shop: Workshop) -> None:
    """`postgres` cannot close it; the check at the end says so."""
    theirs = "create table public.names (name text); grant select on public.names to anon"
    with shop.broken(theirs) as name:
        apply(shop.url(name), {}, quiet=True)
        with psycopg.connect(shop.url(name)) as database:
            found = database.execute("select s.kind, s.name, s.mine from private.strangers() s").fetchall()
    assert found == [("table", "public.names", False)]


def test_what_was_there_before_connect_stays_open(shop: Workshop) -> None:
    """The project had an app of its own: nobody breaks it by adding Connect."""
    with psycopg.connect(shop.url(), autocommit=True) as database:
        named = database.execute("select s.own_objects from public.settings s").fetchone()
        assert named == (["own_call", "own_posts", "own_posts_id_seq"],)
        assert asks(database, "anon", "select * from public.own_posts") == "done"
        assert asks(database, "authenticated", "select public.own_call()") == "done"
