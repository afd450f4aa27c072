"""The matcher end to end: from the bell to its answer, database and HTTP included."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psycopg

from scripts.stack.ring import ring
from scripts.stack.throwaway import Running
from scripts.tools.bench.figures import Figure, Figures
from scripts.tools.sample.outcome import found_nobody

FIRST_SECONDS = 20.0


def load_sample(stack: Running, size: int, file: Path | None = None, seed: int = 1) -> float:
    """Fill the empty stack with `size` members, drawn or from a file of real profiles; seconds it took."""
    began = time.perf_counter()
    chosen = ["--seed", str(seed), *(["--file", str(file)] if file else [])]
    subprocess.run(
        [
            sys.executable,
            "-m",
            "scripts.tools.sample",
            "--database-url",
            stack.database_url,
            "--size",
            str(size),
            *chosen,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def measure(stack: Running, figures: Figures, size: int, file: Path | None = None) -> None:
    """Load a community, match everybody, ring once more; how long that took, and who found nobody."""
    what = "real profiles" if file else "members"
    figures.add(Figure(f"load {size:,} {what}", load_sample(stack, size, file), "s"))

    began = time.perf_counter()
    took: Counter[str] = Counter()
    proposed, finished = 0, False
    while not finished:
        answer = ring(stack.functions_url, stack.keys.bell_key, "matcher").raise_for_status().json()
        took.update(answer.get("seconds", {}))
        proposed, finished = proposed + answer["proposed"], answer["finished"]
    seconds = time.perf_counter() - began
    target = FIRST_SECONDS if size <= 1000 else None
    figures.add(Figure(f"everybody from the queue, {size:,} {what}", seconds, "s", target=target))
    for step, spent in took.items():
        figures.add(Figure(f"everybody from the queue, {size:,} {what}: {step}", spent, "s"))
    figures.add(Figure(f"proposals, {size:,} {what}", proposed, "pairs", better="higher"))

    began = time.perf_counter()
    again = ring(stack.functions_url, stack.keys.bell_key, "matcher").json()
    figures.add(Figure(f"a tick with nothing to do, {size:,} {what}", time.perf_counter() - began, "s"))
    figures.add(
        Figure(f"a tick with nothing to do, {size:,} {what}: adds", again["proposed"], "pairs", target=0)
    )

    with psycopg.connect(stack.database_url) as database:
        for orientation, active, alone in found_nobody(database):
            figures.add(Figure(f"found nobody, {what}, {orientation}, of {active:,}", alone, "members"))
