"""What a benchmark says: figures with a unit, and where there is one, a target and a floor."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.stack.home import write_private
from scripts.stack.reporter import Reporter


@dataclass(frozen=True)
class Figure:
    """One measured value. `better` says whether lower or higher is; `ratio` is value over baseline."""

    name: str
    value: float
    unit: str
    better: str = "lower"
    target: float | None = None
    baseline: float | None = None

    @property
    def ratio(self) -> float | None:
        """The value in units of its baseline; null without one."""
        return None if not self.baseline else self.value / self.baseline

    @property
    def met(self) -> bool | None:
        """Whether the target is met; null without one."""
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "lower" else self.value >= self.target

    def as_json(self) -> dict[str, object]:
        """The entry in bench.json."""
        return asdict(self) | {"met": self.met, "ratio": self.ratio}


class Figures:
    """Collects figures and prints each as it comes, since a benchmark takes a while."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.all: list[Figure] = []

    def add(self, figure: Figure) -> None:
        """Keep and print one."""
        self.all.append(figure)
        words = [f"  {figure.name:<44}{figure.value:>10,.2f} {figure.unit:<12}"]
        if figure.ratio is not None:
            words.append(f"{figure.ratio:.2f} × its floor of {figure.baseline:,.2f}")
        if figure.target is not None:
            sign = "≤" if figure.better == "lower" else "≥"
            words.append(f"{'met' if figure.met else 'MISSED'} ({sign} {figure.target:.4g})")
        self.reporter.line("  ".join(words).rstrip())

    def write(self, path: Path) -> None:
        """Write bench.json."""
        write_private(path, json.dumps([figure.as_json() for figure in self.all], indent=2) + "\n")

    @property
    def missed(self) -> list[Figure]:
        """Those that miss their target."""
        return [figure for figure in self.all if figure.met is False]
