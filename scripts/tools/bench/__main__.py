"""Runs the benchmarks and writes `$CONNECT_HOME/bench.json` and `bench.svg`."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts.stack.home import Trouble, options
from scripts.stack.reporter import Reporter
from scripts.stack.throwaway import ThrowawayStack
from scripts.tools.bench import (
    births,
    charts,
    cold,
    endpoints,
    engine,
    keeping_up,
    load,
    markets,
    matching,
    picture,
    profiles,
    scale,
    tasks,
)
from scripts.tools.bench.figures import Figures, shown
from shared import engine_cache
from shared.engine import warm

PARTS = (
    *(
        "engine",
        "copied",
        "regions",
        "market",
        "charts",
        "births",
        "matcher",
        "queue",
        "tasks",
        "endpoints",
        "cold",
        "load",
        "profiles",
        "scale",
    ),
)
_NAMED = ("copied", "regions", "scale")
"""Parts that take minutes."""
_QUICK_SIZES = engine.SIZES[:2]
_MEMBERS = 1000
"""Of the stack on which the matcher and the endpoints are measured."""
_SCALES = (10_000, 100_000, 300_000)
_STACK_PROFILES = 5000
"""Real profiles that go through a whole stack."""

_DESCRIPTION = """\
The benchmarks: figures, ratios, targets. Everything runs in processes and on stacks of its own.

  engine     communities of 1,000 to 100,000 members in memory: each step, memory, the floor;
             one changed member
  copied     the same with one community of 10,000 ten times over; minutes, only when named
  regions    a million members in regions, one community of 10,000 a hundred times; minutes, only when named
  market     scripts/market on synthetic markets, against simple ways to propose and the limit
  charts     charts per second
  births     500 members from birth data to stored proposals, on a stack
  matcher    the matcher end to end over 1,000 members, on a stack
  queue      newcomers at once, one change, 1, 2 and 4 workers, claims, the nightly run; 1,000 to 10,000
             members, on stacks
  tasks      tasks claimed and finished on one connection, against a bare update of the same rows
  endpoints  each endpoint against its floor, on the same stack
  cold       each deployment from exec to its first answer, and what it imports on the way
  load       mixed requests at a fixed rate for --minutes, then at twice that, then back, on a stack
  scale      what one member costs in a database of 10,000 to 300,000 (--sizes); minutes, only when named
  profiles   real profiles (--profiles): all in memory with the fairness statement, 5,000 on a stack

Shared machines are noisy: compare ratios of one run, and look at the load printed after each part.
"""


def main(arguments: list[str]) -> int:
    """0 when every target is met, 1 when one is missed."""
    chosen = _chosen(arguments)
    reporter = Reporter()
    figures = Figures(reporter)
    home = options().home
    home.prepare()
    if not engine_cache.is_complete():
        with reporter.step("Compiling the engine"):
            warm.main([])
    curves: engine.Curves = {}
    try:
        with tempfile.TemporaryDirectory(prefix="connect-bench-") as name:
            curves = _in_memory(chosen, figures, Path(name))
        _on_stacks(chosen, figures)
    except Trouble as trouble:
        sys.exit(str(trouble))
    finally:
        # What was measured before an interruption is worth keeping.
        figures.write(home.path / "bench.json")
    reporter.line(f"\nWritten to {home.path / 'bench.json'}.")
    if curves:
        picture.write(curves, home.path / "bench.svg")
        reporter.line(f"Drawn in {home.path / 'bench.svg'}.")
    for part, figure in ((kept.part, kept.figure) for kept in figures.missed):
        target = "" if figure.target is None else shown(figure.target)
        reporter.line(
            f"Missed: {part}: {figure.name} is {shown(figure.value)} {figure.unit}, target {target}."
        )
    return 1 if figures.missed else 0


def _in_memory(chosen: argparse.Namespace, figures: Figures, folder: Path) -> engine.Curves:
    """The parts that need no stack; the seconds of the engine's steps by size."""
    curves: engine.Curves = {}
    if "engine" in chosen.only:
        sizes: Sequence[int] = chosen.sizes or (_QUICK_SIZES if chosen.quick else engine.SIZES)
        with figures.reporter.step(f"Drawing {max(sizes):,} members and their charts"):
            files = engine.draw_pools(folder, sizes)
        curves = engine.measure(figures, files)
    if {"copied", "regions"} & {*chosen.only}:
        with figures.reporter.step(f"Drawing {engine.CHANGING:,} members and their charts"):
            file = engine.draw_pools(folder, [engine.CHANGING])[engine.CHANGING]
        for part, measure in (("copied", engine.copied), ("regions", engine.world)):
            if part in chosen.only:
                measure(figures, file)
    if "market" in chosen.only:
        markets.measure(figures, folder, quick=chosen.quick)
    if "charts" in chosen.only:
        charts.measure(figures)
    if "profiles" in chosen.only:
        profiles.measure(figures, folder, chosen.profiles, chosen.size)
    return curves


def _on_stacks(chosen: argparse.Namespace, figures: Figures) -> None:
    """The parts that need Postgres and the functions."""
    if "births" in chosen.only:
        with ThrowawayStack() as stack:
            births.measure(stack, figures)
    if {"matcher", "endpoints"} & {*chosen.only}:
        with ThrowawayStack() as stack:
            with figures.part(f"The matcher end to end, {_MEMBERS:,} members"):
                matching.measure(stack, figures, _MEMBERS)
            if "endpoints" in chosen.only:
                with figures.part("Endpoints"):
                    endpoints.measure(stack, figures)
    if "cold" in chosen.only:
        with ThrowawayStack() as stack, figures.part("Cold starts"):
            cold.measure(stack, figures)
    if "queue" in chosen.only:
        keeping_up.measure(figures, quick=chosen.quick)
    if "tasks" in chosen.only:
        with ThrowawayStack(functions=False) as stack, figures.part("Tasks, one connection"):
            tasks.measure(stack, figures)
    if "load" in chosen.only:
        load.measure(figures, chosen.minutes)
    if "scale" in chosen.only:
        scale.measure(figures, chosen.sizes or _SCALES)
    if "profiles" in chosen.only:
        size = min(chosen.size or _STACK_PROFILES, _STACK_PROFILES)
        with ThrowawayStack() as stack, figures.part(f"The matcher end to end, {size:,} real profiles"):
            matching.measure(stack, figures, size, chosen.profiles)


def _chosen(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        metavar="PART",
        help="these parts (default: all but those that take minutes, and profiles)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="the engine up to 10,000 members, one market of either kind"
    )
    parser.add_argument(
        "--sizes", type=_sizes, metavar="N,N,…", help="sizes of the engine's communities, ascending"
    )
    parser.add_argument(
        "--profiles", type=Path, metavar="CSV", help="a CSV (or zipped CSV) of real profiles for that part"
    )
    parser.add_argument(
        "--size", type=_count, metavar="N", help="how many of them (default all; 5,000 on the stack)"
    )
    parser.add_argument(
        "--minutes", type=float, default=1.0, metavar="N", help="how long the steady load lasts (1)"
    )
    chosen = parser.parse_args(arguments)
    chosen.only = chosen.only or [
        part for part in PARTS if part not in _NAMED and (part != "profiles" or chosen.profiles)
    ]
    if "profiles" in chosen.only and not chosen.profiles:
        parser.error("profiles: --profiles must say which file")
    if chosen.profiles and not chosen.profiles.is_file():
        parser.error(f"--profiles: there is no file {chosen.profiles}")
    return chosen


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError("a whole number from 2 up")
    return int(text)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted({_count(word) for word in text.split(",")}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
