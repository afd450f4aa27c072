"""Asks Supabase's own linter about a database, and adds what the linter cannot say.

The linter (`supabase db advisors`) leaves out definer functions that clients may call, looks for missing RLS
only where a whole table is granted, and reports nothing at all about a schema it does not know to be served.
All three are asked here in SQL, and whether a second door, GraphQL, stands open for nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from typing import Any

import psycopg

from scripts.stack import connect_env
from scripts.stack.home import ROOT, Trouble, options
from scripts.stack.supabase_cli import supabase_db

_CLI_PATIENCE = 120.0  # seconds
# Schemas the platform fills; everything else is ours to answer for.
_PLATFORM = [
    *("auth", "cron", "extensions", "graphql", "graphql_public", "information_schema", "net", "pg_catalog"),
    *("pgbouncer", "pgmq", "pgsodium", "pgsodium_masks", "realtime", "storage", "supabase_functions"),
    *("supabase_migrations", "vault"),
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the lint's name, how bad (ERROR or WARN), and a sentence naming the object."""

    name: str
    level: str
    detail: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.level}  {self.name}: {self.detail}"


def exposed_schemas() -> list[str]:
    """The schemas the API serves, as supabase/config.toml says."""
    with (ROOT / "supabase" / "config.toml").open("rb") as file:
        return [str(name) for name in tomllib.load(file)["api"]["schemas"]]


def advise(database_url: str) -> list[Finding]:
    """Everything found, worst first. Raises Trouble when the database or the linter cannot be asked."""
    try:
        with psycopg.connect(database_url, connect_timeout=10) as database:
            found = _asked_here(database, exposed_schemas())
    except psycopg.OperationalError as error:
        raise Trouble(f"The database cannot be reached: {str(error).strip()}") from error
    return sorted(found + _asked_the_linter(database_url), key=lambda f: (f.level, f.name, f.detail))


def _asked_the_linter(database_url: str) -> list[Finding]:
    with tempfile.TemporaryDirectory(prefix="connect-") as home:
        words = ("advisors", "--level", "warn", "--fail-on", "none", "--output-format", "json")
        command, environment = supabase_db(database_url, home, *words)
        try:
            said = subprocess.run(
                command,
                env=environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_CLI_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Trouble(f"The linter did not answer within {_CLI_PATIENCE:g} seconds.") from None
    try:
        results = json.loads(said.stdout)["results"]
        found = [Finding(str(f["name"]), str(f["level"]), str(f["detail"])) for f in results]
    except (ValueError, TypeError, KeyError):
        found = None
    # An answer in another shape must not read as "nothing found".
    if said.returncode or found is None:
        raise Trouble(f"The linter failed:\n{(said.stderr or said.stdout).strip()[-1000:]}")
    return found


def _asked_here(database: psycopg.Connection[Any], exposed: list[str]) -> list[Finding]:
    """What the linter does not ask, and whether it can see at all."""
    callable_by_anon = database.execute(
        "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where p.prosecdef and n.nspname <> all (%s) and n.nspname !~ '^pg_'"
        " and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')"
        " and has_function_privilege('anon', p.oid, 'execute')",
        [_PLATFORM],
    )
    found = [
        Finding(
            "anon_calls_definer_function",
            "ERROR",
            f"Function `{name}` runs as its owner for anybody who calls.",
        )
        for (name,) in callable_by_anon
    ]
    without_rls = database.execute(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and not c.relrowsecurity and n.nspname = any (%s)"
        " and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')",
        [exposed],
    )
    found += [
        Finding("served_table_without_rls", "ERROR", f"Table `{name}` is in a served schema and has no RLS.")
        for (name,) in without_rls
    ]
    # A database that has no Connect yet is told apart below.
    if database.execute("select to_regprocedure('private.strangers()')").fetchone() != (None,):
        found += [
            Finding(
                "stranger_is_open",
                "WARN",
                f"The {kind} `{name}` is no part of Connect, and clients may use it: close it, or name it in"
                " settings.own_objects.",
            )
            for kind, name in database.execute("select s.kind, s.name from private.strangers() s")
        ]
    if database.execute("select 1 from pg_extension where extname = 'pg_graphql'").fetchone():
        found.append(
            Finding(
                "graphql_is_installed",
                "WARN",
                "Extension `pg_graphql` is installed, and Connect turns all its calls away:"
                " `drop extension pg_graphql` closes that door altogether.",
            )
        )
    return found + _blind_spots(database, exposed)


def _blind_spots(database: psycopg.Connection[Any], exposed: list[str]) -> list[Finding]:
    """Served schemas that config.toml, and so the linter, does not know; or nothing there to look at."""
    settings = database.execute(
        "select substr(c.setting, length('pgrst.db_schemas=') + 1) from pg_db_role_setting s"
        " cross join unnest(s.setconfig) as c (setting)"
        " where c.setting like 'pgrst.db_schemas=%' and s.setdatabase in (0, (select oid from pg_database"
        "   where datname = current_database())) and s.setrole in (0, to_regrole('authenticator'))"
    )
    served = {name.strip(' "') for (setting,) in settings for name in str(setting).split(",")} - {""}
    found = [
        Finding(
            "linter_is_blind", "ERROR", f"Schema `{name}` is served and not among those the linter looks at."
        )
        for name in served - set(exposed)
    ]
    for name in exposed:
        looked_at = database.execute(
            "select exists (select from pg_class"
            " where relnamespace = to_regnamespace(%s) and relkind in ('r', 'p'))",
            [name],
        ).fetchone()
        if looked_at != (True,):
            found.append(
                Finding("linter_is_blind", "ERROR", f"There is no table in schema `{name}` to look at.")
            )
    return found


def _local() -> str:
    """The address of the running local stack's database. Raises Trouble when none runs."""
    try:
        url = connect_env.read(options().home)["DATABASE_URL"]
    except Trouble:
        raise Trouble(
            "Which database? Give its address, set DATABASE_URL, or start a local stack with `make up`."
        ) from None
    print("Asking about the local stack.", flush=True)
    return url


def main(arguments: list[str]) -> None:
    """The command line: prints every finding, exits 1 when there is one."""
    parser = argparse.ArgumentParser(
        prog="scripts/advise",
        description="Check a migrated database, local or hosted, with Supabase's linter and a few questions"
        " it leaves out. Changes nothing. Exits 1 when there is an error or a warning.",
    )
    parser.add_argument(
        "database_url",
        metavar="DATABASE_URL",
        nargs="?",
        help="postgresql://USER:PASSWORD@HOST:PORT/NAME; default: $DATABASE_URL, else the local stack's",
    )
    chosen = parser.parse_args(arguments)
    try:
        found = advise(chosen.database_url or os.environ.get("DATABASE_URL") or _local())
    except Trouble as trouble:
        sys.exit(str(trouble))
    except psycopg.Error as error:
        sys.exit(f"advise failed: {str(error).strip()}")
    except KeyboardInterrupt:
        sys.exit(130)
    for finding in found:
        print(finding)
    if found:
        sys.exit(1)
    print("No error, no warning.")


if __name__ == "__main__":
    main(sys.argv[1:])
