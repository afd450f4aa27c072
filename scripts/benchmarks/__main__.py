"""Runs the benchmarks on stacks of their own and writes `$CONNECT_HOME/bench.json`."""

import argparse
import sys
from pathlib import Path

from scripts.benchmarks import endpoints, matching
from scripts.benchmarks.figures import Figures
from scripts.stack.home import options
from scripts.stack.reporter import Reporter
from scripts.stack.throwaway import ThrowawayStack


def main(arguments: list[str]) -> int:
    """0 when every target is met, 1 when one is missed."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="The benchmarks, on stacks of their own: figures, ratios, targets."
        " Shared machines are noisy: compare ratios of one run.",
    )
    parser.add_argument(
        "--profiles", type=Path, metavar="CSV", help="also match real profiles from this file"
    )
    parser.add_argument("--size", type=int, default=5000, help="how many of them (default 5000)")
    chosen = parser.parse_args(arguments)
    reporter = Reporter()
    figures = Figures(reporter)
    home = options().home
    home.prepare()

    reporter.heading("Matching and endpoints, 1,000 members")
    with ThrowawayStack() as stack:
        matching.measure(stack, figures, 1000)
        endpoints.measure(stack, figures)
    if chosen.profiles:
        reporter.heading(f"Matching, {chosen.size:,} real profiles")
        with ThrowawayStack() as stack:
            matching.measure(stack, figures, chosen.size, chosen.profiles)

    path = home.path / "bench.json"
    figures.write(path)
    reporter.line(f"\nWritten to {path}.")
    for figure in figures.missed:
        reporter.line(f"Missed: {figure.name} is {figure.value:.2f} {figure.unit}, target {figure.target:g}.")
    return 1 if figures.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
