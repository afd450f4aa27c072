"""Questions to the database about itself. Each returns what is not as it should be; empty when all is well.

They take a connection, so that the same questions can be asked of a database broken on purpose.
"""

from collections.abc import Callable
from typing import Any

import psycopg

from tests.database import truth_table

Connection = psycopg.Connection[Any]
Question = Callable[[Connection], list[str]]

CLIENT_ROLES = ("anon", "authenticated", "service_role")
# What client roles run outside public: policies and PostgREST name it.
PRIVATE_FUNCTIONS = {
    "anon": {"private.before_request()"},
    "authenticated": {"private.before_request()", "private.member_id()", "private.reads_plainly()"},
    "service_role": {"private.before_request()", "private.entries_shown(private.lists)"},
}
# Views that read tables of private for the service, with their owner's rights.
VIEWS_INTO_PRIVATE = ("batch_logs", "job_health", "match_scores", "task_queue", "workers_alive")

_VERBS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
_OURS = "n.nspname in ('public', 'private')"
_NO_EXTENSION = "not exists (select from pg_depend d where d.objid = {oid} and d.deptype = 'e')"


def _names(database: Connection, query: str, *arguments: Any) -> list[str]:
    return [str(name) for (name,) in database.execute(query, list(arguments)).fetchall()]


def tables_without_rls(database: Connection) -> list[str]:
    """Tables of ours whose rows anybody with a grant would see."""
    return _names(
        database,
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        f" where {_OURS} and c.relkind in ('r', 'p') and not c.relrowsecurity order by 1",
    )


def functions_with_a_mutable_search_path(database: Connection) -> list[str]:
    """Functions of ours, definer or not, that look names up where the caller says."""
    return _names(
        database,
        "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        f" where {_OURS} and {_NO_EXTENSION.format(oid='p.oid')}"
        " and not coalesce(p.proconfig @> array['search_path=\"\"'], false) order by 1",
    )


def definer_functions_elsewhere(database: Connection) -> list[str]:
    """Definer functions owned by `postgres` outside the two schemas everything else here looks at."""
    return _names(
        database,
        "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        f" where p.prosecdef and p.proowner = 'postgres'::regrole and not {_OURS}"
        f" and {_NO_EXTENSION.format(oid='p.oid')}",
    )


def callable_functions(database: Connection) -> list[str]:
    """Where the functions a client role may execute are not exactly those of the truth table."""
    wrong = []
    for role in CLIENT_ROLES:
        found = set(
            _names(
                database,
                "select case n.nspname when 'public' then p.proname else p.oid::regprocedure::text end"
                f" from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {_OURS}"
                f" and {_NO_EXTENSION.format(oid='p.oid')} and has_function_privilege(%s, p.oid, 'execute')",
                role,
            )
        )
        expected = truth_table.functions_of(role) | PRIVATE_FUNCTIONS[role]
        wrong += [f"{role} may call {name}" for name in sorted(found - expected)]
        wrong += [f"{role} may not call {name}" for name in sorted(expected - found)]
    return wrong


def overloaded_functions(database: Connection) -> list[str]:
    """Names shared by two functions of public: the lists above know functions by name alone."""
    return _names(
        database,
        "select p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace"
        f" and {_NO_EXTENSION.format(oid='p.oid')} group by p.proname having count(*) > 1",
    )


def table_grants(database: Connection) -> list[str]:
    """Where a client role's privileges on tables, of any kind, are not exactly those of the truth table."""
    wrong = []
    for role in CLIENT_ROLES:
        held = {
            (str(table), str(verb))
            for table, verb in database.execute(
                "select case n.nspname when 'public' then c.relname else c.oid::regclass::text end, v.verb"
                " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " cross join unnest(%s::text[]) v (verb)"
                f" where {_OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f')"
                " and case when v.verb in ('select', 'insert', 'update', 'references')"
                "   then has_any_column_privilege(%s, c.oid, v.verb)"
                "   else has_table_privilege(%s, c.oid, v.verb) end",
                [list(_VERBS), role, role],
            )
        }
        expected = truth_table.grants_of(role)
        wrong += [f"{role} may {verb} {table}" for table, verb in sorted(held - expected)]
        wrong += [f"{role} may not {verb} {table}" for table, verb in sorted(expected - held)]
    return wrong


def column_grants(database: Connection) -> list[str]:
    """Where the columns members may name are not exactly the open ones of the truth table."""
    held = {
        (str(table), str(column))
        for table, column in database.execute(
            "select c.relname, a.attname from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
            " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')"
            " and has_column_privilege('authenticated', c.oid, a.attnum, 'select')"
        )
    }
    opened = {(table, name) for table, (_, names, _) in truth_table.columns().items() for name in names}
    wrong = [f"members may read {table}.{name}" for table, name in sorted(held - opened)]
    return wrong + [f"members may not read {table}.{name}" for table, name in sorted(opened - held)]


def sequence_grants(database: Connection) -> list[str]:
    """Sequences of ours that a client role may touch: a next value tells how much has happened."""
    return _names(
        database,
        "select r.role || ' ' || c.oid::regclass::text from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        f" cross join unnest(%s::text[]) as r (role) where {_OURS} and c.relkind = 'S'"
        " and has_sequence_privilege(r.role, c.oid, 'usage, select, update') order by 1",
        list(CLIENT_ROLES),
    )


