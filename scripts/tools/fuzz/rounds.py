"""One round: new members, then schemathesis in a process of its own against each deployment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from scripts.stack.home import ROOT
from scripts.stack.throwaway import Running
from scripts.tools.fuzz.world import make_world

Counts = Counter[tuple[str, str]]
"""Cases by route and status."""
DOCUMENTS = {"connect": "/openapi.json", "worker": "/worker/openapi.json"}
_LOOK_EVERY = 2.0  # seconds


@dataclass(frozen=True)
class Found:
    """How a round against one deployment ended."""

    counts: Counts
    clean: bool
    said: str
    """What schemathesis printed."""


def play(
    stack: Running,
    connection: psycopg.Connection[Any],
    service: str,
    *,
    seed: int,
    examples: int,
    phases: str = "examples,coverage,fuzzing,stateful",
    leave_out: Sequence[str] = (),
    progress: Callable[[int], None] = lambda _cases: None,
) -> Found:
    """One round against `service`.

    `examples`: most cases per operation in each phase that draws them; `leave_out`: operations, by id.
    """
    with tempfile.TemporaryDirectory(prefix="connect-fuzz-") as folder:
        document, world, counts = (Path(folder, name) for name in ("openapi.json", "world", "counts"))
        document.write_text(json.dumps(_reachable(stack, service)))
        world.write_text(make_world(stack, connection).text())
        said = Path(folder, "said")
        with said.open("wb") as output:
            running = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "schemathesis.cli", "run", str(document)),
                    *("--url", stack.functions_url, "--phases", phases, "--checks", "all"),
                    *("--max-examples", str(examples), "--seed", str(seed)),
                    *("--continue-on-failure", "--no-color", "--generation-database", "none"),
                    *(word for name in leave_out for word in ("--exclude-operation-id", name)),
                    *("--request-timeout", "90", "--suppress-health-check", "all"),
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    "FUZZ_WORLD": str(world),
                    "FUZZ_COUNTS": str(counts),
                    "FUZZ_SEED": str(seed),
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                while running.poll() is None:
                    progress(_read(counts).total())
                    time.sleep(_LOOK_EVERY)
            finally:
                running.kill()
                running.wait()
        return Found(_read(counts), running.returncode == 0, said.read_text())


def _reachable(stack: Running, service: str) -> dict[str, Any]:
    """The document as the local proxy serves it: the worker's own pages are one level down."""
    document: dict[str, Any] = httpx.get(stack.functions_url + DOCUMENTS[service]).raise_for_status().json()
    if service == "worker":
        paths = document["paths"]
        for path in ("/health", "/openapi.json"):
            paths[f"/worker{path}"] = paths.pop(path)
    return document


def _read(counts: Path) -> Counts:
    if not counts.exists():
        return Counter()
    return Counter({(route, status): count for route, status, count in json.loads(counts.read_text())})
