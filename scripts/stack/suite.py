"""Runs the tests, three modules at a time, in one world after the other.

The first world is the newest Postgres with open default grants. The second, the older with closed ones, runs
what may be answered otherwise there. Arguments are pytest's.
"""

import os
import signal
import subprocess
import sys
import time

from scripts.stack.home import ROOT
from scripts.stack.lifeline import die_with_parent
from shared import engine_cache

WORLDS: tuple[tuple[str, str], ...] = (("18", "open"), ("16", "closed"))
_SIDE_BY_SIDE = 3  # on two cores: half of the time a test waits for another process
_NOTHING_COLLECTED = 5
_STOPPED = 130
_QUICK = (
    *("tests/documents", "tests/engine", "tests/shared", "tests/functions", "tests/worker"),
    *("tests/database/base/test_catalog.py", "tests/database/base/test_permission_matrix.py"),
)
_USAGE = """Usage: scripts/test [--quick | --nightly] [PYTEST ARGUMENTS…]
Runs the tests on a throwaway stack per process, in both worlds.

--quick     what takes two minutes, in the first world only
--nightly   also what runs once a day, and more rounds of what runs in rounds

`-n 0` runs one module after the other in one process, for example under a debugger.
"""


def main(arguments: list[str]) -> int:
    """Run pytest once per world with `arguments`; the first exit code that is not a success, or 0."""
    if arguments in (["--help"], ["-h"]):
        print(_USAGE, end="")
        return 0
    worlds, more = WORLDS, dict[str, str]()
    if arguments[:1] == ["--quick"]:
        worlds, arguments = WORLDS[:1], [*(arguments[1:] or _QUICK)]
    elif arguments[:1] == ["--nightly"]:
        more, arguments = {"CONNECT_NIGHTLY": "1"}, arguments[1:]
    die_with_parent(signal.SIGTERM, os.getppid())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not engine_cache.is_complete():
        print("Compiling the engine …", flush=True)
        subprocess.run([sys.executable, "-P", "-m", "shared.engine.warm"], cwd=ROOT, check=True)
    codes = []
    for number, (version, grants) in enumerate(worlds):
        print(f"\nTests on Postgres {version}, default grants {grants}", flush=True)
        began = time.monotonic()
        second = ["--second-world", "-p", "no:cacheprovider"] if number else []
        world = {"CONNECT_PG": version, "CONNECT_DEFAULT_GRANTS": grants}
        running = _start(world | more, [*second, *arguments])
        try:
            code = running.wait()
        except KeyboardInterrupt:
            running.send_signal(signal.SIGINT)
            running.wait()
            return _STOPPED
        print(f"Took {time.monotonic() - began:.0f} s", flush=True)
        # a file may have been named of which the second world needs nothing
        codes.append(0 if number and code == _NOTHING_COLLECTED else code)
    return next((code for code in codes if code), 0)


def _start(world: dict[str, str], arguments: list[str]) -> "subprocess.Popen[bytes]":
    me = os.getpid()
    # Each process rewrites the asserts of 500 modules unless it may keep what another has rewritten.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    side_by_side = ["-n", str(_SIDE_BY_SIDE), "--dist", "loadfile", "--no-loadscope-reorder"]
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *side_by_side, *arguments],
        cwd=ROOT,
        env=environment | world,
        preexec_fn=lambda: die_with_parent(signal.SIGINT, me),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
