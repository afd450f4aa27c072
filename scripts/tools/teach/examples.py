"""The sentences that the classifier of moderation learns from."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from scripts.stack.home import ROOT
from scripts.tools.judge.sentences import read_sentences
from shared.chat.moderation import rules
from shared.chat.moderation.folding import fold
from shared.chat.moderation.reading import read
from shared.chat.moderation.rule import load

FOLDER = Path(__file__).parent
SEEN = ROOT / "tests/moderation/seen"
REFUSED_FROM = 90
_MOST_OF_LINE = 16
_KIND = re.compile(r"\[(\w+)\]")
_FILES = (("guilty", "refused", False), ("innocent", "innocent", True), ("ordinary", "innocent", False))
_LANGUAGES = {"en": "english", "de": "german"}


class Example(NamedTuple):
    """A sentence and what should become of it. Sentences of one group are learned, or tried, together."""

    language: str
    kind: str
    expect: str
    hard: bool
    group: str
    origin: str
    """seen: what rules were written with. rule: hits and misses of rules. own: the files beside this one."""
    text: str
    weight: float


def examples() -> list[Example]:
    """All sentences, in a fixed order."""
    return [one for part in (_own, _seen, _of_rules) for language in _LANGUAGES for one in part(language)]


def _own(language: str) -> Iterator[Example]:
    for sort, expect, hard in _FILES:
        kind = "none"
        for line in (FOLDER / f"{_LANGUAGES[language]}_{sort}.txt").read_text("utf-8").splitlines():
            if named := _KIND.fullmatch(line):
                kind = named[1]
            elif line:
                texts = expanded(line)
                weight = len(texts) ** -0.5  # a line with many choices counts more, but not so many times
                for text in texts:
                    yield Example(language, kind, expect, hard, line, "own", text, weight)


def _seen(language: str) -> Iterator[Example]:
    for path in sorted(SEEN.glob(f"*_{language}.tsv")):
        for s in read_sentences(path):
            if s.spelling == "plain":
                weight = 0.3 if s.expect == "flagged" else 1.0  # between both: it tells little
                yield Example(
                    s.language, s.kind, s.expect, s.hard, s.source or s.text, "seen", s.text, weight
                )


def _of_rules(language: str) -> Iterator[Example]:
    for rule in load(_LANGUAGES[language]).rules:
        refused = rule.score >= REFUSED_FROM
        expect, weight = ("refused", 1.0) if refused else ("flagged", 0.3)
        for text in rule.hits:
            yield Example(language, rule.kind, expect, False, text, "rule", text, weight)
        for text in rule.misses:
            yield Example(language, "none", "innocent", True, text, "rule", text, 1.0)


def expanded(line: str) -> list[str]:
    """Some of the sentences of a line with choices, `{a|b {c|d}|}`: the same ones each time."""
    chance = random.Random(line)  # noqa: S311
    parts, end = _choices(line, 0)
    if end < len(line):
        raise ValueError(f"not well-formed: {line}")
    drawn = (_drawn(parts, chance) for _ in range(3 * _MOST_OF_LINE))
    return list(dict.fromkeys(" ".join(text.split()).replace(" ,", ",") for text in drawn))[:_MOST_OF_LINE]


def _choices(line: str, at: int) -> tuple[list[Any], int]:
    """What stands from a place on: texts, and a tuple for each choice; and where it ends."""
    parts: list[Any] = []
    while at < len(line) and line[at] not in "|}":
        if line[at] == "{":
            options = []
            while line[at] != "}":
                option, at = _choices(line, at + 1)
                options.append(option)
            parts.append(tuple(options))
            at += 1
        else:
            text = "".join(takewhile(lambda sign: sign not in "{|}", line[at:]))
            parts.append(text)
            at += len(text)
    return parts, at


def _drawn(parts: list[Any], chance: random.Random) -> str:
    return "".join(part if isinstance(part, str) else _drawn(chance.choice(part), chance) for part in parts)


def ways(text: str) -> tuple[str, ...]:
    """The ways in which moderation reads a text."""
    return read(fold(text), rules.respelling())
