"""Several workers at once on one stack, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from scripts.stack.children import plain_environment
from scripts.stack.home import Trouble
from scripts.stack.throwaway import Running


@dataclass(frozen=True)
class Shift:
    """What a crew did: seconds from the word to the last worker's end, and each worker's answer."""

    seconds: float
    answers: list[dict[str, Any]]

    def total(self, name: str) -> int:
        """A count over all workers."""
        return sum(int(answer["did"].get(name, 0)) for answer in self.answers)


def work(stack: Running, workers: int, warm: Callable[[], object], load: Callable[[], object]) -> Shift:
    """`warm` queues a few to warm the workers up on, `load` what is measured. Raises Trouble when one ends
    early."""
    crew = [_hire(stack) for _ in range(workers)]
    try:
        for queue in (warm, load):
            for one in crew:
                _line(one)
            queue()
            began = time.perf_counter()
            for one in crew:
                _pipe(one.stdin).write("\n")
                _pipe(one.stdin).flush()
        answers = [json.loads(_line(one)) for one in crew]
        return Shift(time.perf_counter() - began, answers)
    finally:
        for one in crew:
            one.kill()
            one.wait()


def _hire(stack: Running) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "scripts.tools.bench.worker_run", stack.api_url],
        env=plain_environment(SUPABASE_SERVICE_ROLE_KEY=stack.service_role_key),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise Trouble("A worker of the measurement has no pipe.")
    return pipe


def _line(one: subprocess.Popen[str]) -> str:
    line = _pipe(one.stdout).readline()
    if not line:
        raise Trouble(f"A worker of the measurement ended early (exit {one.wait()}).")
    return line
