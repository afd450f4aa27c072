"""Roles, limits and default grants as on the hosted platform: what passes here must not fail there.

Sources: supabase/postgres, migrations/db (init-scripts and migrations) and what its own tests expect,
nix/tests/expected/roles.out, z_17_roles.out and supautils_platform_policy.out; Supabase's guide on timeouts
(a global default of 2 minutes; a setting of the called function counts in API calls);
erfianugrah/supabase-lab, data-api-defaults/RUNLOG.md (grants on new tables as measured).
"""

from pathlib import Path
from typing import LiteralString

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


def test_roles_and_what_they_are_told(platform: SmallStack) -> None:
    told = platform.ask(
        "select jsonb_object_agg(rolname, concat_ws(' ', case when rolcanlogin then 'login' end,"
        " case when rolinherit then 'inherit' end, case when rolcreaterole then 'createrole' end,"
        " case when rolbypassrls then 'bypassrls' end, array_to_string(rolconfig, ' '))) from pg_roles"
        " where rolname in ('anon', 'authenticated', 'service_role', 'authenticator', 'supabase_auth_admin')"
    )
    assert told == {
        "anon": "inherit statement_timeout=3s",
        "authenticated": "inherit statement_timeout=8s",
        "service_role": "inherit bypassrls",
        "authenticator": "login statement_timeout=8s lock_timeout=8s",
        "supabase_auth_admin": "login search_path=auth idle_in_transaction_session_timeout=60s",
    }


def test_who_may_become_whom(platform: SmallStack) -> None:
    told = platform.ask(
        "select jsonb_object_agg(member::regrole::text, roles) from (select member,"
        " string_agg(roleid::regrole || case when admin_option then ' *' else '' end, ', '"
        " order by roleid::regrole::text) as roles"
        " from pg_auth_members where member in ('postgres'::regrole, 'authenticator'::regrole)"
        " and grantor = 10 group by member) m"
    )
    assert told == {
        "authenticator": "anon, authenticated, service_role",
        "postgres": "anon *, authenticated *, authenticator *, pg_create_subscription, pg_monitor *,"
        " pg_read_all_data *, pg_signal_backend *, service_role *",
    }


def test_whoever_has_no_limit_of_their_own_has_two_minutes(platform: SmallStack) -> None:
    assert platform.ask("show statement_timeout") == "2min"
    assert (
        platform.ask(
            "select rolconfig::text like '%statement_timeout%' from pg_roles r where r.rolname = 'postgres'"
        )
        is False
    )


def test_a_function_s_own_limit_comes_too_late_for_the_call_that_runs(platform: SmallStack) -> None:
    """A statement is measured by what was set when it began; one that was set before it counts."""
    platform.ask(
        "create or replace function long() returns text language sql set statement_timeout = '1min' as"
        " $$ select pg_sleep(0.7); select current_setting('statement_timeout') $$"
    )
    with psycopg.connect(platform.told["DATABASE_URL"], autocommit=True) as session:
        session.execute("set statement_timeout = '300ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            session.execute("select long()")
        session.execute("set statement_timeout = '10s'")
        assert session.execute("select long()").fetchone() == ("1min",)
    platform.ask("drop function long")


@pytest.mark.parametrize("statement", ["drop extension pg_net", "alter extension vector set schema public"])
def test_an_extension_is_the_platform_s_whoever_created_it(
    platform: SmallStack, statement: LiteralString
) -> None:
    platform.ask("create extension if not exists vector with schema extensions")
    owner = "select string_agg(distinct extowner::regrole::text, ' ') from pg_extension"
    assert platform.ask(owner) == "supabase_admin"
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="must be owner of extension"):
        platform.ask(statement)


def test_the_auth_server_owns_the_accounts(platform: SmallStack) -> None:
    owner = "select pg_get_userbyid(relowner) from pg_class where oid = 'auth.users'::regclass"
    assert platform.ask(owner) == "supabase_auth_admin"
    for statement in ("alter table auth.users add column more text", "drop table auth.users"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            platform.ask(statement)
    with psycopg.connect(platform.superuser_url, autocommit=True) as connection:
        connection.execute("set session authorization supabase_auth_admin")
        connection.execute("insert into auth.users (id) values (gen_random_uuid())")
        assert connection.execute("delete from auth.users where id is not null").rowcount == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("create table public.mine ()")


@pytest.mark.parametrize(("world", "granted"), [("open", True), ("closed", False)])
def test_default_grants_of_both_worlds(small: SmallStack, world: str, granted: bool) -> None:
    small.variables["CONNECT_DEFAULT_GRANTS"] = world
    with small.running():
        small.ask("create table fresh (id serial)")
        for role in ("anon", "authenticated", "service_role"):
            assert small.ask(f"select has_table_privilege('{role}', 'fresh', 'select, delete')") is granted
            assert small.ask(f"select has_sequence_privilege('{role}', 'fresh_id_seq', 'usage')") is granted
            assert small.ask(f"select has_table_privilege('{role}', 'fresh', 'truncate')") is True


def test_the_server_logs_no_statement_and_no_row(platform: SmallStack) -> None:
    platform.ask("create table if not exists named (name text unique)")
    platform.ask("insert into named values ('Ada Lovelace')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        platform.ask("insert into named values ('Ada Lovelace')")
    log = Path(platform.path, "log", "postgres.log").read_text()
    assert "duplicate key" in log
    assert "Lovelace" not in log
