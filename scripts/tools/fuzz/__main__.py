"""Throws generated requests at both deployments of a stack of its own, and believes no answer."""

import argparse
import signal
import sys
import time
from collections import Counter
from typing import Any

import psycopg

from scripts.stack.home import Trouble
from scripts.stack.reporter import Reporter
from scripts.stack.throwaway import Running, ThrowawayStack
from scripts.tools.fuzz.rounds import Counts, play
from scripts.tools.fuzz.table import table
from scripts.tools.fuzz.world import lift_limits

_DESCRIPTION = """\
schemathesis, all its checks on, against both deployments of a stack of its own: valid and invalid requests
made from /openapi.json, sent by members who have matches in every state, by an administrator and by the
schedule.

Rounds follow each other until there were so many cases, each with new members and another seed. A table of
cases by route and status is printed at the end. The exit code is 1 when anything was found: an answer that is
not in the document, a 5xx, valid data refused, invalid data taken, a route that needs no authentication.
What cannot be expected for a good reason is in schemathesis.toml, with the reason.
"""
_EVERY = 1000  # cases between two lines of progress
_WORKER_EVERY = 4  # rounds of connect for each of the worker, which has a third of its routes


def main(arguments: list[str]) -> int:
    """0 when nothing was found."""
    chosen = _chosen(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    reporter = Reporter()
    began = time.monotonic()
    counts: Counts = Counter()
    clean = False
    try:
        reporter.line("Starting a stack …")
        with ThrowawayStack() as stack, psycopg.connect(stack.database_url, autocommit=True) as connection:
            lift_limits(connection)
            clean = _rounds(stack, connection, chosen, counts, reporter)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; everything is stopped and wiped.", file=sys.stderr)
    for line in table(counts):
        reporter.line(line)
    outcome = "nothing found" if clean else "found: see above"
    reporter.line(f"{counts.total():,} cases in {time.monotonic() - began:.0f} s; {outcome}")
    return 0 if clean else 1


def _rounds(
    stack: Running,
    connection: psycopg.Connection[Any],
    chosen: argparse.Namespace,
    counts: Counts,
    reporter: Reporter,
) -> bool:
    """Round after round until there were enough cases; whether nothing was found."""
    clean = True
    number = 0
    while counts.total() < chosen.cases:
        service = "worker" if number % (_WORKER_EVERY + 1) == 1 else "connect"
        told = counts.total()

        def progress(cases: int, before: int = counts.total()) -> None:
            nonlocal told
            if before + cases >= told + _EVERY:
                told = before + cases
                reporter.line(f"  {told:,} of {chosen.cases:,} cases")

        reporter.line(f"Round {number + 1}, {service}")
        found = play(
            stack, connection, service, seed=chosen.seed + number, examples=chosen.examples, progress=progress
        )
        counts.update(found.counts)
        if not found.clean:
            clean = False
            reporter.line(found.said)
        if not found.counts:
            raise Trouble(f"schemathesis sent nothing:\n{found.said}")
        number += 1
    return clean


def _chosen(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=20_000, help="how many at least (20,000)")
    parser.add_argument("--examples", type=int, default=100, help="of an operation in one round (100)")
    parser.add_argument("--seed", type=int, default=1, help="of the first round (1)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
