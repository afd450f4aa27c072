"""A rule, and the file of a language that holds its rules.

    [lists]
    you = ["you", "u", "ya"]

    [[rule]]
    kind = "threat"
    score = 97
    any = ["{i will} {kill} {you}"]
    unless = ["& (at|in)_{game}"]
    hits = ["I'll stab you"]
    misses = ["I'll kill you at chess"]

A pattern is written for text as reading.py gives it: lower case, no apostrophes (`ill` for I'll), ae for ä.

    {name}      one of the entries of a list
    a space     what parts two words, the end of a clause too
    _           what parts two words of one clause
    \\w          a letter; `\\w*` before or behind a stem lets in German compounds
    ^  $        where a clause begins, and where it ends
    <  >        where the message begins, and where it ends

Before the lists stand `common` and `hidden`: the language's commonest words, and those people misspell, part
or run together on purpose. A word that is like one of these by chance (Niger) belongs to the common ones.

It matches whole words, and RE2 searches it: there is no looking ahead or behind, and nothing one could write
takes long. `unless` is searched in the sentence of the match, where `@` stands before what was found and `&`
behind it. So an excuse says where it must stand: before, behind or between them. Numbers in braces are how
often something may be repeated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_LIST = re.compile(r"\{([a-z][^{}]*)\}")
_WORD = re.compile(r"(?<!\\)[a-z]+(?:\?[a-z]+)*\??")
_PERHAPS = re.compile(r"[a-z]\?")


@dataclass(frozen=True, slots=True)
class Rule:
    """A text that one of `patterns` matches is of this kind and scores so much, unless something excuses it.

    `hits` and `misses` are messages that must, and must not, be found.
    """

    kind: str
    score: float
    patterns: tuple[str, ...]
    unless: str
    hits: tuple[str, ...]
    misses: tuple[str, ...]

    def words(self) -> Iterator[str]:
        """Every word of the patterns."""
        for word in dict.fromkeys(_WORD.findall(" ".join(self.patterns))):
            for spelled in dict.fromkeys((word.replace("?", ""), _PERHAPS.sub("", word))):
                if len(spelled) > 1:
                    yield spelled


@dataclass(frozen=True, slots=True)
class Language:
    """The rules of one language, and its commonest words, which a disguised word is first taken for.

    `hidden`: words that people misspell, part or run together on purpose.
    """

    rules: tuple[Rule, ...]
    common: tuple[str, ...]
    hidden: tuple[str, ...]


@cache
def load(name: str) -> Language:
    """A language from its file. Raises KeyError for a list that is not there."""
    data = tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))
    lists: dict[str, str] = {}

    def written(pattern: str) -> str:
        return _LIST.sub(lambda named: lists[named[1]], pattern)

    for key, entries in data["lists"].items():  # a list may name those before it
        lists[key] = f"({'|'.join(map(written, entries))})"

    def rule(given: dict[str, Any]) -> Rule:
        return Rule(
            given["kind"],
            given["score"],
            tuple(map(written, given["any"])),
            "|".join(map(written, given.get("unless", []))),
            tuple(given["hits"]),
            tuple(given["misses"]),
        )

    common, hidden = (tuple(data[words].split()) for words in ("common", "hidden"))
    return Language(tuple(map(rule, data["rule"])), common, hidden)
