"""What is Connect's and not declared stops scripts/apply-sql, with a sentence that says what to write."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scripts.stack import apply_sql, supabase_cli
from scripts.stack.home import ROOT, Trouble
from scripts.stack.throwaway import Running
from tests.database.workshop import Workshop, workshop

Connection = psycopg.Connection[Any]

# Kind → how it comes into a database that was in order, and the sentence about it.
UNDECLARED = {
    "table in private": (
        "create table private.loose (user_id uuid references public.users (id))",
        "private.loose is not declared: say what it is with private.declare_table() in the policy file",
    ),
    "table in public": (
        "create table public.loose (id integer);"
        " update supabase_migrations.schema_migrations"
        " set statements = statements || array['create table public.loose (id integer)']"
        " where version = '20261201000000'",
        "public.loose is not declared: say what it is with private.declare_table() in the policy file",
    ),
    "column": (
        "alter table public.work_profiles add column salary text",
        "public.work_profiles.salary has no rule for the export: name it in shown of private.declare_table()",
    ),
    "about nobody": (
        "alter table public.genders add column match_id uuid references public.matches (id)",
        "public.genders refers to members and is declared to be about nobody",
    ),
    "about nobody, without a key": (
        "alter table private.bell_nonces add column asked_by_user_id uuid",
        "private.bell_nonces refers to members and is declared to be about nobody",
    ),
    "event": (
        "create function private.loose() returns void language plpgsql set search_path = '' as"
        " $$ begin perform private.emit('loose.happened', null, null); end $$",
        "private.loose() emits loose.happened, which is not declared: add private.declare_event()",
    ),
    "event without a name": (
        "create function private.loose(kind text) returns void language plpgsql set search_path = '' as"
        " $$ begin perform private.emit(kind || '.happened', null, null); end $$",
        "private.loose(text) emits kind || '.happened', which is not declared",
    ),
    "event written by hand": (
        "create function private.loose(mode integer) returns void language sql set search_path = '' as"
        " $$ insert into public.domain_events (event_type) select 'loose.written' $$",
        "private.loose(integer) emits loose.written, which is not declared",
    ),
    "job": (
        "create function private.loose(job bigint) returns void language plpgsql set search_path = '' as"
        " $$ begin perform private.ring('loosening'); end $$",
        "private.loose(bigint) starts the job loosening, which is not declared: add private.declare_job()",
    ),
}
# Only policy files make these. Whatever else is new in public is somebody else's.
LOOSE_FILE = """
create function public.loose() returns integer language sql set search_path = '' return 1;
create view public.loosely with (security_invoker = true) as select 1 as one;
"""
ITS_SENTENCES = (
    "The function public.loose is not declared: add private.declare_call('loose') below it in its policy",
    "The view public.loosely is not declared: add private.declare_view('loosely') below it in its policy",
)
DECLARED_FILE = """
create or replace function public.tight() returns integer language sql set search_path = '' return 1;
select private.declare_call('tight', replayable => true);
select private.declare_job('tightening', at => '1 1 * * *');
select private.declare_event('tight.happened');
create table if not exists private.tight (user_id uuid);
select private.declare_table('private.tight', owner => 'user_id', withheld => 'a test', switch => 'values',
    requeues => 'insert');
