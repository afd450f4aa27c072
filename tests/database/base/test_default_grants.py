"""The same SQL leaves the same privileges, whether the platform grants everything by default or nothing.

Older hosted projects give client roles everything on new objects in public, newer ones nothing: what holds
must not depend on it.
"""

from typing import Any

import psycopg

from scripts.stack.throwaway import Running
from tests.database.workshop import privileges, workshop


def defaults(database: psycopg.Connection[Any]) -> int:
    """How many privileges that the data API knows anon would be given on what `supabase_admin` makes here.

    For `postgres` the first policy file takes them away.
    """
    row = database.execute(
        "select count(*) from pg_default_acl d cross join lateral aclexplode(d.defaclacl) x"
        " where d.defaclnamespace = 'public'::regnamespace and d.defaclrole = 'supabase_admin'::regrole"
        " and x.grantee = 'anon'::regrole"
        " and x.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'EXECUTE', 'USAGE')"
        " and (d.defaclobjtype, x.privilege_type) <> ('S', 'UPDATE')"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_both_worlds_end_with_the_same_privileges(stack: Running, database: psycopg.Connection[Any]) -> None:
    here = stack.options.default_grants
    there = {"open": "closed", "closed": "open"}[here]
    with workshop(there, stack.postgres_version) as other, psycopg.connect(other.url()) as elsewhere:
        # The two really are different worlds.
        given = {here: defaults(database), there: defaults(elsewhere)}
        assert given["open"] > 0
        assert given["closed"] == 0

        mine, theirs = privileges(database), privileges(elsewhere)
        assert sorted(mine - theirs) == []
        assert sorted(theirs - mine) == []
        assert ("column", "users.birth_date", "authenticated", "SELECT", "False") in mine
        assert ("column", "connect_profiles.min_age", "authenticated", "SELECT", "False") in mine

        # A grant that one world alone has is told apart, so an equal answer above is one that looked.
        with database.transaction(force_rollback=True):
            database.execute("grant select on public.matches to anon")
            assert {what[2:4] for what in privileges(database) - theirs} == {("anon", "SELECT")}
