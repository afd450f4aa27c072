"""Supabase's linter, and what it leaves out, find nothing amiss, and in a copy every planted fault."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from scripts.stack.apply_sql import apply
from scripts.stack.home import Trouble
from scripts.stack.throwaway import Running
from scripts.tools import advise as command
from scripts.tools.advise import Finding, advise
from tests.database.workshop import Workshop, workshop

# Lint → what its finding must name → how the fault is planted. Each on an object of its own.
FAULTS = {
    "rls_disabled_in_public": (
        "public.users",
        "grant select on public.users to authenticated; alter table public.users disable row level security",
    ),
    "policy_exists_rls_disabled": ("public.blocks", "alter table public.blocks disable row level security"),
    "function_search_path_mutable": (
        "public.respond",
        "alter function public.respond(uuid, public.match_action) reset search_path",
    ),
    "security_definer_view": (
        "public.pairs",
        "create view public.pairs as select user_a, user_b from public.matches;"
        " grant select on public.pairs to authenticated",
    ),
    "auth_rls_initplan": (
        "public.matches",
        "create policy mine on public.matches for select to authenticated using (user_a = auth.uid())",
    ),
    "multiple_permissive_policies": (
        "public.consents",
        "create policy more on public.consents for select to authenticated using (version = 'v1')",
    ),
    "rls_policy_always_true": (
        "public.reports",
        "create policy anything on public.reports for update to authenticated using (true) with check (true)",
    ),
    "extension_in_public": ("vector", "alter extension vector set schema public"),
    "auth_users_exposed": (
        "accounts",
        "create view public.accounts as select id, email from auth.users;"
        " grant select on public.accounts to anon",
    ),
    "duplicate_index": ("public.reveals", "create index again on public.reveals (requested_by)"),
    "materialized_view_in_api": (
        "public.kept",
        "create materialized view public.kept as select id from public.matches;"
        " grant select on public.kept to anon",
    ),
    "sensitive_columns_exposed": (
        "public.sessions",
        "create table public.sessions (id uuid primary key, access_token text);"
        " grant select on public.sessions to authenticated",
    ),
    # The six the linter does not see.
    "stranger_is_open": (
        "own_names",
        "create table public.own_names (name text); alter table public.own_names enable row level security;"
        " grant select on public.own_names to authenticated",
    ),
    "graphql_is_installed": (
        "pg_graphql",
        "set local allow_system_table_mods = on;"
        " insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)"
        " values (99999, 'pg_graphql', 10, 'public'::regnamespace, false, '1')",
    ),
    "anon_calls_definer_function": ("get_status()", "grant execute on function public.get_status() to anon"),
    "served_table_without_rls": (
        "match_feedback",
        'drop policy "members read their own feedback" on public.match_feedback;'
        " alter table public.match_feedback disable row level security",
    ),
    "linter_is_blind": (
        "hidden",
        "do $$ begin execute format("
        " 'alter role authenticator in database %I set pgrst.db_schemas = ''public, hidden''',"
        " current_database()); end $$",
    ),
}


@pytest.fixture(scope="module")
def shop(stack: Running) -> Iterator[Workshop]:
    """Databases to break, in this run's version, where everything new is granted to clients."""
    with workshop("open", stack.postgres_version) as made:
        yield made


@pytest.fixture(scope="module")
def found(shop: Workshop) -> list[Finding]:
    """What the check says about a copy with every fault in it."""
    with shop.broken(*(fault for _, fault in FAULTS.values())) as name:
        return advise(shop.url(name))


def test_no_error_and_no_warning(stack: Running) -> None:
    assert advise(stack.database_url) == []


@pytest.mark.parametrize("lint", FAULTS)
def test_a_planted_fault_is_found(found: list[Finding], lint: str) -> None:
    named, _ = FAULTS[lint]
    assert [f for f in found if f.name == lint and f"{named}`" in f.detail.replace('"', "`")]


def test_the_command_says_what_it_found(
    shop: Workshop, stack: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    with shop.broken(FAULTS["duplicate_index"][1]) as name, pytest.raises(SystemExit) as ended:
        command.main([shop.url(name)])
    assert ended.value.code == 1
    assert "WARN  duplicate_index: " in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        command.main(["postgresql://nobody:x@127.0.0.1:1/none"])
    assert "cannot be reached" in str(ended.value.code)


def test_what_realtime_would_tell_is_refused(shop: Workshop) -> None:
    """A table in its publication is read by a door of its own, past what members ask in plain words."""
    said = "Realtime publishes public.matches"
    made = "create publication supabase_realtime for table public.matches"
    with shop.broken(made, "alter publication supabase_realtime owner to postgres") as name:
        with pytest.raises(Trouble, match=said):
            apply(shop.url(name), {}, quiet=True)
        with psycopg.connect(shop.url(name), autocommit=True) as database:
            database.execute("alter publication supabase_realtime drop table public.matches")
        apply(shop.url(name), {}, quiet=True)


def test_an_unmigrated_database_is_not_called_clean(shop: Workshop) -> None:
    assert "linter_is_blind" in {finding.name for finding in advise(shop.url("template1"))}


@pytest.mark.parametrize(
    ("said", "code"), [("", 0), ("[]", 0), ("{}", 0), ('{"results": [{}]}', 0), ('{"results": []}', 1)]
)
def test_a_linter_that_does_not_answer_as_expected_is_trouble(
    stack: Running, monkeypatch: pytest.MonkeyPatch, said: str, code: int
) -> None:
    def answer(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], code, said, "it broke")

    monkeypatch.setattr(subprocess, "run", answer)
    with pytest.raises(Trouble, match="it broke"):
        advise(stack.database_url)


def test_the_served_schemas_are_those_of_the_configuration(stack: Running) -> None:
    """The linter learns from supabase/config.toml what PostgREST here is told in its own file."""
    configured = (stack.home / "postgrest.conf").read_text()
    assert f"db-schemas = {json.dumps(', '.join(command.exposed_schemas()))}" in configured
