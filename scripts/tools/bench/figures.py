"""What a benchmark says: figures with a unit, and where there is one, a target and a floor."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
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


@dataclass(frozen=True)
class Kept:
    """A figure, the part of the benchmarks it belongs to, and how busy the machine was."""

    part: str
    figure: Figure
    load: float
    """Processes that wanted a core during the last minute, on average."""

    def as_json(self) -> dict[str, object]:
        """The entry in bench.json."""
        found = asdict(self.figure) | {"met": self.figure.met, "ratio": self.figure.ratio}
        return {"part": self.part} | found | {"load": self.load}


class Figures:
    """Collects figures and prints each as it comes, since a benchmark takes a while."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.all: list[Kept] = []
        self._part = ""

    @contextmanager
    def part(self, title: str) -> Iterator[None]:
        """Figures added meanwhile belong to this part; says how long it took."""
        self._part = title
        load = os.getloadavg()[0]
        self.reporter.heading(f"{title} …")
        began = time.monotonic()
        yield
        self.reporter.line(f"  ({time.monotonic() - began:.0f} s; load before {load:.1f})")
        self._part = ""

    def keep(self, figure: Figure) -> None:
        """Keep one without a word."""
        self.all.append(Kept(self._part, figure, round(os.getloadavg()[0], 2)))

    def add(self, figure: Figure) -> None:
        """Keep and print one."""
        self.keep(figure)
        words = [f"  {figure.name:<48}{shown(figure.value):>12} {figure.unit:<12}"]
        if figure.ratio is not None and figure.baseline is not None:
            words.append(f"{figure.ratio:.2f} × its floor of {shown(figure.baseline)}")
        if figure.target is not None:
            sign = "≤" if figure.better == "lower" else "≥"
            words.append(f"{'met' if figure.met else 'MISSED'} ({sign} {figure.target:,.4g})")
        self.reporter.line("  ".join(words).rstrip())

    def write(self, path: Path) -> None:
        """Write bench.json."""
        write_private(path, json.dumps([kept.as_json() for kept in self.all], indent=2) + "\n")

    @property
    def missed(self) -> list[Kept]:
        """Those that miss their target."""
        return [kept for kept in self.all if kept.figure.met is False]


def shown(value: float) -> str:
    """A number as a person likes to read it: the smaller, the more decimals."""
    if value == round(value):
        return f"{value:,.0f}"
    decimals = next(d for d, least in ((0, 1000), (2, 10), (3, 1), (4, 0)) if abs(value) >= least)
    return f"{value:,.{decimals}f}"