def schema_grants(database: Connection) -> list[str]:
    """Where a client role reaches a schema of ours it should not, or may create in one."""
    held = set(
        _names(
            database,
            "select r.role || ' ' || v.verb || ' ' || n.nspname from pg_namespace n"
            " cross join unnest(%s::text[]) r (role) cross join unnest('{usage,create}'::text[]) v (verb)"
            f" where {_OURS} and has_schema_privilege(r.role, n.oid, v.verb)",
            list(CLIENT_ROLES),
        )
    )
    return sorted(
        held ^ {f"{role} usage {schema}" for role in CLIENT_ROLES for schema in ("public", "private")}
    )


def without_comment(database: Connection) -> list[str]:
    """What a person meets in the dashboard and nobody explained: all of public, and the tables of private."""
    return _names(
        database,
        "select 'relation ' || c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        f" where {_OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f')"
        " and obj_description(c.oid, 'pg_class') is null"
        " union all"
        " select 'column ' || c.oid::regclass || '.' || a.attname from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid"
        f" where {_OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped"
        " and col_description(c.oid, a.attnum) is null"
        " union all"
        " select 'function ' || p.oid::regprocedure from pg_proc p"
        f" join pg_namespace n on n.oid = p.pronamespace where {_OURS}"
        f" and {_NO_EXTENSION.format(oid='p.oid')}"
        " and obj_description(p.oid, 'pg_proc') is null"
        " union all"
        " select 'type ' || t.oid::regtype from pg_type t join pg_namespace n on n.oid = t.typnamespace"
        " left join pg_class c on c.oid = t.typrelid"
        f" where {_OURS} and {_NO_EXTENSION.format(oid='t.oid')}"
        " and obj_description(t.oid, 'pg_type') is null"
        " and t.typcategory <> 'A' and (t.typrelid = 0 or c.relkind = 'c')"
        " order by 1",
    )


# A partial index that leaves out nulls alone serves: nothing refers by a null.
_LED_BY = (
    "exists (select from pg_index i where i.indrelid = {table} and i.indisvalid"
    " and (i.indpred is null or cardinality({columns}) = 1 and pg_get_expr(i.indpred, i.indrelid) = ("
    "   select '(' || quote_ident(x.attname) || ' IS NOT NULL)' from pg_attribute x"
    "   where x.attrelid = i.indrelid and x.attnum = i.indkey[0]))"
    " and i.indkey[0] = any ({columns})"
    " and (i.indkey::int2[])[0:cardinality({columns}) - 1] @> {columns}"
    ")"
)


def unindexed_foreign_keys(database: Connection) -> list[str]:
    """Foreign keys no index begins with: deleting the other row would read the whole table."""
    return _names(
        database,
        "select k.conrelid::regclass || ' ' || k.conname from pg_constraint k"
        f" join pg_namespace n on n.oid = k.connamespace where {_OURS} and k.contype = 'f'"
        f" and not {_LED_BY.format(table='k.conrelid', columns='k.conkey')} order by 1",
    )


def unindexed_policy_columns(database: Connection) -> list[str]:
    """Columns a policy compares that no index begins with."""
    return _names(
        database,
        "select distinct p.polrelid::regclass || '.' || a.attname from pg_policy p"
        " join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace"
        " join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid"
        "   and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0"
        " join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid"
        f" where {_OURS} and not {_LED_BY.format(table='d.refobjid', columns='array[a.attnum]')} order by 1",
    )


def policies_not_for_members(database: Connection) -> list[str]:
    """Policies that name another role than authenticated: a token without a role would fall under them."""
    return _names(
        database,
        "select p.polrelid::regclass || ' ' || p.polname from pg_policy p"
        " join pg_class c on c.oid = p.polrelid"
        f" join pg_namespace n on n.oid = c.relnamespace where {_OURS}"
        " and p.polroles <> array['authenticated'::regrole::oid] order by 1",
    )


def published_tables(database: Connection) -> list[str]:
    """Tables of ours that Realtime or any other subscriber would be sent."""
    return _names(
        database,
        "select pubname || ' ' || schemaname || '.' || tablename from pg_publication_tables"
        " where schemaname in ('public', 'private')"
        " union all select pubname || ' all tables' from pg_publication where puballtables order by 1",
    )


def views_of_their_owner(database: Connection) -> list[str]:
    """Views that read with their owner's eyes, and materialized ones, which keep a copy of what those saw.

    Save the few that show the service something of private, which it cannot reach itself.
    """
    return _names(
        database,
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        f" where {_OURS} and (c.relkind = 'm' or c.relkind = 'v'"
        " and not coalesce(c.reloptions"
        "   && '{security_invoker=true,security_invoker=on,security_invoker=1}', false))"
        " and c.oid::regclass::text <> all (%s)",
        list(VIEWS_INTO_PRIVATE),
    )


def tables_read_by_any_operator(database: Connection) -> list[str]:
    """Tables of which members may read something, and ask for it with more than plain comparisons."""
    return _names(
        database,
        "select c.oid::regclass::text from pg_class c where c.relnamespace = 'public'::regnamespace"
        " and c.relkind in ('r', 'p') and has_any_column_privilege('authenticated', c.oid, 'select')"
        " and not exists (select from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname"
        "   and p.permissive = 'RESTRICTIVE' and p.cmd = 'SELECT' and p.roles = '{authenticated}'"
        "   and p.qual ~ '^\\( SELECT private.reads_plainly\\(\\)') order by 1",
    )


QUESTIONS: tuple[Question, ...] = (
    tables_read_by_any_operator,
    tables_without_rls,
    functions_with_a_mutable_search_path,
    definer_functions_elsewhere,
    callable_functions,
    overloaded_functions,
    table_grants,
    column_grants,
    sequence_grants,
    schema_grants,
    without_comment,
    unindexed_foreign_keys,
    unindexed_policy_columns,
    policies_not_for_members,
    published_tables,
    views_of_their_owner,
)
