"""How the rules of all languages are searched in one text, however many there are.

A rule is written once, as words. Each of its elements has two images, and so two patterns are built: one for
words, one for words written letter by letter, as folding.spelled() gives them (`k.i.l.l.y.o.u`).

    element     in words      letter by letter
    a space     a space       a space or a dot
    a letter    the letter    the letter, and a dot if there is one
    `\\w`        a letter      a letter or a dot
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from shared.moderation import english, german
from shared.moderation.rule import Rule
from shared.moderation.searching import Patterns

LANGUAGES: tuple[Sequence[Rule], ...] = (english.RULES, german.RULES)

# A count is none, so that its digits are no letters; brackets are one letter of several.
_ELEMENT = re.compile(r"\{[0-9,]+\}|\\[wd]|\[[^]]*\]|[a-z0-9 ]")


def _in_words(element: re.Match[str]) -> str:
    return "[^ <>]" if element[0] == r"\w" else element[0]


def _letter_by_letter(element: re.Match[str]) -> str:
    if element[0] == " ":
        return "[ .]"
    if element[0] == r"\w" or element[0].startswith("{"):
        return _in_words(element)
    return rf"(?:{element[0]}\.?)"


class _Form:
    """All rules in one form, ready to be searched."""

    def __init__(self, image: Callable[[re.Match[str]], str]) -> None:
        self._rules = [rule for rules in LANGUAGES for rule in rules]
        self._excuses: dict[int, int] = {}
        patterns = [rule.pattern for rule in self._rules]
        for place, rule in enumerate(self._rules):
            if rule.unless:
                self._excuses[place] = len(patterns)
                patterns.append(rule.unless)
        self._patterns = Patterns((_ELEMENT.sub(image, f" ({each}) ") for each in patterns), bytewise=True)

    def held(self, way: str, *, excusing: bool = True) -> Iterator[Rule]:
        """Every rule that holds in a text read one way, unless something there excuses it.

        Raises Unavailable.
        """
        found = self._patterns.within(way)
        for place in sorted(found):
            if place < len(self._rules) and not (excusing and self._excuses.get(place) in found):
                yield self._rules[place]


# Built for the first message that needs it, in some 30 ms: a cold start judges none.
_words = cache(lambda: _Form(_in_words))
_letters = cache(lambda: _Form(_letter_by_letter))


def found(ways: Iterable[str], alone: Iterable[str], *, contact: bool) -> Iterator[tuple[str, float]]:
    """`(kind, score)` of every rule that holds in one of the ways to read a text. Raises Unavailable.

    `alone`: what was written letter by letter. Nothing excuses it: who spells a word has a reason to hide it.
    `contact`: whether rules of contact exchange count.
    """
    held = [rule for way in ways for rule in _words().held(way)]
    held += [rule for run in alone for rule in _letters().held(run, excusing=False)]
    for rule in held:
        if contact or rule.kind != "contact_exchange":
            yield rule.kind, rule.score
