"""Two members leave: one account is deleted by the Auth server, one member erases themselves in the app."""

from typing import Any

import httpx
import psycopg

from scripts.stack.home import Trouble
from scripts.stack.keys import sign_token
from scripts.stack.reporter import Reporter
from scripts.tools.check_cron.cluster import DebianCluster

_MATCHED = """
select distinct u.id::text from public.users u join public.matches m on u.id in (m.user_a, m.user_b)
where u.id not in (select p.user_id from public.connect_profiles p where not p.is_active) order by 1 limit 2
"""
_LEFT = """
select (select count(*) from auth.users a where a.id = %(id)s) as account,
    (select count(*) from public.users u where u.id = %(id)s)
    + (select count(*) from public.connect_profiles p where p.user_id = %(id)s)
    + (select count(*) from public.matches m where %(id)s in (m.user_a, m.user_b)) as rows
"""


def leave(cluster: DebianCluster, database: psycopg.Connection[dict[str, Any]], reporter: Reporter) -> None:
    """Both ways of leaving, of members who have a match. Raises Trouble when anything of them is left."""
    deleted, erased = (row["id"] for row in database.execute(_MATCHED.encode()).fetchall())
    with psycopg.connect(cluster.url("supabase_admin"), autocommit=True) as auth:
        auth.execute("set session authorization supabase_auth_admin")
        auth.execute("set search_path = auth")
        auth.execute("delete from users where id = %s", [deleted])
    _nothing_left(database, deleted, "An account deleted by the Auth server", account=0)
    reporter.line("  an account deleted as the Auth server deletes it: nothing of the member is left")
    options, key = cluster.options, cluster.keys.signing_key
    headers = {"Authorization": f"Bearer {sign_token(key, options.supabase_url, erased)}"}
    with httpx.Client(base_url=options.functions_url, headers=headers, timeout=30, trust_env=False) as app:
        asked = app.post("/connect/erase", json={})
        done = app.post("/connect/erase", json={"code": asked.json().get("code")})
    if (done.status_code, done.json().get("status")) != (200, "erased"):
        raise Trouble(f"An erasure was answered {asked.status_code}, then {done.status_code}: {done.text}")
    _nothing_left(database, erased, "A member who erased themselves", account=1)
    reporter.line("  a member erased through the app: nothing of them is left, the account stays")


def _nothing_left(
    database: psycopg.Connection[dict[str, Any]], member: str, what: str, *, account: int
) -> None:
    [left] = database.execute(_LEFT.encode(), {"id": member}).fetchall()
    if left != {"account": account, "rows": 0}:
        raise Trouble(f"{what} left {left['rows']} rows and {left['account']} accounts.")
