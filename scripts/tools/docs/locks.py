"""The order of locks, as the head of the file that takes them draws it."""

from __future__ import annotations

from itertools import takewhile

from scripts.stack.home import ROOT

_FILE = ROOT / "supabase" / "policies" / "00_base" / "locks.sql"


def locks() -> str:
    """The comment at the head of `locks.sql`, from its first level to its last, as a block of text."""
    head = [line.removeprefix("--") for line in takewhile(str, _FILE.read_text().splitlines())]
    drawn = head[2 : head.index("", 2)]
    return "\n".join(["```", *(line.removeprefix("   ") for line in drawn), "```"])
