"""The table of `public.settings`: name, default and comment of each column, from the SQL that makes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scripts.stack.home import ROOT

_TABLE = re.compile(r"create table public\.settings \((.*?)\n\);", re.DOTALL)
_CHANGE = re.compile(r"alter table public\.settings\b(.*?);", re.DOTALL)
_DEFINED = r"(?P<name>[a-z_0-9]+) (?P<type>[a-z]+(?:\([\d, ]+\))?(?:\[\])?)(?P<rest>[^\n]*)"
_COLUMN = re.compile(rf"^ {{4}}{_DEFINED}", re.MULTILINE)
_ADDED = re.compile(rf"\badd column\s+{_DEFINED}")
_DEFAULT = re.compile(r"\bdefault ('(?:[^']|'')*'|\S+?)(?=,?$| )")
_NEW_DEFAULT = re.compile(r"alter column (\w+) set default ('(?:[^']|'')*'|[^\s,;]+)")
_DROPPED = re.compile(r"drop column (?:if exists )?(\w+)")
_COMMENT = re.compile(r"comment on column public\.settings\.(\w+) is\s+((?:'(?:[^']|'')*'\s*)+);")
_PIECE = re.compile(r"'((?:[^']|'')*)'")


@dataclass
class Setting:
    """One column. `default` as SQL writes it; None: null."""

    name: str
    type: str
    default: str | None
    comment: str = ""

    @property
    def shown(self) -> str:
        """The default as a person reads it."""
        text = (self.default or "null").strip("'")
        return {"true": "on", "false": "off", "{}": "none", "null": "none"}.get(text, text)


def all_settings() -> list[Setting]:
    """Every setting in the order in which SQL makes them."""
    found: dict[str, Setting] = {}
    for path in sorted((ROOT / "supabase" / "migrations").glob("*.sql")):
        text = re.sub(r"^\s*--.*$", "", path.read_text(), flags=re.MULTILINE)
        for table in _TABLE.findall(text):
            found |= {each.name: each for each in _columns(_COLUMN, table)}
        for change in _CHANGE.findall(text):
            found |= {each.name: each for each in _columns(_ADDED, change)}
            for name, default in _NEW_DEFAULT.findall(change):
                found[name].default = default
            for name in _DROPPED.findall(change):
                del found[name]
        for name, comment in _COMMENT.findall(text):
            found[name].comment = "".join(_PIECE.findall(comment)).replace("''", "'")
    del found["id"]
    return list(found.values())


def _columns(defined: re.Pattern[str], text: str) -> Iterator[Setting]:
    for column in defined.finditer(text):
        default = _DEFAULT.search(column["rest"])
        yield Setting(column["name"], column["type"], default[1] if default else None)


def settings() -> str:
    """The settings as a table."""
    lines = ["| setting | default | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{each.name}` | {each.shown} | {each.comment} |" for each in all_settings()]
    return "\n".join(lines)
