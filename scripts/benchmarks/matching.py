"""The matcher end to end: from the bell to its answer, database and HTTP included."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg

from scripts.benchmarks.figures import Figure, Figures
from scripts.sample.outcome import found_nobody
from scripts.stack.ring import ring
from scripts.stack.throwaway import Running

ONE_RUN_SECONDS = 5.0


def load_sample(stack: Running, size: int, file: Path | None = None, seed: int = 1) -> float:
    """Fill the empty stack with `size` members, drawn or from a file of real profiles; seconds it took."""
    began = time.perf_counter()
    chosen = ["--seed", str(seed), *(["--file", str(file)] if file else [])]
    subprocess.run(
        [
            sys.executable,
            "-m",
            "scripts.sample",
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
    """Load a community, run the matcher twice, and say how long that took and who found nobody."""
    what = "real profiles" if file else "members"
    figures.add(Figure(f"load {size:,} {what}", load_sample(stack, size, file), "s"))

    began = time.perf_counter()
    first = ring(stack.functions_url, stack.keys.bell_key, "matcher")
    seconds = time.perf_counter() - began
    first.raise_for_status()
    target = ONE_RUN_SECONDS if size <= 1000 else None
    figures.add(Figure(f"matcher run, {size:,} {what}", seconds, "s", target=target))
    for step, took in first.json()["seconds"].items():
        figures.add(Figure(f"matcher run, {size:,} {what}: {step}", took, "s"))
    figures.add(Figure(f"proposals, {size:,} {what}", first.json()["proposed"], "pairs", better="higher"))

    began = time.perf_counter()
    again = ring(stack.functions_url, stack.keys.bell_key, "matcher").json()
    figures.add(Figure(f"second run, {size:,} {what}", time.perf_counter() - began, "s"))
    figures.add(Figure(f"second run, {size:,} {what}: adds", again["proposed"], "pairs", target=0))

    with psycopg.connect(stack.database_url) as database:
        for orientation, active, alone in found_nobody(database):
            figures.add(Figure(f"found nobody, {what}, {orientation}, of {active:,}", alone, "members"))
