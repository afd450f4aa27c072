"""Runs the tests in both worlds: the newest Postgres with open default grants, the older with closed ones."""

import os
import signal
import subprocess
import sys
import time

from scripts.stack.home import ROOT
from scripts.stack.lifeline import die_with_parent
from shared import machine_code

WORLDS = (("18", "open"), ("16", "closed"))
_NOTHING_COLLECTED = 5


def main(arguments: list[str]) -> int:
    """Run pytest once per world with `arguments`; stop at the first world that fails."""
    if arguments in (["--help"], ["-h"]):
        print("Usage: scripts/test [PYTEST ARGUMENTS…]\nRuns every test, on Postgres 18 and again on 16.")
        return 0
    die_with_parent(signal.SIGTERM, os.getppid())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not machine_code.is_complete():
        print("Compiling the engine …", flush=True)
        subprocess.run([sys.executable, "-P", "-m", "shared.engine.warm"], cwd=ROOT, check=True)
    for version, grants in WORLDS:
        print(f"\nTests on Postgres {version}, default grants {grants}", flush=True)
        began = time.monotonic()
        first = (version, grants) == WORLDS[0]
        me = os.getpid()
        tests = subprocess.Popen(
            [sys.executable, "-m", "pytest", *([] if first else ["--stack-only"]), *arguments],
            cwd=ROOT,
            env=os.environ | {"CONNECT_PG": version, "CONNECT_DEFAULT_GRANTS": grants},
            preexec_fn=lambda me=me: die_with_parent(signal.SIGINT, me),  # type: ignore[misc]
        )
        try:
            code = tests.wait()
        except KeyboardInterrupt:
            tests.wait()
            return 130
        print(f"Took {time.monotonic() - began:.0f} s", flush=True)
        if code not in (0, *([] if first else [_NOTHING_COLLECTED])):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
