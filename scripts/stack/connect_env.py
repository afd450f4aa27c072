"""The file a running stack leaves for other programs, and what it says."""

from pathlib import Path

import psycopg

from scripts.stack.home import Home, Options, Trouble, write_private
from scripts.stack.keys import Keys, admin_token
from scripts.stack.postgres import Cluster


def write(options: Options, keys: Keys, cluster: Cluster) -> None:
    """Write `connect.env`: NAME=value lines that a shell can source and any reader can split."""
    values = {
        "FUNCTIONS_URL": options.functions_url,
        "SUPABASE_URL": options.supabase_url,
        "SUPABASE_ANON_KEY": keys.anon_key,
        "SUPABASE_SERVICE_ROLE_KEY": keys.service_role_key,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_SECRET_KEY": keys.secret_key,
        "SUPABASE_JWT_SECRET": keys.jwt_secret,
        "DATABASE_URL": cluster.url(),
        "PG_BIN": str(cluster.tools),
        "CONNECT_ADMIN_TOKEN": admin_token(keys, options.supabase_url),
    }
    write_private(options.home.env, "".join(f"{name}={value}\n" for name, value in values.items()))


def read(home: Home) -> dict[str, str]:
    """What the running stack wrote; raises Trouble when none runs."""
    try:
        text = Path(home.env).read_text()
    except FileNotFoundError:
        raise Trouble("No stack is running here: start one with `make up` or `make run`.") from None
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def is_empty(database_url: str) -> bool:
    """Whether the database has a table of members and nobody in it."""
    with psycopg.connect(database_url) as connection:
        if connection.execute("select to_regclass('public.users') is null").fetchone() == (True,):
            return False
        return connection.execute("select exists (select from public.users)").fetchone() == (False,)
