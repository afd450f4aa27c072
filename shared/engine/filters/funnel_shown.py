"""What members may know of their funnel: rounded counts, coarse advice, and both as sentences.

Nothing under 20 is told, and nothing told leads to it
------------------------------------------------------
Every count is rounded to the nearest of a few numbers, each of which stands for at least 20 neighbouring
counts, the lowest of them being 20; below is null, "a few". So the difference of two counts shown is either
known to be under 20 and then may be anything from 0 to 19, or may be 20 and more: nobody learns that a rule
stops somebody, but only a few. Advice is a word, made from two rounded counts, and is given only where it
gains at least 20 people. Work and history are one step: a step of its own would tell somebody without a
history here that they are avoided. Counts are taken once a night for wishes as they then are, so nobody can
vary a wish and look; who does it over many nights sees rounded counts each time. A test makes every small
funnel there is and looks for one that tells more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import islice, pairwise
from types import MappingProxyType
from typing import Any

from shared.words import LANGUAGES

STEPS: Mapping[str, str] = MappingProxyType(
    {
        "mode": "mode",
        "age": "age",
        "gender": "gender",
        "language": "language",
        "distance": "distance",
        "deal_breakers": "deal_breakers",
        "acquaintances": "history",
    }
)
"""Each step of a shown funnel, and the rule after which its count is taken."""

FEW = 20
"""Counts below are never told."""
_FIRST = (30, 50, 70)
_EACH_POWER_OF_TEN = (100, 150, 200, 300, 400, 500, 600, 800)
_LARGEST = 10**9
_NUMBERS: tuple[int, ...] = (
    *_FIRST,
    *(number * 10**power for power in range(8) for number in _EACH_POWER_OF_TEN),
)
_BETWEEN = [below + above for below, above in pairwise(_NUMBERS)]
"""Twice the middle between each two of them."""

EFFECTS = ("about_half_more", "about_doubles", "much_more")
"""What a change may do to the number of candidates, least first."""


def rounded(count: int) -> int | None:
    """The nearest of 30, 50, 70, 100, 150, 200, 300, 400, 500, 600, 800, 1000, 1500 …; None under `FEW`.

    Halfway goes up. Never falls where the count grows. Raises `ValueError` below 0 or above 10⁹.
    """
    if not 0 <= count <= _LARGEST:
        raise ValueError(f"a funnel counts 0 to {_LARGEST} people")
    if count < FEW:
        return None
    return _NUMBERS[bisect_right(_BETWEEN, 2 * count)]


def effect(removed: int, left: int, changed: int) -> str | None:
    """The word of `EFFECTS` for `changed` candidates instead of `left`, None where nothing is to be said.

    `removed` is the difference of the counts shown around the rule that the change widens. It has to leave
    open whether `FEW` of those people stay out after the change as well; else the word would tell nearly
    how many do. Where only a few are left, the gain alone decides: any other condition would tell how few.
    """
    before, after = rounded(left), rounded(changed)
    gain = FEW if before is not None else 2 * FEW
    if after is None or changed - left < gain or removed < gain + FEW:
        return None
    if before is None:
        return "much_more"
    if 4 * after < 5 * before:
        return None
    if 4 * after < 7 * before:
        return "about_half_more"
    return "about_doubles" if 2 * after < 5 * before else "much_more"


def as_shown(
    searching: int, left: Mapping[str, int], changed: Mapping[str, Mapping[str, int]]
) -> dict[str, Any]:
    """The funnel that is stored and that its member reads.

    `searching` others were asked, `left` passed each rule and all before it, in the order of the rules.
    `changed` says for each rule how many would pass all rules after each change of one own wish at it, the
    smallest change first.
    The answer is ``{"searching": 800, "steps": [{"rule": "age", "left": 300}, …], "suggestions": [{"change":
    "widen_age", "effect": "about_doubles"}]}`` with null for a few, words of `STEPS`, `EFFECTS` and of the
    changes. Of each rule's changes only the smallest worth making is suggested: the words of two would tell
    how many people lie between them.
    """
    counts = [rounded(count) for count in (searching, *left.values())]
    removed = {
        rule: (before or 0) - (after or 0)
        for rule, (before, after) in zip(left, pairwise(counts), strict=True)
    }
    suggestions = []
    for rule, changes in changed.items():
        words = ((name, effect(removed[rule], left["history"], count)) for name, count in changes.items())
        worth = ({"change": name, "effect": word} for name, word in words if word is not None)
        suggestions += [*islice(worth, 1)]
    return {
        "searching": rounded(searching),
        "steps": [{"rule": step, "left": rounded(left[rule])} for step, rule in STEPS.items()],
        "suggestions": suggestions,
    }


def sentences(shown: Mapping[str, Any], language: str) -> list[str]:
    """The same in sentences: who searches, each step down to the first few, suggestions.

    `language` is one with texts (`shared.words.language_of` finds it for a member). Raises
    `ValueError` for another one and for words that no funnel has.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no texts in this language; there are: {', '.join(sorted(LANGUAGES))}")
    text = LANGUAGES[language].funnel
    try:
        lines = [text["searching"].format(_people(shown["searching"], text))]
        if shown["searching"] is not None:
            lines += _steps(shown["steps"], text)
        lines += [
            text[suggestion["change"]].format(text[suggestion["effect"]])
            for suggestion in shown["suggestions"]
        ]
    except KeyError as unknown:
        raise ValueError(f"no words for {unknown} in a funnel") from None
    return lines


def _steps(steps: Sequence[Mapping[str, Any]], text: Mapping[str, str]) -> list[str]:
    lines = []
    for step in steps:
        lines.append(text[step["rule"]].format(_people(step["left"], text)))
        if step["left"] is None:
            # Fewer than a few are a few again: there is nothing left to tell.
            break
    return lines


def _people(count: int | None, text: Mapping[str, str]) -> str:
    if count is None:
        return text["few"]
    return text["about"].format(f"{count:,}".replace(",", text["thousands"]))
