"""How the official Supabase CLI is called here: no telemetry, no login, no password among its arguments."""

from urllib.parse import unquote, urlsplit, urlunsplit

from scripts.stack.children import plain_environment
from scripts.stack.home import ROOT


def apart(database_url: str) -> tuple[str, dict[str, str]]:
    """The address without its password, and the environment that carries it: arguments show in `ps`."""
    parts = urlsplit(database_url)
    if parts.password is None:
        return database_url, {}
    user, at, host = parts.netloc.rpartition("@")
    bare = parts._replace(netloc=user.partition(":")[0] + at + host)
    return urlunsplit(bare), {"PGPASSWORD": unquote(parts.password)}


def supabase_db(database_url: str, home: str, *words: str) -> tuple[list[str], dict[str, str]]:
    """The command `supabase db WORDS…` against a database, and its environment.

    `home` is an empty folder for it to write into: no telemetry file, no login of the person at the terminal.
    The workdir holds config.toml, from which it learns the policy files and which schemas are served.
    """
    address, password = apart(database_url)
    cli = str(ROOT / "node_modules" / ".bin" / "supabase")
    environment = plain_environment(
        HOME=home,
        SUPABASE_HOME=home,
        SUPABASE_TELEMETRY_DISABLED="1",
        DO_NOT_TRACK="1",
        SUPABASE_NO_UPDATE_NOTIFIER="1",
        **password,
    )
    return [cli, "db", *words, f"--remote={address}", "--workdir", str(ROOT)], environment
