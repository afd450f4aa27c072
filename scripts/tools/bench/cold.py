"""A deployment from nothing to its first answer: a fresh process, as the stack starts it, on a running stack.

The first request of `connect` is a member's, with a token to verify and a database to ask; that of the worker
is its health, which asks the database too. What is imported on the way is told by package.
"""

from __future__ import annotations

import dataclasses
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from pathlib import Path

import httpx

from scripts.stack import deployments
from scripts.stack.home import ROOT, Home, Trouble
from scripts.stack.throwaway import Running
from scripts.tools.bench.figures import Figure, Figures

STARTS = 5
FIRST_ANSWER_SECONDS: dict[str, float | None] = {"connect": 1.0, "worker": None}
_FIRST = {"connect": "/connect/status", "worker": "/health"}
_PATIENCE = 60.0
_PACKAGES_SHOWN = 6


def measure(stack: Running, figures: Figures) -> None:
    """Median of a few starts, and the milliseconds of the packages that take longest to import."""
    for name, target in FIRST_ANSWER_SECONDS.items():
        took = statistics.median(_start(stack, name) for _ in range(STARTS))
        figures.add(Figure(f"{name}: from exec to the first answer", took, "s", target=target))
    for name in FIRST_ANSWER_SECONDS:
        packages = _imports(stack, name)
        figures.add(Figure(f"{name}: imports", sum(packages.values()), "ms"))
        for package, spent in sorted(packages.items(), key=lambda each: -each[1])[:_PACKAGES_SHOWN]:
            figures.add(Figure(f"{name}: imports: {package}", spent, "ms"))


def _start(stack: Running, name: str) -> float:
    """Seconds of one start, with sockets and logs of its own beside the one that serves."""
    with tempfile.TemporaryDirectory(prefix="connect-cold-") as folder:
        home = Home(Path(folder))
        home.prepare()
        child = deployments.child(name, dataclasses.replace(stack.options, home=home), stack.keys)
        path = child.command[child.command.index("--bind") + 1].removeprefix("unix:")
        headers = {"Authorization": f"Bearer {stack.token(str(uuid.uuid4()))}"}
        with httpx.Client(transport=httpx.HTTPTransport(uds=path), headers=headers, timeout=_PATIENCE) as app:
            began = time.perf_counter()
            child.start()
            try:
                while True:
                    try:
                        app.get(f"http://deployment{_FIRST[name]}")
                        return time.perf_counter() - began
                    except httpx.ConnectError:
                        if not child.alive() or time.perf_counter() - began > _PATIENCE:
                            raise Trouble(f"The deployment {name} does not start.") from None
                        time.sleep(0.002)
            finally:
                child.stop()


def _imports(stack: Running, name: str) -> dict[str, float]:
    """Milliseconds each top package takes to import by itself, what it imports from others not counted."""
    environment = deployments.environment(name, stack.options, stack.keys)
    asked = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import functions_framework, functions.{name}.main"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    spent: defaultdict[str, float] = defaultdict(float)
    for line in asked.stderr.splitlines():
        words = line.removeprefix("import time:").split("|")
        if line.startswith("import time:") and words[0].strip().isdecimal():
            spent[words[2].strip().split(".")[0]] += int(words[0]) / 1000
    return spent
