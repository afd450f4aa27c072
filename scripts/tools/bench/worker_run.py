"""One worker of a measurement, in a process of its own: warm first, then, at the word, until nobody waits."""

from __future__ import annotations

import os
import sys
import time

from functions.worker.matcher import Worker
from functions.worker.ring import Ring
from scripts.tools.bench.apart import tell
from shared.callers.service import Service
from shared.settings.deployments import Limits

_AN_HOUR = 3_600_000


def main(arguments: list[str]) -> None:
    """URL of the project as the only argument, its service key in the environment. Says `ready` and waits for
    a line twice: before warming up on whoever waits, and before the work that counts."""
    [url] = arguments
    database = Service(url, os.environ["SUPABASE_SERVICE_ROLE_KEY"])
    for counts in (False, True):
        print("ready", flush=True)
        sys.stdin.readline()
        began = time.perf_counter()
        did = Worker(database, Limits(max_runtime_ms=_AN_HOUR)).work_off(Ring(trigger="hand"))
        if counts:
            tell({"seconds": time.perf_counter() - began, "did": did})


if __name__ == "__main__":
    main(sys.argv[1:])
