"""How the rules of all languages are searched in one text, however many there are.

element of a rule    what it matches
a space              a space, and the end of a clause before it
`_`                  a space
`\\w`                 a letter
`^` `$`              where a clause begins or ends
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from shared.chat.moderation.prepared import prepared
from shared.chat.moderation.respelling import Respelling
from shared.chat.moderation.rule import Rule, load
from shared.chat.moderation.searching import bytewise, single_bytes

LANGUAGES = ("english", "german")
MOST_AROUND = 240
"""How much of a sentence is looked at for an excuse, in characters before and behind what was found."""
MOST_EXCUSES = 12

_ELEMENT = re.compile(r"\^ | \$|\\w|[ _]")
_IN_WORDS = {" ": "[,;]? ", "_": " ", r"\w": "[^ <>,;@&]", "^ ": "[<,;] ", " $": "(?:[,;]| >)"}


def _in_words(element: re.Match[str]) -> str:
    return _IN_WORDS.get(element[0], element[0])


@cache
def _compiled(pattern: str) -> Any:
    """A pattern as RE2 searches it: whole words, in a text between `<` and `>`."""
    return bytewise(_ELEMENT.sub(_in_words, f"_({pattern}) "))


@cache
def all_rules() -> tuple[Rule, ...]:
    """The rules of all languages."""
    return tuple(rule for name in LANGUAGES for rule in load(name).rules)


@cache
def respelling() -> Respelling:
    """Knows every word of every rule, and the common words before them."""
    return Respelling(
        (word for name in LANGUAGES for word in load(name).common),
        prepared(LANGUAGES).words,
        (word for name in LANGUAGES for word in load(name).hidden),
    )


@cache
def each_pattern() -> tuple[tuple[Rule, str], ...]:
    """Every pattern of every rule."""
    return tuple((rule, pattern) for rule in all_rules() for pattern in rule.patterns)


def held(way: str) -> Iterator[Rule]:
    """Every rule that holds in a text read one way, unless each place where it does is excused."""
    text = f" < {way} > "
    encoded = single_bytes(text)
    for place in prepared(LANGUAGES).places(way):
        rule, pattern = each_pattern()[place]
        if _stands(pattern, rule.unless, text, encoded):
            yield rule


def _stands(pattern: str, unless: str, text: str, encoded: bytes) -> bool:
    """Whether one of the matches of a pattern has no excuse in its own sentence.

    A text with very many excuses has none: they are looked for one by one.
    """
    start = 0
    for _ in range(MOST_EXCUSES):
        match = _compiled(pattern).search(encoded, start)
        if match is None or not unless:
            return match is not None
        found = text[match.start() : match.end()].strip(" <,;>")
        begin = text.index(found, match.start())
        if not _compiled(unless).search(single_bytes(_marked(text, begin, begin + len(found)))):
            return True
        start = match.start() + 1
    return True


def _marked(text: str, begin: int, end: int) -> str:
    """The sentence of a match, with a mark before and behind it."""
    least = max(text.rfind(";", 0, begin) + 1, begin - MOST_AROUND, 0)
    most = text.find(";", end)
    most = min(len(text) if most < 0 else most + 1, end + MOST_AROUND)
    return f"{text[least:begin]}@ {text[begin:end]} &{text[end:most]} "


def found(ways: Iterable[str], *, contact: bool) -> list[tuple[str, float]]:
    """`(kind, score)` of every rule that holds in one of the ways to read a text, each once.

    `contact`: whether rules of contact exchange count.
    """
    holding = {id(rule): rule for way in ways for rule in held(way)}.values()
    return [(rule.kind, rule.score) for rule in holding if contact or rule.kind != "contact_exchange"]
