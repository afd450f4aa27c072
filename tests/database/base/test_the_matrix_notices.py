"""Breaks the permissions one at a time, in copies, and sees the matrix and the catalogue's questions notice.

A test of permissions that passes on a broken database is worth nothing: here are the broken databases.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg
import pytest

from scripts.stack.home import ROOT
from scripts.stack.throwaway import Running
from tests.database import catalog
from tests.database.function_cells import wrong_functions, wrong_tokens
from tests.database.row_cells import wrong_columns, wrong_rows
from tests.database.scene import Scene
from tests.database.workshop import Workshop, privileges, workshop

pytestmark = pytest.mark.nightly

Connection = psycopg.Connection[Any]

POLICY_FILES = {
    path.name: path.read_text() for path in sorted((ROOT / "supabase" / "policies").glob("*/*.sql"))
}
REVOKES = [
    (file, statement)
    for file, text in POLICY_FILES.items()
    for statement in re.findall(r"^revoke [^;]+;", text, re.MULTILINE)
]
POLICIES = [
    (table, name)
    for text in POLICY_FILES.values()
    for name, table in re.findall(r'^create policy ("[^"]+") on public\.(\w+)', text, re.MULTILINE)
]
# What an object has when no file says otherwise, on a platform that grants by default, and then some: what
# was granted in private by hand goes too.
UNREVOKED = (
    "grant all on all tables in schema public, private to anon, authenticated, service_role",
    "grant all on all sequences in schema public, private to anon, authenticated, service_role",
    "grant all on all functions in schema public, private to public, anon, authenticated, service_role",
    "grant usage on schema private to anon, authenticated, service_role",
)

# Tables of private are revoked in their own file and, whatever comes later, once more at the end.
TWICE = (
    (" on private.", " on all tables in schema private "),
    (" on all tables in schema private ", r" on private\."),
)


@pytest.fixture(scope="module")
def removed(tell: Callable[[str], None]) -> Iterator[Counter[str]]:
    """How many of each kind were removed in turn, and missed."""
    counted: Counter[str] = Counter()
    yield counted
    tell("Removed in turn and noticed: " + ", ".join(f"{count} {kind}" for kind, count in counted.items()))


@pytest.fixture(scope="module")
def shop(stack: Running) -> Iterator[Workshop]:
    """Databases to break, where forgetting to revoke has consequences."""
    with workshop("open", stack.postgres_version) as made:
        yield made


@pytest.fixture(scope="module")
def copy(shop: Workshop) -> Iterator[Connection]:
    """One copy whose changes are all rolled back."""
    with shop.copy() as name, psycopg.connect(shop.url(name, "supabase_admin"), autocommit=True) as database:
        yield database


def noticed(database: Connection) -> list[str]:
    """Whatever any question finds."""
    return [
        f"{question.__name__}: {answer}" for question in catalog.QUESTIONS for answer in question(database)
    ]


def test_an_unbroken_copy_is_clean(copy: Connection) -> None:
    assert noticed(copy) == []


def _permissions(text: str) -> str:
    """The revokes and grants of a policy file, in their order; the block that asks the catalogue too."""
    written = r"^(?:revoke|grant) [^;]+;|^do \$\$\ndeclare\n    one record;[\s\S]+?^end \$\$;"
    return "\n".join(re.findall(written, text, re.MULTILINE))


def _granted_to_everybody(database: Connection, texts: Iterable[str]) -> None:
    """Run these texts over objects that anybody may do anything with."""
    for statement in (*UNREVOKED, *texts):
        database.execute(statement.encode())


def test_revokes_and_grants_alone_make_the_permissions(shop: Workshop) -> None:
    """Else the mutations below, which run nothing else of the policy files, would be of something else."""
    with shop.copy() as name, psycopg.connect(shop.url(name)) as database:
        made = []
        for texts in (POLICY_FILES.values(), map(_permissions, POLICY_FILES.values())):
            with database.transaction(force_rollback=True):
                _granted_to_everybody(database, texts)
                made.append(privileges(database))
    assert made[0] == made[1] != set()


def test_every_revoke_is_needed_and_missed(shop: Workshop, removed: Counter[str]) -> None:
    """Runs the policy files without one revoke at a time, over objects that were granted to everybody."""
    assert len(REVOKES) > 30
    kept = {file: _permissions(text) for file, text in POLICY_FILES.items()}
    with shop.copy() as name, psycopg.connect(shop.url(name)) as database:
        unnoticed = []
        for file, statement in [("", "nothing"), *REVOKES]:
            texts = []
            for other, text in kept.items():
                left = text.replace(statement, "", 1) if other == file else text
                for one, again in TWICE:
                    if one in statement:
                        left = re.sub(rf"^revoke all{again}[^;]+;", "", left, flags=re.MULTILINE)
                texts.append(left)
            with database.transaction(force_rollback=True):
                _granted_to_everybody(database, texts)
                answers = [
                    *(catalog.table_grants(database) + catalog.callable_functions(database)),
                    *(catalog.sequence_grants(database) + catalog.schema_grants(database)),
                ]
            if not answers:
                unnoticed.append(f"{file}: {statement}")
    assert unnoticed == [": nothing"]
    removed["revokes"] = len(REVOKES)


def test_every_search_path_is_missed(copy: Connection, removed: Counter[str]) -> None:
    functions = copy.execute(
        "select p.oid::regprocedure::text from pg_proc p"
        " where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)"
        " and p.proconfig is not null"
    ).fetchall()
    assert len(functions) > 40
    for (function,) in functions:
        for change in ("reset search_path", "set search_path = public", "set search_path = public, pg_temp"):
            with copy.transaction(force_rollback=True):
                copy.execute(f"alter function {function} {change}")
                assert catalog.functions_with_a_mutable_search_path(copy) != [], (function, change)
    removed["search_paths"] = len(functions)


def test_every_security_invoker_is_missed(copy: Connection, removed: Counter[str]) -> None:
    views = [
        str(view)
        for (view,) in copy.execute(
            "select c.oid::regclass::text from pg_class c where c.relkind = 'v'"
            " and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
            " and c.reloptions && '{security_invoker=true,security_invoker=on,security_invoker=1}'"
        ).fetchall()
    ]
    written = "\n".join(POLICY_FILES.values()).count("with (security_invoker = true)")
    assert len(views) == written > 4
    for view in views:
        for change in ("reset (security_invoker)", "set (security_invoker = false)"):
            with copy.transaction(force_rollback=True):
                copy.execute(f"alter view {view} {change}")
                assert catalog.views_of_their_owner(copy) == [view], change
    removed["security_invokers"] = len(views)


def test_rls_off_is_noticed_on_every_table(copy: Connection) -> None:
    tables = copy.execute(
        "select c.oid::regclass::text from pg_class c"
        " where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind = 'r'"
    ).fetchall()
    assert len(tables) > 15
    for (table,) in tables:
        with copy.transaction(force_rollback=True):
            copy.execute(f"alter table {table} disable row level security")
            assert catalog.tables_without_rls(copy) == [table]


@pytest.mark.parametrize(
    ("question", "change"),
    [
        ("column_grants", "grant select (values_vector) on public.connect_profiles to authenticated"),
        ("column_grants", "revoke select (min_age) on public.connect_profiles from authenticated"),
        ("table_grants", "grant update (display_name) on public.users to authenticated"),
        ("table_grants", "grant truncate on public.matches to service_role"),
        ("table_grants", "grant select on private.rate_counters to authenticated"),
        ("table_grants", "grant select on public.match_scores to authenticated"),
        ("table_grants", "grant update on public.workers_alive to service_role"),
        ("callable_functions", "grant execute on function private.set_status to authenticated"),
        ("callable_functions", "revoke execute on function public.respond from authenticated"),
        ("schema_grants", "grant create on schema private to anon"),
        ("schema_grants", "grant create on schema public to authenticated"),
        ("overloaded_functions", "create function public.respond() returns void language sql as ''"),
        ("definer_functions_elsewhere", "create schema more; create function more.f() returns void"
         " language sql security definer as ''; alter function more.f() owner to postgres"),
        ("policies_not_for_members", "create policy open on public.matches for select using (true)"),
        ("policies_not_for_members", "create policy open on public.matches for select to anon using (true)"),
        ("published_tables", "create publication p for table public.reveals"),
        ("published_tables", "create publication p for all tables"),
        ("views_of_their_owner", "create view public.v as select 1 as one"),
        ("views_of_their_owner", "create view public.v with (security_invoker = true) as select 1 as one;"
         " alter view public.v reset (security_invoker)"),
        ("views_of_their_owner", "create materialized view public.v as select 1 as one"),
        ("unindexed_foreign_keys", "drop index public.blind_chat_messages_sender_idx"),
        ("unindexed_foreign_keys", "drop index public.consents_user_idx"),
        ("unindexed_foreign_keys", "drop index public.matches_event_idx;"
         " create index on public.matches (event_id) where status = 'proposed'"),
        ("unindexed_policy_columns", "drop index public.consents_user_idx"),
        ("unindexed_policy_columns", "drop index public.reports_reporter_idx"),
        ("without_comment", "comment on table public.blocks is null"),
        ("without_comment", "comment on column private.place_changes.changed_at is null"),
        ("without_comment", "comment on function public.respond is null"),
    ],
)  # fmt: skip
def test_a_change_of_the_catalogue_is_noticed(copy: Connection, question: str, change: str) -> None:
    asked: catalog.Question = getattr(catalog, question)
    with copy.transaction(force_rollback=True):
        before = asked(copy)
        copy.execute(change)
        assert set(asked(copy)) > set(before)


@pytest.mark.parametrize(("table", "policy"), POLICIES)
def test_a_policy_dropped_or_widened_is_noticed_by_the_cells(
    shop: Workshop, removed: Counter[str], table: str, policy: str
) -> None:
    if policy == '"in plain comparisons"':
        _missed_by_the_catalogue(shop, table, policy)
        removed["policies"] += 1
        return
    with shop.copy() as name, shop.serve(name) as cast:
        scene = Scene(cast)
        assert wrong_rows(scene, table, ("revealed",)) == []
        cast.database.execute(f"alter policy {policy} on public.{table} using (true)")
        widened = wrong_rows(scene, table, ("revealed",))
        assert any("side a" in answer for answer in widened)
        assert any("stranger" in answer for answer in widened)
        cast.database.execute(f"drop policy {policy} on public.{table}")
        dropped = wrong_rows(scene, table, ("revealed",))
        assert [
            f"{table} select by {who} in revealed: written 'own', found 'empty'"
            for who in ("member", "side a", "side b")
        ] == dropped
    removed["policies"] += 1


def _missed_by_the_catalogue(shop: Workshop, table: str, policy: str) -> None:
    """What a policy forbids to ask is no row's, and so no cell's."""
    with shop.copy() as name, psycopg.connect(shop.url(name)) as database:
        assert catalog.tables_read_by_any_operator(database) == []
        for change in (
            f"alter policy {policy} on public.{table} using (true)",
            f"drop policy {policy} on public.{table}",
        ):
            database.execute(change)
            assert catalog.tables_read_by_any_operator(database) == [table]


def test_every_policy_was_dropped(copy: Connection) -> None:
    there = copy.execute(
        "select count(*) from pg_policies where schemaname in ('public', 'private')"
    ).fetchone()
    assert there == (len(POLICIES),)


def test_the_cells_notice_what_else_can_be_opened(shop: Workshop) -> None:
    """Each change is about another table or function, so that each is noticed by its own cells."""
    with (
        shop.broken(
            "grant select on public.matches to authenticated",
            "create policy ours on public.matches for select to authenticated"
            " using ((select private.member_id()) in (user_a, user_b))",
            "grant select (emotional_readiness_score) on public.connect_profiles to authenticated",
            "grant insert, update, delete on public.reveals to authenticated",
            "create policy theirs on public.reveals to authenticated using (true) with check (true)",
            "grant select (match_id, requested_by) on public.reveals to authenticated",
            "grant select on public.job_runs to anon",
            "grant execute on function public.store_profile_vectors to authenticated",
            "grant execute on function public.get_status to anon",
            "create or replace function private.member_id() returns uuid language sql stable"
            " set search_path = '' as 'select auth.uid()'",
        ) as name,
        shop.serve(name) as cast,
    ):
        scene = Scene(cast)
        assert wrong_rows(scene, "matches", ("proposed",))
        assert {answer.split(" ")[0] for answer in wrong_columns(scene, "connect_profiles")} == {
            "connect_profiles.emotional_readiness_score"
        }
        changed = wrong_rows(scene, "reveals", ("revealed",))
        assert "reveals changed under the hands of clients in revealed" in changed
        assert any(
            answer.startswith("job_runs select by nobody")
            for answer in wrong_rows(scene, "job_runs", ("proposed",))
        )
        assert any("by member" in answer for answer in wrong_functions(scene, "store_profile_vectors"))
        assert any("by nobody" in answer for answer in wrong_functions(scene, "get_status"))
        assert any("anonymous sign-in" in answer for answer in wrong_tokens(scene))