"""
# Wrong in itself: told where it stands, before anything is changed.
MISTAKES = {
    "declare_table('nowhere')": "There is no table or view public.nowhere",
    "declare_table('users', about_nobody => 'again')": "public.users stands in declared_tables twice",
    "declare_table('users', export => 'users')": "owner or rows_of must say which rows are a member's",
    "declare_withheld('users', '{tail}', 'why')": "public.users has no column tail",
    "declare_table('genders', shown => '{*}')": "public.genders has no column *",
    "declare_switch('users', 'weather')": "invalid input value for enum public.consent_signal",
    "declare_call('nothing')": "There is no function public.nothing",
}


@pytest.fixture(scope="module")
def shop(stack: Running) -> Iterator[Workshop]:
    """Databases to apply policies to."""
    with workshop(stack.options.default_grants, stack.postgres_version) as made:
        yield made


@pytest.fixture
def one_file_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts one more policy file among ours, in a copy of the project."""
    (tmp_path / "supabase" / "policies").mkdir(parents=True)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    for name in ("config.toml", "migrations"):
        (tmp_path / "supabase" / name).symlink_to(ROOT / "supabase" / name)
    for folder in (ROOT / "supabase" / "policies").iterdir():
        (tmp_path / "supabase" / "policies" / folder.name).symlink_to(folder)
    room = tmp_path / "supabase" / "policies" / "95_more"
    room.mkdir()

    def put(text: str) -> None:
        for module in (apply_sql, supabase_cli):
            monkeypatch.setattr(module, "ROOT", tmp_path)
        (room / "more.sql").write_text(text)

    return put


def test_what_is_not_declared_stops_apply_sql(shop: Workshop, one_file_more: Callable[[str], None]) -> None:
    one_file_more(LOOSE_FILE)
    with shop.copy() as name:
        with psycopg.connect(shop.url(name)) as database:
            for change, _ in UNDECLARED.values():
                database.execute(change.encode())
        with pytest.raises(Trouble) as told:
            apply_sql.apply(shop.url(name), {}, quiet=True)
    assert "99_closing/undeclared.sql" in str(told.value)
    for sentence in (*(sentence for _, sentence in UNDECLARED.values()), *ITS_SENTENCES):
        assert sentence in str(told.value)


def test_what_an_operator_made_is_not_asked_for(shop: Workshop) -> None:
    theirs = "create table public.theirs (user_id uuid references auth.users (id))"
    call = "create function public.their_call() returns integer language sql as 'select 1'"
    with shop.copy() as name:
        with psycopg.connect(shop.url(name)) as database:
            database.execute(theirs)
            database.execute(call)
        apply_sql.apply(shop.url(name), {}, quiet=True)


def test_what_is_declared_no_more_vanishes(shop: Workshop, one_file_more: Callable[[str], None]) -> None:
    found = (
        "select (select count(*) from cron.job where jobname = 'connect-tightening'),"
        " (select count(*) from pg_trigger where tgrelid = 'private.tight'::regclass),"
        " (select count(*) from private.declared_calls where name = 'tight' and replayable),"
        " (select count(*) from private.declared_events where name = 'tight.happened'),"
        " (select count(*) from private.declared_switches where table_name = 'private.tight'),"
        " (select count(*) from private.declared_columns where table_name = 'private.tight')"
    )
    with shop.copy() as name, psycopg.connect(shop.url(name), autocommit=True) as database:
        one_file_more(DECLARED_FILE)
        apply_sql.apply(shop.url(name), {}, quiet=True)
        assert database.execute(found).fetchone() == (1, 1, 1, 1, 1, 1)
        one_file_more("select private.declare_table('private.tight', withheld => 'a test');")
        apply_sql.apply(shop.url(name), {}, quiet=True)
        assert database.execute(found).fetchone() == (0, 0, 0, 0, 0, 1)


@pytest.mark.parametrize(("declaration", "sentence"), MISTAKES.items())
def test_a_wrong_declaration_is_refused_where_it_stands(
    database: Connection, declaration: str, sentence: str
) -> None:
    with database.transaction(force_rollback=True):
        database.execute("select private.declare_table('users', rows_of => 't.id = $1')")
        with pytest.raises(psycopg.Error) as refused:
            database.execute(f"select private.{declaration}".encode())
    assert sentence in str(refused.value)


def test_a_job_that_is_not_declared_is_not_started(database: Connection) -> None:
    for call in ("start_job('juggling')", "begin_job_run('juggling', 'hand', null)"):
        with pytest.raises(psycopg.Error, match="not_found"):
            database.execute(f"select private.{call}".encode())
