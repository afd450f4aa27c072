"""Brings a database to the state of supabase/: migrations that are missing, then every policy file again.

The official CLI does both; a migration or a policy file is one transaction. It applies a seed file only once,
so the record of the policy files is removed first. Then the secrets SQL needs are put into Vault. Works with
any database address, local or hosted; two at once wait for each other.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from scripts.stack.children import plain_environment, spawn
from scripts.stack.home import ROOT, Trouble
from scripts.stack.postgres import programs
from scripts.stack.supabase_cli import apart, supabase_db
from scripts.tools.advise import advise

SECRETS = {
    "connect_bell_key": "CONNECT_BELL_KEY",
    "connect_worker_url": "CONNECT_WORKER_URL",
    "connect_erasure_key": "CONNECT_ERASURE_KEY",
    "connect_erasure_key_previous": "CONNECT_ERASURE_KEY_PREVIOUS",
}
_ONE_AT_A_TIME = 4_207_112_026  # any fixed number nobody else locks on
_TRANSACTION_POOLER = "6543"
_SCRIPT_FAILED = 3  # psql's exit code; another one tells of psql itself, which may know no TLS
_WORTH_SHOWING = re.compile(r"(Applying migration|Seeding data from|Updating seed hash to) (\S+?)\.\.\.")


def apply(database_url: str, environment: Mapping[str, str], *, quiet: bool = False) -> None:
    """Apply everything and put the secrets in. Raises Trouble with what went wrong and where."""
    began = time.monotonic()
    refuse_transaction_pooler(database_url)
    try:
        with psycopg.connect(database_url, autocommit=True, connect_timeout=10) as connection:
            # whoever is before us may take longer than a statement may
            connection.execute("set statement_timeout = 0")
            connection.execute("select pg_advisory_lock(%s)", (_ONE_AT_A_TIME,))
            if connection.execute(
                "select to_regclass('supabase_migrations.seed_files') is not null"
            ).fetchone() == (True,):
                connection.execute("delete from supabase_migrations.seed_files")
            said = _push(database_url)
            changed = put_secrets(connection, environment)
    except psycopg.OperationalError as error:
        raise Trouble(f"The database cannot be reached: {str(error).strip()}") from error
    if not quiet:
        kinds = [kind for kind, _ in _WORTH_SHOWING.findall(said)]
        migrations, policies = (
            kinds.count("Applying migration"),
            len(kinds) - kinds.count("Applying migration"),
        )
        print(
            f"Applied {migrations} new migrations and {policies} policy files, "
            f"put {changed} secrets into Vault ({time.monotonic() - began:.1f} s)",
            flush=True,
        )


def refuse_transaction_pooler(database_url: str) -> None:
    """Raise Trouble for an address whose connections go to another session with every transaction."""
    try:
        port = conninfo_to_dict(database_url).get("port")
    except psycopg.ProgrammingError as error:
        raise Trouble(f"That is no database address: {str(error).strip()}") from error
    if str(port) == _TRANSACTION_POOLER:
        raise Trouble(
            f"Port {port} is the transaction pooler, which would keep a lock after its session has ended: "
            "use the session pooler's address, port 5432."
        )


def _push(database_url: str) -> str:
    """Run the CLI and return what it said; raise Trouble naming file and statement when it fails."""
    with tempfile.TemporaryDirectory(prefix="connect-") as temporary:
        words = ("push", "--include-seed", "--skip-vault", "--yes")
        command, environment = supabase_db(database_url, temporary, *words)
        with (Path(temporary) / "said").open("w+") as output:
            push = spawn(command, env=environment, output=output)
            try:
                code = push.wait()
            finally:
                push.kill()
                push.wait()
            output.seek(0)
            said = output.read()
    if code:
        raise Trouble(_explain(database_url, said))
    return said


def _explain(database_url: str, said: str) -> str:
    """The CLI's words about the failure; for a policy file also the line, which it does not tell."""
    shown = [
        line
        for line in said.splitlines()
        if line.strip() and not line.startswith(("Try rerunning", "Target:"))
    ]
    last = _WORTH_SHOWING.findall(said)
    where = last[-1] if last else ("", "")
    text = "\n".join(shown[-12:]) or "the Supabase CLI failed without a word"
    if where[0] == "Seeding data from" and (ROOT / where[1]).exists():
        text = _line_of_failure(database_url, where[1]) or text
    return f"apply-sql failed{' in ' + where[1] if where[1] else ''}:\n{text}"


def _line_of_failure(database_url: str, file: str) -> str:
    """Run one policy file in a transaction that is never committed; psql says at which line it fails."""
    address, password = apart(database_url)
    tried = subprocess.run(
        [
            *(str(programs(18) / "psql"), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"),
            *("--command", "begin", "--file", file, "--command", "rollback", address),
        ],
        cwd=ROOT,
        env=plain_environment(**password),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return tried.stderr.strip() if tried.returncode == _SCRIPT_FAILED else ""


def put_secrets(connection: psycopg.Connection[Any], environment: Mapping[str, str]) -> int:
    """Create or change what differs from the environment; return how many. Names not set are left alone.

    A secret of ours that does not open any more, as after a restore into another project, is made anew.
    """
    changed = 0
    for name, variable in SECRETS.items():
        value = environment.get(variable)
        if not value:
            continue
        try:
            kept = connection.execute(
                "select id, decrypted_secret from vault.decrypted_secrets where name = %s", (name,)
            ).fetchone()
        except psycopg.errors.DataException:
            connection.execute("delete from vault.secrets where name = %s", (name,))
            kept = None
        if kept is None:
            connection.execute("select vault.create_secret(%s, %s, %s)", (value, name, f"from {variable}"))
        elif kept[1] != value:
            connection.execute("select vault.update_secret(%s, %s)", (kept[0], value))
        else:
            continue
        changed += 1
    return changed


def main(arguments: list[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/apply-sql",
        description="Apply supabase/migrations and supabase/policies to a database, local or hosted, then"
        " look at it as scripts/advise does. Exits 1 when something failed, or an error was found.",
        epilog="Secrets for SQL come from " + ", ".join(SECRETS.values()) + " where set.",
    )
    parser.add_argument(
        "database_url",
        metavar="DATABASE_URL",
        nargs="?",
        default=os.environ.get("DATABASE_URL"),
        help="postgresql://USER:PASSWORD@HOST:PORT/NAME; default: $DATABASE_URL, which `ps` hides",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing unless something fails")
    chosen = parser.parse_args(arguments)
    if not chosen.database_url:
        parser.error("which database? Give its address, or set DATABASE_URL.")
    try:
        apply(chosen.database_url, os.environ, quiet=chosen.quiet)
        found = advise(chosen.database_url)
    except Trouble as trouble:
        sys.exit(str(trouble))
    except psycopg.Error as error:
        sys.exit(f"apply-sql failed: {str(error).strip()}")
    except KeyboardInterrupt:
        sys.exit(130)
    if found:
        print(*found, sep="\n", file=sys.stderr)
    elif not chosen.quiet:
        print("No error, no warning.")
    if any(finding.level == "ERROR" for finding in found):
        sys.exit("All is applied, and what stands above stands open.")


if __name__ == "__main__":
    main(sys.argv[1:])
