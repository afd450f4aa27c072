"""Markdown tables, and progress on standard error."""

import sys
import time
from collections.abc import Iterable, Sequence

_BEGAN = time.monotonic()


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The rows as a markdown table; every row has as many cells as there are headings."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def percent(part: float, whole: float) -> str:
    """A share in whole percent, a dash where there is nothing to share."""
    return f"{part / whole:.0%}" if whole else "–"


def fraction(value: float) -> str:
    """Two places, as in .27; a dash for what is not a number."""
    return "–" if value != value else f"{value:.2f}".removeprefix("0") or "0"


def progress(text: str) -> None:
    """Where the command is."""
    print(f"{time.monotonic() - _BEGAN:5.0f} s  {text}", file=sys.stderr, flush=True)
