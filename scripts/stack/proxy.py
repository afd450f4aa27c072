"""The reverse proxy in front of PostgREST and both deployments; what it does is in proxy.mjs."""

import json
import shutil
import signal
import socket as sockets
import time

from scripts.stack import deployments, key_set, postgrest
from scripts.stack.children import Child, plain_environment
from scripts.stack.home import ROOT, Options, Trouble, write_private
from scripts.stack.keys import Keys


def child(options: Options, keys: Keys) -> Child:
    """The proxy process, listening on the two public ports of the stack."""
    # What the gateway accepts as `apikey`, and the token it puts in the place of a missing one.
    project_keys = {
        keys.anon_key: {"token": keys.anon_key, "secret": False},
        keys.publishable_key: {"token": keys.anon_key, "secret": False},
        keys.service_role_key: {"token": keys.service_role_key, "secret": True},
        keys.secret_key: {"token": keys.service_role_key, "secret": True},
    }
    kept = options.home.path / "gateway.json"
    write_private(kept, json.dumps(project_keys) + "\n")
    where = {
        "apiPort": options.api_port,
        "functionsPort": options.functions_port,
        "rest": str(postgrest.socket(options.home)),
        "connect": str(deployments.socket(options.home, "connect")),
        "worker": str(deployments.socket(options.home, "worker")),
        "publicKeys": str(key_set.public_path(options.home)),
        "projectKeys": str(kept),
        "apiSeconds": options.api_seconds,
    }
    node = shutil.which("node")
    if node is None:
        raise Trouble("Connect needs Node 20 or newer, and no node was found: install it.")
    return Child(
        name="proxy",
        command=[node, str(ROOT / "scripts" / "stack" / "proxy.mjs"), json.dumps(where)],
        env=plain_environment(NODE_ENV="production"),
        log=options.home.logs / "proxy.log",
        patience=3,
    )


def wait_until_ready(options: Options, running: Child, seconds: float = 15) -> None:
    """Return when both ports take connections; raise Trouble when the proxy ends or stays silent."""
    end = time.monotonic() + seconds
    for port in (options.api_port, options.functions_port):
        while True:
            try:
                sockets.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if not running.alive() or time.monotonic() > end:
                    raise Trouble(f"The proxy does not start; its log is {running.log}.") from None
                time.sleep(0.02)


def renew(running: Child, seconds: float = 5) -> None:
    """Have the proxy use new connections only, to whoever is in service now. Raises Trouble.

    A connection kept from before would lead to a deployment that is about to end.
    """
    before = running.log.stat().st_size
    if running.process is None:
        raise Trouble("The proxy does not run.")
    running.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + seconds
    while b"renewed" not in running.log.read_bytes()[before:]:
        if not running.alive() or time.monotonic() > end:
            raise Trouble(f"The proxy does not take new connections; its log is {running.log}.")
        time.sleep(0.02)
