"""The two deployments, each served as in production: the framework's app under gunicorn, its own environment.

A deployment's environment is written out here name by name: nothing of the shell's reaches it.
"""

import sys
import time
from pathlib import Path

import httpx

from scripts.stack import key_set
from scripts.stack.children import Child, plain_environment
from scripts.stack.home import Home, Options, Trouble
from scripts.stack.keys import Keys

NAMES = ("connect", "worker")


def socket(home: Home, name: str) -> Path:
    """Where the proxy finds a deployment: a link to where the one in service listens."""
    return home.sockets / f"{name}.sock"


def listens(home: Home, name: str, place: str = "a") -> Path:
    """Where a deployment listens, at place "a" or "b": one begins while the other serves."""
    return home.sockets / f"{name}.{place}.sock"


def put_in_service(home: Home, name: str, place: str) -> None:
    """From now on, in one step, new connections go to the deployment at `place`."""
    fresh = home.sockets / f"{name}.link"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(listens(home, name, place).name)
    fresh.rename(socket(home, name))


def environment(name: str, options: Options, keys: Keys) -> dict[str, str]:
    """All a deployment is told. `connect` serves members and must not hold a service key."""
    common = plain_environment(
        SUPABASE_URL=options.supabase_url,
        SUPABASE_JWT_SECRET=keys.jwt_secret,
        SUPABASE_JWKS_URL=f"{options.supabase_url}{key_set.ADDRESS}",
    )
    if name == "connect":
        return common | {
            "SUPABASE_ANON_KEY": keys.anon_key,
            "CONNECT_MESSAGE_KEYS": keys.message_keys,
        }
    return common | {
        "SUPABASE_SERVICE_ROLE_KEY": keys.service_role_key,
        "CONNECT_BELL_KEY": keys.bell_key,
    }


def child(name: str, options: Options, keys: Keys, place: str = "a") -> Child:
    """One deployment on a unix socket, served as its container serves it."""
    source = f"functions/{name}/main.py"
    return Child(
        name=name,
        command=[
            *(sys.executable, "-P", "-m", "gunicorn"),
            *("--config", "python:functions.serving"),
            *("--bind", f"unix:{listens(options.home, name, place)}", "--umask", "0o077"),
            f"functions_framework:create_app({name!r}, {source!r})",
        ],
        env=environment(name, options, keys),
        log=options.home.logs / f"{name}.log",
        patience=10,  # seconds, as Cloud Run has it
    )


def wait_until_ready(name: str, home: Home, running: Child, place: str = "a", seconds: float = 60) -> None:
    """Return when the deployment answers its health; raise Trouble with its last words when it ends."""
    end, where = time.monotonic() + seconds, listens(home, name, place)
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(where)), timeout=5) as client:
        while True:
            try:
                if not where.exists():
                    raise httpx.ConnectError("nobody listens yet")
                client.get("http://deployment/health")
                return  # healthy or not is the deployment's own answer; here it only has to answer
            except httpx.TransportError:
                pass
            if not running.alive() or time.monotonic() > end:
                raise Trouble(f"The deployment {name} does not start: {_last_words(running.log)}")
            time.sleep(0.05)


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"{lines[-1] if lines else 'it said nothing'} (log: {log})"
