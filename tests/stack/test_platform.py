"""Roles and default grants as on the hosted platform: tests that pass here must not fail there."""

from pathlib import Path

import psycopg
import pytest

from tests.stack.stacks import SmallStack


def test_postgres_is_no_superuser_and_reads_everything(platform: SmallStack) -> None:
    assert platform.ask("select usesuper from pg_user where usename = current_user") is False
    assert (
        platform.ask("select rolbypassrls and rolcreaterole from pg_roles where rolname = current_user")
        is True
    )
    assert platform.ask("select count(*) from auth.users") == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        platform.ask("create table auth.mine ()")


def test_postgres_may_make_accounts_and_watch_them(platform: SmallStack) -> None:
    platform.ask("insert into auth.users (id) values ('00000000-0000-4000-8000-000000000001')")
    platform.ask("create table linked (id uuid references auth.users on delete cascade)")
    platform.ask("insert into linked select id from auth.users")
    platform.ask("delete from auth.users")
    assert platform.ask("select count(*) from linked") == 0
    platform.ask("drop table linked")


def test_time_limits_of_the_client_roles(platform: SmallStack) -> None:
    limits = platform.ask(
        "select string_agg(rolname || array_to_string(rolconfig, ' '), ', ' order by rolname) from pg_roles "
        "where rolname in ('anon', 'authenticated', 'authenticator')"
    )
    assert limits == (
        "anonstatement_timeout=3s, authenticatedstatement_timeout=8s, "
        "authenticatorstatement_timeout=8s lock_timeout=8s"
    )


@pytest.mark.parametrize(("world", "granted"), [("open", True), ("closed", False)])
def test_default_grants_of_both_worlds(small: SmallStack, world: str, granted: bool) -> None:
    small.variables["CONNECT_DEFAULT_GRANTS"] = world
    with small.running():
        small.ask("create table fresh (id serial)")
        for role in ("anon", "authenticated", "service_role"):
            assert small.ask(f"select has_table_privilege('{role}', 'fresh', 'select, delete')") is granted
            assert small.ask(f"select has_sequence_privilege('{role}', 'fresh_id_seq', 'usage')") is granted


def test_the_server_logs_no_statement_and_no_row(platform: SmallStack) -> None:
    platform.ask("create table if not exists named (name text unique)")
    platform.ask("insert into named values ('Ada Lovelace')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        platform.ask("insert into named values ('Ada Lovelace')")
    log = Path(platform.path, "log", "postgres.log").read_text()
    assert "duplicate key" in log
    assert "Lovelace" not in log
