"""Reading sentences whose judgement is known from tab-separated files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

EXPECTED = ("innocent", "flagged", "refused")
_VALUES = {
    "language": ("en", "de"),
    "expect": EXPECTED,
    "hard": ("yes", "no"),
    "spelling": ("plain", "disguised"),
    "template": ("yes", "no"),
}


class SentencesError(ValueError):
    """The file cannot be used; the message names file and line, never a sentence."""


class Sentence(NamedTuple):
    """One message as somebody might write it, and what should become of it."""

    language: str
    kind: str
    """Its kind of risk; of an innocent one, the kind it might be taken for, or "none"."""
    expect: str
    """innocent: scores nothing. flagged: scores, and is delivered. refused: is not delivered."""
    hard: bool
    """Innocent, and made of words that the guilty use too."""
    spelling: str
    trick: str
    """How it is disguised: a name of tests/moderation/disguises.py, or "by hand"; empty when plain."""
    template: bool
    """One of several that differ in a name, a time or a place."""
    source: str
    """The sentence or the template it was made from; empty when it was written as it stands."""
    text: str


def read_sentences(path: Path) -> list[Sentence]:
    """The sentences of one file, whose first line names the columns. Raises SentencesError."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = "not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise SentencesError(f"{path}: {reason}") from None
    if lines[0] != "\t".join(Sentence._fields):
        raise SentencesError(f"{path}: the first line must name {', '.join(Sentence._fields)}")
    return [_sentence(path, at, line) for at, line in enumerate(lines[1:], 2) if line]


def _sentence(path: Path, at: int, line: str) -> Sentence:
    fields = line.split("\t")
    if len(fields) != len(Sentence._fields):
        raise SentencesError(f"{path}, line {at}: {len(fields)} fields, not {len(Sentence._fields)}")
    row = dict(zip(Sentence._fields, fields, strict=True))
    for name, allowed in _VALUES.items():
        if row[name] not in allowed:
            raise SentencesError(f"{path}, line {at}: {name} must be one of {', '.join(allowed)}")
    hard, template = row.pop("hard") == "yes", row.pop("template") == "yes"
    return Sentence(**row, hard=hard, template=template)
