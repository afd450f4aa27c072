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

from shared.chat.moderation.respelling import Respelling
from shared.chat.moderation.rule import Rule, load
from shared.chat.moderation.searching import Patterns, first

LANGUAGES = ("english", "german")
MOST_AROUND = 240
"""How much of a sentence is looked at for an excuse, in characters before and behind what was found."""
MOST_EXCUSES = 12

_ELEMENT = re.compile(r"\^ | \$|\\w|[ _]")
_IN_WORDS = {" ": "[,;]? ", "_": " ", r"\w": "[^ <>,;@&]", "^ ": "[<,;] ", " $": "(?:[,;]| >)"}


def _in_words(element: re.Match[str]) -> str:
    return _IN_WORDS.get(element[0], element[0])


@cache
def _written(pattern: str) -> str:
    """A pattern as RE2 searches it: whole words, in a text between `<` and `>`."""
    return _ELEMENT.sub(_in_words, f"_({pattern}) ")


@cache
def all_rules() -> tuple[Rule, ...]:
    """The rules of all languages."""
    return tuple(rule for name in LANGUAGES for rule in load(name).rules)


@cache
def respelling() -> Respelling:
    """Knows every word of every rule, and the common words before them."""
    return Respelling(
        (word for name in LANGUAGES for word in load(name).common),
        (word for rule in all_rules() for word in rule.words()),
        (word for name in LANGUAGES for word in load(name).hidden),
    )


@cache
def _each() -> tuple[tuple[Rule, str], ...]:
    return tuple((rule, _written(pattern)) for rule in all_rules() for pattern in rule.patterns)


# Built for the first message that needs them: a cold start judges none. Each pattern is searched by itself,
# so that the engine tries those alone whose words are there.
@cache
def _patterns() -> Patterns:
    return Patterns((pattern for _, pattern in _each()), bytewise=True)


def held(way: str) -> Iterator[Rule]:
    """Every rule that holds in a text read one way, unless each place where it does is excused.

    Raises Unavailable.
    """
    for place in sorted(_patterns().within(way)):
        rule, pattern = _each()[place]
        if not rule.unless or _stands(pattern, rule.unless, way):
            yield rule


def _stands(pattern: str, unless: str, way: str) -> bool:
    """Whether one of the matches of a pattern has no excuse in its own sentence.

    A text with very many excuses has none: they are looked for one by one.
    """
    text, start = f" < {way} > ", 0
    for _ in range(MOST_EXCUSES):
        match = first(pattern, text, start)
        if match is None:
            return False
        found = text[match[0] : match[1]].strip(" <,;>")
        begin = text.index(found, match[0])
        if not first(_written(unless), _marked(text, begin, begin + len(found))):
            return True
        start = match[0] + 1
    return True


def _marked(text: str, begin: int, end: int) -> str:
    """The sentence of a match, with a mark before and behind it."""
    least = max(text.rfind(";", 0, begin) + 1, begin - MOST_AROUND, 0)
    most = text.find(";", end)
    most = min(len(text) if most < 0 else most + 1, end + MOST_AROUND)
    return f"{text[least:begin]}@ {text[begin:end]} &{text[end:most]} "


def found(ways: Iterable[str], *, contact: bool) -> Iterator[tuple[str, float]]:
    """`(kind, score)` of every rule that holds in one of the ways to read a text. Raises Unavailable.

    `contact`: whether rules of contact exchange count.
    """
    for way in ways:
        for rule in held(way):
            if contact or rule.kind != "contact_exchange":
                yield rule.kind, rule.score
