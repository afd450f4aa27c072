"""Asking the running stack to give its programs the keys that were written down."""

import signal
import time

from scripts.stack.children import known_process
from scripts.stack.home import Home, Trouble, read_json

_PATIENCE = 90.0  # seconds; a deployment starts in a few, and the old one ends its requests


def renew(home: Home) -> None:
    """Return when every program of the stack holds the keys of its home. Raises Trouble."""
    state = read_json(home.state)
    supervisor = known_process(state.get("supervisor", {}))
    if supervisor is None or state.get("phase") != "ready":
        raise Trouble("No stack is running here: start one with `make up` or `make run`.")
    supervisor.send_signal(signal.SIGUSR1)
    end = time.monotonic() + _PATIENCE
    while True:
        now = read_json(home.state)
        if now.get("renewals", 0) > state.get("renewals", 0):
            return
        if now.get("failed_renewals", 0) > state.get("failed_renewals", 0):
            raise Trouble(
                "A deployment does not start with the new keys: its log says why. Nothing was changed."
            )
        if time.monotonic() > end or not supervisor.is_running():
            raise Trouble("The stack does not answer: its keys may be old, a restart takes them.")
        time.sleep(0.05)
