"""The words without which a pattern of a rule cannot match, found in the pattern itself.

Of the parts that every match must have, the one is taken whose choices are rarest in ordinary sentences. Each
choice is then known by its rarest word, or by how a word begins, or by letters somewhere in a word:

    {i will} {kill} {you}     -> " kill ", " murder ", …
    {group} abschiess\\w*      -> " abschiess"
    \\w*schlampe               -> "schlampe"
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from scripts.tools.judge.sentences import read_sentences
from scripts.tools.teach.examples import SEEN
from shared.chat.moderation import prepared, rules
from shared.chat.moderation.folding import fold

_parser: Any = vars(re)["_parser"]
_op: Any = vars(re)["_constants"]
# What parts words is a space here: the end of a clause, or of the message, too. Any letters are a `*`.
_BOUNDS = re.compile(r"\^ | \$|[_<>]")
_LETTERS = re.compile(r"\\w[*+?]?|\\d\+?")
_MOST = 4_000
_MOST_MULTIPLIED = 64

Cost = Callable[[str], float]
"""How often a trigger is met."""


def prepare() -> bytes:
    """What prepared.bin holds, for the languages as their files are now."""
    seen = (fold(s.text) for path in sorted(SEEN.glob("innocent_*.tsv")) for s in read_sentences(path))
    words = Counter(word for text in seen for word in re.findall(r"\w+", text))

    @cache
    def cost(trigger: str) -> float:
        return 0.1 + sum(times for word, times in words.items() if trigger in f" {word} ")

    return prepared.packed(
        prepared.digest(rules.LANGUAGES),
        dict.fromkeys(word for rule in rules.all_rules() for word in rule.words()),
        (triggers_of(pattern, cost) for _, pattern in rules.each_pattern()),
    )


class _Known(NamedTuple):
    """Of a part of a pattern: all texts that it matches, where these are few, and triggers of every match."""

    exact: frozenset[str] | None
    triggers: tuple[frozenset[str], ...]
    """At most two sets: a trigger of each is in every match."""
    ends: bool
    """Whether every match ends with a space."""
    keeps: bool
    """Whether every match is empty or ends with a space."""


def _known(exact: frozenset[str]) -> _Known:
    return _Known(
        exact, (), all(one.endswith(" ") for one in exact), all(one.endswith(" ") or not one for one in exact)
    )


def triggers_of(pattern: str, cost: Cost) -> tuple[frozenset[str], ...]:
    """At most two sets of triggers of a pattern, as a rule writes it: one of each is in all it matches."""
    written = _LETTERS.sub(r"\*", _BOUNDS.sub(" ", f" ({pattern}) "))
    return _rarest(_sequence(_parser.parse(written), cost), cost)


def _sequence(parsed: Iterable[tuple[Any, Any]], cost: Cost) -> _Known:
    """What is known of parts in a row: texts are joined while they are few."""
    found: list[frozenset[str] | None] = []
    exact, whole, ends, keeps = frozenset({""}), True, False, True
    for code, what in parsed:
        part = _part(code, what, cost)
        most = max(len(exact), len(part.exact or ()), _MOST_MULTIPLIED)
        if part.exact is None or len(exact) * len(part.exact) > most:
            found += [*part.triggers, _of_exact(exact, cost)]
            after = part.ends or (part.keeps and ends) if part.exact is None else ends
            exact, whole = frozenset({" " if after else ""}), False
        exact = frozenset(_joined(one, other) for one, other in product(exact, part.exact or {""}))
        ends, keeps = part.ends or (part.keeps and ends), part.ends or (part.keeps and keeps)
    if whole:
        return _Known(exact, (), ends, keeps)
    return _Known(None, _rarer([*found, _of_exact(exact, cost)], cost), ends, keeps)


def _joined(one: str, other: str) -> str:
    return one + (other.lstrip(" ") if one.endswith(" ") else other)


def _part(code: Any, what: Any, cost: Cost) -> _Known:
    if code is _op.LITERAL:
        return _known(frozenset({chr(what)}))
    if code is _op.SUBPATTERN:
        return _sequence(what[-1], cost)
    if code is _op.BRANCH:
        return _branches([_sequence(one, cost) for one in what[1]], cost)
    if code is _op.IN and all(one is _op.LITERAL for one, _ in what):
        return _known(frozenset(chr(value) for _, value in what))
    if code is _op.IN:
        return _known(frozenset({"*"}))
    if code is not _op.MAX_REPEAT:
        return _Known(None, (), ends=False, keeps=False)
    least, most, repeated = what
    inner = _sequence(repeated, cost)
    if (least, most) == (0, 1) and inner.exact is not None:
        return _known(inner.exact | {""})
    return _Known(None, _rarest(inner, cost) if least else (), bool(least) and inner.ends, inner.keeps)


def _branches(branches: Sequence[_Known], cost: Cost) -> _Known:
    exact: frozenset[str] | None = frozenset()
    for branch in branches:
        exact = None if exact is None or branch.exact is None else exact | branch.exact
    if exact is not None and len(exact) <= _MOST:
        return _known(exact)
    each = [_rarest(one, cost)[:1] for one in branches]
    triggers = (frozenset[str]().union(*(one for (one,) in each)),) if all(each) else ()
    return _Known(None, triggers, all(one.ends for one in branches), all(one.keeps for one in branches))


def _rarest(known: _Known, cost: Cost) -> tuple[frozenset[str], ...]:
    return _rarer([*known.triggers, None if known.exact is None else _of_exact(known.exact, cost)], cost)


def _of_exact(exact: frozenset[str], cost: Cost) -> frozenset[str] | None:
    """A trigger for each of some texts; None where one of them has none."""
    each = [min(_in_text(text), key=lambda one: (cost(one), one), default=None) for text in exact]
    return None if None in each else frozenset(filter(None, each))


def _in_text(text: str) -> Iterator[str]:
    """Every word of a text, with a space where the word is known to begin or to end."""
    for word in re.findall(r" ?[^ ]+ ?", text.replace(" ", "  ")):
        yield from (part for part in word.split("*") if part.strip())


def _rarer(found: Iterable[frozenset[str] | None], cost: Cost) -> tuple[frozenset[str], ...]:
    """Of several sets of triggers that every match has, the two rarest that have nothing in common."""
    rising = sorted(filter(None, found), key=lambda one: (sum(map(cost, one)), len(one), sorted(one)))
    return *rising[:1], *[one for one in rising[1:] if one.isdisjoint(rising[0])][:1]
