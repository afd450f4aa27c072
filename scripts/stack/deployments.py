"""The two deployments, each served as in production: the framework's app under gunicorn, its own environment.

A deployment's environment is written out here name by name: nothing of the shell's reaches it.
"""

import sys
import time
from pathlib import Path

import httpx

from scripts.stack.children import Child, plain_environment
from scripts.stack.home import Home, Options, Trouble
from scripts.stack.keys import Keys

PROCESSES = {"connect": 2, "worker": 2}
THREADS = 8


def socket(home: Home, name: str) -> Path:
    """Where a deployment listens; only the proxy calls it."""
    return home.sockets / f"{name}.sock"


def environment(name: str, options: Options, keys: Keys) -> dict[str, str]:
    """All a deployment is told. `connect` serves members and must not hold a service key."""
    common = plain_environment(SUPABASE_URL=options.supabase_url, SUPABASE_JWT_SECRET=keys.jwt_secret)
    if name == "connect":
        return common | {
            "SUPABASE_ANON_KEY": keys.anon_key,
            "CONNECT_MESSAGE_KEYS": keys.message_keys,
        }
    return common | {
        "SUPABASE_SERVICE_ROLE_KEY": keys.service_role_key,
        "CONNECT_BELL_KEY": keys.bell_key,
    }


def child(name: str, options: Options, keys: Keys) -> Child:
    """One deployment on a unix socket. The app is loaded, then forked, as functions-framework does it."""
    source = f"functions/{name}/main.py"
    return Child(
        name=name,
        command=[
            *(sys.executable, "-P", "-m", "gunicorn"),
            *("--bind", f"unix:{socket(options.home, name)}", "--umask", "0o077"),
            *("--workers", str(PROCESSES[name]), "--threads", str(THREADS), "--preload"),
            # Longer than the proxy keeps an idle connection: it is never closed under a request's feet.
            *("--keep-alive", "120", "--timeout", "300", "--graceful-timeout", "5"),
            *("--no-control-socket", "--log-level", "warning"),
            f"functions_framework:create_app({name!r}, {source!r})",
        ],
        env=environment(name, options, keys),
        log=options.home.logs / f"{name}.log",
        patience=8,
    )


def wait_until_ready(name: str, home: Home, running: Child, seconds: float = 60) -> None:
    """Return when the deployment answers its health; raise Trouble with its last words when it ends."""
    end = time.monotonic() + seconds
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket(home, name))), timeout=5) as client:
        while True:
            try:
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
