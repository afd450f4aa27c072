"""The figures at the end."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from scripts.stack.reporter import Reporter
from scripts.tools.chaos.kills import ANY, POINTS
from scripts.tools.chaos.stage import LEASE, NIGHT_LEASE, TICK, Stage


@dataclass
class Report:
    """Lines of two columns, and whether something is not as it should be."""

    reporter: Reporter
    faults: Counter[str]
    slack: float
    """Seconds that a shared machine may be late."""
    lines: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, value: object) -> None:
        """One figure."""
        self.lines.append((name, str(value)))

    def seconds(self, name: str, found: Sequence[float]) -> None:
        """Median and maximum."""
        if found:
            self.add(name, f"p50 {statistics.median(found):.2f} s, most {max(found):.2f} s")

    def bound(self, name: str, found: float, most: float) -> None:
        """A time that must stay within `most`."""
        self.add(name, f"{found:.2f} s, allowed {most:g} s")
        if found > most + self.slack:
            self.faults[f"{name.strip()}: {found:.1f} s"] += 1

    def show(self) -> int:
        """Print all; 0 when nothing is broken, else 1."""
        self.reporter.heading("What was done, and what came of it")
        widest = max(len(name) for name, _ in self.lines)
        for name, value in self.lines:
            self.reporter.line(f"  {name:<{widest}}  {value}")
        for name, count in sorted(self.faults.items()):
            self.reporter.line(f"  BROKEN: {name} ({count})")
        self.reporter.line("\nEverything holds." if not self.faults else "\nNot everything holds.")
        return 1 if self.faults else 0


def add_kills(report: Report, done: Counter[str]) -> None:
    """How many workers were killed where."""
    for point in (*POINTS, ANY):
        if done[point]:
            report.add(f"killed {point}", done[point])
    report.add("workers killed", done.total())


def add_outcome(report: Report, stage: Stage) -> None:
    """What the whole time came to."""
    became = stage.watch.became({"row": LEASE, "night": NIGHT_LEASE})
    rows, nights = became["row"], became["night"]
    for what, lease, kind in (("member", LEASE, rows), ("night", NIGHT_LEASE, nights)):
        if not kind.taken_over:
            continue
        report.seconds(f"a {what} of a killed worker: taken over", kind.taken_over)
        within = sum(1 for one in kind.taken_over if one <= lease + TICK)
        report.add("  within a lease and a tick", f"{within} of {len(kind.taken_over)}, the others in turn")
        # Under kill after kill there may be more to do than workers left: then it waits behind others.
        report.bound("  its lease over, and nobody took anything", kind.idle, TICK)
    report.seconds("a member of a killed worker: done", rows.done)
    report.add("members, nights taken over", f"{len(rows.taken_over)}, {len(nights.taken_over)}")
    report.add("slowest where killed", " · ".join(filter(None, (rows.slowest, nights.slowest))) or "nowhere")
    report.add("done by the dead worker's last call", rows.by_itself + nights.by_itself)
    report.faults["work that nobody took over"] += rows.never + nights.never
    journal, books = stage.journal, stage.books
    report.add("changes acknowledged to members", journal.acknowledged)
    report.add("changes whose answer never came", journal.unanswered)
    report.add("members matched", books.processed)
    report.add("claims that came too late, and changed nothing", books.late)
    report.add("proposals", stage.asking.value("select count(*) from public.matches"))
    report.add("nights done", stage.asking.value(_RUNS))
    report.faults = +report.faults
    lost = sum(count for name, count in report.faults.items() if name in LOST)
    report.add("lost · twice · invariants broken", f"{lost} · {sum(report.faults[n] for n in TWICE)} · "
               f"{sum(c for n, c in report.faults.items() if n not in LOST | TWICE)}")  # fmt: skip


_RUNS = "select count(*) from public.job_runs j where j.name = 'nightly' and j.status = 'succeeded'"
LOST = {
    "a member who joined",
    "an erasure",
    "a member's searches",
    "a member's ages",
    "a member's event",
    "an answer to a proposal",
    "a member who asked to be matched",
    "work that nobody took over",
}
TWICE = {
    "a pair proposed twice, ever",
    "a claim or a step done twice",
    "a proposal that the outbox tells not once",
}
