"""Measurements in a process of their own, so that one's memory and warmth is not another's."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.stack.home import Trouble


def apart(module: str, *arguments: object) -> dict[str, Any]:
    """Run `scripts.tools.bench.MODULE` as a program; the object it prints as its last line."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", f"scripts.tools.bench.{module}", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Trouble(f"The measurement {module} ended with exit code {done.returncode}.")
    found = json.loads(done.stdout.splitlines()[-1])
    if not isinstance(found, dict):
        raise Trouble(f"The measurement {module} did not print an object.")
    return found


def tell(found: dict[str, Any]) -> None:
    """Print what `apart` reads in the other process."""
    print(json.dumps(found), flush=True)


def peak_bytes() -> int:
    """The most memory this process has held so far.

    Linux counts it from the start of the program in VmHWM. The number of `getrusage` begins with what the
    parent held, and serves elsewhere.
    """
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
