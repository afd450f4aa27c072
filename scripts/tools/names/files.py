"""Where the generated tables lie, and how their lines are filled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scripts.stack.home import ROOT

SHARED = ROOT / "shared"
POLICIES = ROOT / "supabase" / "policies"


def wrapped(entries: Iterable[str], separator: str, width: int) -> Iterator[str]:
    """Lines of at most `width` characters, each with as many entries as fit. A longer entry has its own."""
    line = ""
    for entry in entries:
        longer = line + separator + entry if line else entry
        if line and len(longer) + len(separator) > width:
            yield line
            longer = entry
        line = longer
    if line:
        yield line
