"""Runs the tests in both worlds at once: the newest Postgres, open default grants; the older, closed ones.

Most tests wait for a database that works on one core, so two worlds side by side take little longer than
one. The first world prints as it goes; what the second said is printed when both are over.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import IO

from scripts.stack.home import ROOT
from scripts.stack.lifeline import die_with_parent
from shared import machine_code

FIRST, SECOND = ("18", "open"), ("16", "closed")
_NOTHING_COLLECTED = 5
_STOPPED = 130


def main(arguments: list[str]) -> int:
    """Run pytest once per world with `arguments`; the first exit code that is not a success, or 0."""
    if arguments in (["--help"], ["-h"]):
        print("Usage: scripts/test [PYTEST ARGUMENTS…]\nRuns every test, on Postgres 18 and beside it on 16.")
        return 0
    die_with_parent(signal.SIGTERM, os.getppid())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not machine_code.is_complete():
        print("Compiling the engine …", flush=True)
        subprocess.run([sys.executable, "-P", "-m", "shared.engine.warm"], cwd=ROOT, check=True)
    print(f"Tests on {_name(FIRST)}; those of the stack on {_name(SECOND)} too, told below", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        second = _start(SECOND, ["--stack-only", "-p", "no:cacheprovider", *arguments], said)
        first = _start(FIRST, arguments)
        try:
            codes = [first.wait()]
            print(f"\nTook {time.monotonic() - began:.0f} s. Waiting for {_name(SECOND)} …", flush=True)
            codes.append(second.wait())
        except KeyboardInterrupt:
            for world in (first, second):
                world.send_signal(signal.SIGINT)
            for world in (first, second):
                world.wait()
            return _STOPPED
        said.seek(0)
        print(f"\nTests on {_name(SECOND)}\n{said.read()}", flush=True)
        print(f"Took {time.monotonic() - began:.0f} s in all", flush=True)
    if codes[1] == _NOTHING_COLLECTED:  # a file was named that needs no stack
        codes.pop()
    return next((code for code in codes if code), 0)


def _name(world: tuple[str, str]) -> str:
    return f"Postgres {world[0]}, default grants {world[1]}"


def _start(
    world: tuple[str, str], arguments: list[str], output: IO[str] | None = None
) -> "subprocess.Popen[bytes]":
    me = os.getpid()
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT,
        env=os.environ | {"CONNECT_PG": world[0], "CONNECT_DEFAULT_GRANTS": world[1]},
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        preexec_fn=lambda: die_with_parent(signal.SIGINT, me),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
