"""Kills workers and Postgres, bends bells and clocks; checks that nothing is lost and nothing done twice."""

import argparse
import signal
import sys
import time
from dataclasses import dataclass

from scripts.stack.home import Trouble
from scripts.stack.reporter import Reporter
from scripts.tools.chaos import bells, clocks, crashes, kills
from scripts.tools.chaos.report import Report, add_kills, add_outcome
from scripts.tools.chaos.stage import LEASE, NIGHT_LEASE, TICK, WORKERS, Stage, set_stage
from shared import engine_cache
from shared.engine import warm

_DESCRIPTION = f"""\
Turmoil on a stack of its own: real Postgres, PostgREST, the schedule, and {WORKERS} workers under gunicorn,
with a small community that joins, changes, pauses, answers and goes all the while.

  kills     kill -9 of a worker at points of its work that have a name (after a claim, during complete, while
            new lists are put in place, ...) and at any moment; workers frozen for longer than their lease
  crashes   kill -9 of Postgres with all its processes during writes
  bells     doubled, lost, late, forged; two schedules on one database
  clocks    the schedule's an hour off, then a worker's

After each part everything comes to rest and is compared with what was acknowledged, with every invariant, and
with lists made anew in peace. Leases are short here ({LEASE:g} s; {NIGHT_LEASE:g} s for nights), ticks
come every {TICK:g} s. The exit code is 1 when anything is lost, done twice, broken, or late.
"""


@dataclass(frozen=True)
class Dose:
    """How much of everything."""

    members: int
    kills: int
    freezes: int
    crashes: int
    seconds: float  # of each part with bells and clocks
    clocks: tuple[int, ...]  # hours by which clocks are fast
    minutes: float  # for all of it together
    slack: float  # seconds that a tick may be late on a shared machine


FULL = Dose(members=150, kills=200, freezes=10, crashes=25, seconds=10, clocks=(1, -1), minutes=25, slack=2)
SHORT = Dose(members=50, kills=12, freezes=1, crashes=2, seconds=2, clocks=(1,), minutes=8, slack=20)


def main(arguments: list[str]) -> int:
    """0 when everything held."""
    chosen = _chosen(arguments)
    dose = SHORT if chosen.short else FULL
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    reporter = Reporter()
    if not engine_cache.is_complete():
        with reporter.step("Compiling the engine"):
            warm.main([])
    began = time.monotonic()
    try:
        with set_stage(dose.members, chosen.seed, dose.minutes, reporter) as stage:
            report = Report(reporter, stage.faults, dose.slack)
            _all(stage, report, dose, chosen.seed)
            add_outcome(report, stage)
            report.add("took", f"{time.monotonic() - began:.0f} s")
            return report.show()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; everything is stopped and wiped.", file=sys.stderr)
        return 130


def _all(stage: Stage, report: Report, dose: Dose, seed: int) -> None:
    step = stage.reporter.step
    with step(f"Killing workers, {dose.kills} times"):
        add_kills(report, kills.kill_workers(stage, dose.kills, seed).done)
    with step(f"Freezing workers past their lease, {dose.freezes} times"):
        late = kills.freeze_workers(stage, dose.freezes)
        report.add("workers frozen past their lease", f"{dose.freezes}, {late} claims came back too late")
    with step(f"Killing Postgres, {dose.crashes} times"):
        away = crashes.crash(stage, dose.crashes)
        report.add("Postgres killed", len(away))
        report.seconds("from the crash until the data API answers", away)
    with step("Doubling bells"):
        report.add("bells doubled, one of two refused", bells.doubled(stage, dose.seconds))
    with step("Losing bells"):
        report.add("bells lost: members waited, all done later", bells.lost(stage, dose.seconds))
    with step("Forging bells"):
        for kind, status in bells.forged(stage).items():
            report.add(f"a bell {kind}", status)
    with step("Two schedules at once"):
        report.add("bells of two schedules", bells.two_schedules(stage, dose.seconds))
    with step("A schedule whose clock is an hour off"):
        refused = clocks.schedule_off(stage, dose.seconds, dose.clocks)
        report.add("its bells refused, health red, then green", refused)
    with step("A worker whose clock is an hour off"):
        report.add("true bells it refused", clocks.worker_off(stage, dose.clocks))


def _chosen(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--short",
        action="store_true",
        help=f"a little of everything ({SHORT.kills} kills, {SHORT.crashes} crashes)",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the community and of what its members do (1)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
