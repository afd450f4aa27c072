"""A database server of the tests' own, in a chosen world of default grants, to copy a database and break it.

Nobody else is connected to its database, so a copy costs a few hundredths of a second. No functions, no
schedule; a copy can be served by a PostgREST of its own.
"""

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from scripts.stack import postgrest
from scripts.stack.apply_sql import apply
from scripts.stack.children import Child
from scripts.stack.commands import wipe
from scripts.stack.home import Home, options
from scripts.stack.keys import load_keys
from scripts.stack.postgres import Cluster
from scripts.stack.supervisor import vault_secrets
from scripts.stack.throwaway import Running, free_ports
from tests.cast import Cast

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Workshop:
    """A running server whose database `postgres` has the whole schema and nobody in it."""

    cluster: Cluster
    server: Child

    def url(self, name: str = "postgres", role: str = "postgres") -> str:
        """The address of one database."""
        return self.cluster.url(role).replace("/postgres?", f"/{name}?")

    @contextlib.contextmanager
    def copy(self) -> Iterator[str]:
        """The name of a fresh copy of the database, dropped afterwards."""
        name = f"copy_{next(_NUMBERS)}"
        with psycopg.connect(self.url("template1", "supabase_admin"), autocommit=True) as above:
            above.execute(f"create database {name} template postgres owner postgres")
            try:
                yield name
            finally:
                above.execute(f"drop database {name} with (force)")

    @contextlib.contextmanager
    def broken(self, *changes: str) -> Iterator[str]:
        """The name of a copy to which the changes have been done, as its administrator."""
        with self.copy() as name:
            with psycopg.connect(self.url(name, "supabase_admin")) as database:
                for change in changes:
                    database.execute(change)
            yield name

    @contextlib.contextmanager
    def serve(self, name: str) -> Iterator[Cast]:
        """A cast whose calls reach one copy, through a PostgREST of its own."""
        with contextlib.ExitStack() as stack:
            home = Home(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="connect-rest-"))))
            home.prepare()
            rest = postgrest.child(home, self.cluster.keys, self.url(name, "authenticator"))
            rest.start()
            stack.callback(rest.stop)
            postgrest.wait_until_ready(home, rest)
            database = stack.enter_context(psycopg.connect(self.url(name), autocommit=True))
            assert self.server.process is not None
            running = Running(
                options=self.cluster.options,
                keys=self.cluster.keys,
                supervisor=self.server.process,
                database_url=self.url(name),
                superuser_url=self.url(name, "supabase_admin"),
                pg_bin=self.cluster.bin,
                postgres_version=self.cluster.version,
                admin_token="",
            )
            http = stack.enter_context(httpx.Client(transport=_Straight(home), timeout=30))
            yield Cast(running, database, http)


class _Straight(httpx.BaseTransport):
    """Calls PostgREST on its socket, where the proxy's /rest/v1 is not in the way."""

    def __init__(self, home: Home) -> None:
        self.inner = httpx.HTTPTransport(uds=str(postgrest.socket(home)))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(raw_path=request.url.raw_path.removeprefix(b"/rest/v1"))
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()


@contextlib.contextmanager
def workshop(default_grants: str, version: int, before: str = "") -> Iterator[Workshop]:
    """Make the server, give it the platform, what `before` says, and the schema; wipe it afterwards."""
    home = Home(Path(tempfile.mkdtemp(prefix="connect-workshop-")))
    home.prepare()
    asked = options(
        {
            "CONNECT_HOME": str(home.path),
            "CONNECT_DB_PORT": str(free_ports(1)[0]),
            "CONNECT_PG": str(version),
            "CONNECT_DEFAULT_GRANTS": default_grants,
        }
    )
    cluster = Cluster(asked, load_keys(home))
    server: Child | None = None
    try:
        cluster.prepare()
        server = cluster.child()
        server.start()
        cluster.wait_until_ready(server)
        cluster.make_platform()
        if before:
            with psycopg.connect(cluster.url()) as database:
                database.execute(before)
        apply(cluster.url(), vault_secrets(asked, cluster.keys), quiet=True)
        yield Workshop(cluster, server)
    finally:
        if server is not None:
            server.stop()
        wipe(asked)


def privileges(database: psycopg.Connection[Any]) -> set[tuple[str, ...]]:
    """Every privilege on anything of ours, spelled out: (kind, object, role, privilege, grantable).

    What is not written down in an access list is expanded to what Postgres gives by default. Role `-` is
    everybody.
    """
    return {
        tuple(map(str, row))
        for row in database.execute(
            "select o.kind, o.name, coalesce(g.rolname, '-'), x.privilege_type, x.is_grantable from ("
            " select 'relation' as kind, c.oid::regclass::text as name, c.relnamespace as space,"
            "   coalesce(c.relacl,"
            "     acldefault(case c.relkind when 'S' then 's' else 'r' end::\"char\", c.relowner)) as acl"
            " from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')"
            " union all select 'column', c.oid::regclass || '.' || a.attname, c.relnamespace, a.attacl"
            " from pg_class c join pg_attribute a on a.attrelid = c.oid where a.attacl is not null"
            " union all select 'function', p.oid::regprocedure::text, p.pronamespace,"
            "   coalesce(p.proacl, acldefault('f', p.proowner)) from pg_proc p"
            " union all select 'type', t.oid::regtype::text, t.typnamespace,"
            "   coalesce(t.typacl, acldefault('T', t.typowner)) from pg_type t"
            " union all select 'schema', s.nspname, s.oid, coalesce(s.nspacl, acldefault('n', s.nspowner))"
            " from pg_namespace s) o"
            " join pg_namespace n on n.oid = o.space and n.nspname in ('public', 'private')"
            " cross join lateral aclexplode(o.acl) x left join pg_roles g on g.oid = x.grantee"
            " where x.grantee = 0 or g.rolname in ('anon', 'authenticated', 'service_role')"
        )
    }
