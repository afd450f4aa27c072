"""That what members are shown of their funnel never leads to a small group, and reads well."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine.filters.funnel import CHANGES
from shared.engine.filters.funnel_shown import EFFECTS, FEW, STEPS, as_shown, effect, rounded, sentences
from shared.words import LANGUAGES, language_of
from tests.engine.double_loop import RULES


def test_of_two_changes_at_one_rule_the_smaller_worth_making_is_suggested() -> None:
    """Both words together would tell how many people lie between the two."""

    def suggested(near: int, anywhere: int) -> list[str]:
        left = dict(zip(RULES, (500, 300, 300, 300, 40, 40, 40, 40, 40), strict=True))
        changed = {"age": {"widen_age": 90}, "distance": {"double_distance": near, "any_distance": anywhere}}
        told = as_shown(1000, left, changed)
        return [f"{suggestion['change']} {suggestion['effect']}" for suggestion in told["suggestions"]]

    assert suggested(40, 41) == ["widen_age about_doubles"]
    assert suggested(59, 200) == ["widen_age about_doubles", "any_distance much_more"]
    assert suggested(100, 200) == ["widen_age about_doubles", "double_distance about_doubles"]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_rounding_hides_a_few_keeps_the_order_and_stays_near(one: int, other: int) -> None:
    low, high = sorted((one, other))
    a, b = rounded(low), rounded(high)
    assert (a is None) == (low < FEW)
    if a is not None:
        assert b is not None
        assert a <= b
        assert abs(a - low) <= max(11, low * 0.26)


def test_rounding_at_its_steps() -> None:
    steps = {19: None, 20: 30, 39: 30, 40: 50, 59: 50, 60: 70, 84: 70, 85: 100, 125: 150, 249: 200, 250: 300}
    assert {count: rounded(count) for count in steps} == steps
    assert [rounded(n) for n in (899, 900, 1249, 1250, 12_345, 10**9)] == [
        *(800, 1000, 1000, 1500, 10_000, 10**9),
    ]
    for count in (-1, 10**9 + 1):
        with pytest.raises(ValueError, match="counts 0 to"):
            rounded(count)


@pytest.mark.parametrize(
    ("removed", "left", "changed", "word"),
    [
        (300, 100, 100, None),
        (300, 100, 119, None),
        (300, 100, 160, "about_half_more"),
        (300, 100, 200, "about_doubles"),
        (300, 100, 300, "much_more"),
        (300, 500, 540, None),
        (300, 500, 640, None),
        (20_000, 10_000, 21_000, "about_doubles"),
        (300, 35, 54, None),
        (300, 35, 55, "about_half_more"),
        (40, 35, 55, "about_half_more"),
        (30, 35, 55, None),
        (300, 0, 39, None),
        (300, 0, 40, "much_more"),
        (60, 19, 59, "much_more"),
        (50, 19, 59, None),
        (300, 19, 58, None),
    ],
)
def test_effects(removed: int, left: int, changed: int, word: str | None) -> None:
    assert effect(removed, left, changed) == word


Rounding = Callable[[int], int | None]
Effect = Callable[[int, int, int], str | None]
HIGHEST = 84
"""Counts up to the end of a rounding step, so that the last step is whole."""


def leaks(rounding: Rounding, advice: Effect) -> list[str]:
    """Numbers that a shown funnel narrows to some of 0 to 19, found by making every small funnel there is.

    A funnel is: `a` people reach a rule, `b` pass it, `c` of these pass the rest, and `d` would if one's own
    wish at that rule were wider: c ≤ d ≤ c + a - b. Who reads it knows the rounded a, b, c and the word.
    Of every count and difference they may learn that it is under 20, but then it may be each of 0 to 19.
    """
    a, b, c = (n.ravel() for n in np.meshgrid(*[np.arange(HIGHEST + 1)] * 3, indexing="ij"))
    chain = (a >= b) & (b >= c)
    a, b, c = a[chain], b[chain], c[chain]
    times = a - b + 1
    d = np.repeat(c, times) + np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    a, b, c = (np.repeat(n, times) for n in (a, b, c))
    counts = range(HIGHEST + 1)
    numbers, codes = np.unique([rounding(n) or 0 for n in counts], return_inverse=True)
    differences, difference = np.unique(numbers[codes[a]] - numbers[codes[b]], return_inverse=True)
    words = [None, *EFFECTS]
    told = np.array(
        [
            [[words.index(advice(r, n, m)) if m >= n else 0 for m in counts] for n in counts]
            for r in differences.tolist()
        ]
    )
    kinds = len(numbers)
    seen = ((codes[a] * kinds + codes[b]) * kinds + codes[c]) * len(words) + told[difference, c, d]
    secrets = {
        "a": a,
        "b": b,
        "c": c,
        "a - b": a - b,
        "b - c": b - c,
        "a - c": a - c,
        "d - c": d - c,
        "still out": (a - b) - (d - c),
    }
    return [name for name, secret in secrets.items() if _narrowed(seen, secret)]


def _narrowed(seen: npt.NDArray[np.int64], secret: npt.NDArray[np.int64]) -> bool:
    """Whether something seen goes with some of 0 to 19, not all of them, and nothing above."""
    possible = np.zeros((seen.max() + 1, HIGHEST + 1), dtype=np.bool_)
    possible[seen, secret] = True
    small = possible.any(axis=1) & ~possible[:, FEW:].any(axis=1)
    return bool((small & ~possible[:, :FEW].all(axis=1)).any())


def test_nobody_learns_more_of_a_small_group_than_that_it_is_small() -> None:
    assert leaks(rounded, effect) == []


def _tens(count: int) -> int | None:
    return None if count < FEW else (count + 5) // 10 * 10


def _exact_ratio(_removed: int, left: int, changed: int) -> str | None:
    if left < FEW:
        return None
    return (
        "about_doubles" if 4 * changed >= 7 * left else "about_half_more" if 4 * changed >= 5 * left else None
    )


def _of_a_few(_removed: int, left: int, changed: int) -> str | None:
    return "much_more" if left < FEW and changed >= 60 else None


def _whatever_is_removed(_removed: int, left: int, changed: int) -> str | None:
    return effect(10**6, left, changed)


def _rounded_ratio(_removed: int, left: int, changed: int) -> str | None:
    before, after = rounded(left), rounded(changed)
    return "about_half_more" if before and after and 4 * after >= 5 * before else None


@pytest.mark.parametrize(
    ("rounding", "advice", "leak"),
    [
        (lambda count: None if count < FEW else count // 5, effect, "a - b"),
        (_tens, effect, "a - b"),
        (lambda count: rounded(count) or count // 10, effect, "c"),
        (rounded, _exact_ratio, "d - c"),
        (rounded, _of_a_few, "c"),
        (rounded, _whatever_is_removed, "still out"),
        (rounded, _rounded_ratio, "d - c"),
    ],
)
def test_the_attack_finds_what_simpler_rounding_gives_away(
    rounding: Rounding, advice: Effect, leak: str
) -> None:
    assert leak in leaks(rounding, advice)


def test_work_and_history_are_told_as_one() -> None:
    """A step of its own would tell somebody without a history that they are avoided."""
    left = dict.fromkeys(RULES, 500)
    same = []
    for rule in ("colleagues", "competitors", "history"):
        after = RULES.index(rule)
        same.append(as_shown(500, left | dict.fromkeys(RULES[after:], 100), {}))
    assert same[0] == same[1] == same[2]
    assert [*STEPS.values()] == [rule for rule in RULES if rule not in ("colleagues", "competitors")]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 3000), min_size=9, max_size=9),
    st.lists(st.integers(0, 900), min_size=5, max_size=5),
)
def test_sentences_tell_what_is_shown_and_nothing_else(counts: list[int], gains: list[int]) -> None:
    counts.sort(reverse=True)
    changed = {c.rule: {c.name: counts[-1] + gain} for c, gain in zip(CHANGES, gains, strict=True)}
    told = as_shown(counts[0], dict(zip(RULES, counts, strict=True)), changed)
    numbers = [told["searching"], *(step["left"] for step in told["steps"])]
    for language, texts in LANGUAGES.items():
        lines = sentences(told, language)
        text = " ".join(lines)
        separator = texts.funnel["thousands"]
        written = re.findall(rf"\d+(?:{re.escape(separator)}\d{{3}})*", text)
        digits = {int("".join(filter(str.isdigit, number))) for number in written}
        assert digits == {number for number in numbers if number is not None}
        assert all(line[0] == line[0].upper() and line[-1] in ".!?。" and "{" not in line for line in lines)
        assert text.count(texts.funnel["few"]) == (None in numbers)
        assert len(lines) == len(told["suggestions"]) + (
            numbers.index(None) + 1 if None in numbers else len(numbers)
        )


def test_every_word_has_a_text_in_every_language() -> None:
    with_a_place = {*STEPS, *(change.name for change in CHANGES), "searching", "about"}
    plain = {*EFFECTS, "few", "thousands"}
    for language, texts in LANGUAGES.items():
        assert texts.funnel.keys() == with_a_place | plain, language
        assert {word for word, text in texts.funnel.items() if text.count("{}") == 1} == with_a_place
        assert not any("{" in text.replace("{}", "", 1) for text in texts.funnel.values())
        assert len(set(texts.funnel.values())) == len(texts.funnel)
        assert all(text for word, text in texts.funnel.items() if word != "thousands")
        assert not any(character.isdigit() for text in texts.funnel.values() for character in text)


@pytest.mark.parametrize(
    ("told", "language"),
    [
        ({"searching": 30, "steps": [{"rule": "height", "left": 30}], "suggestions": []}, "en"),
        ({"searching": 30, "steps": [], "suggestions": [{"change": "any_age", "effect": "much_more"}]}, "de"),
        ({"steps": [], "suggestions": []}, "en"),
    ],
)
def test_words_that_no_funnel_has_are_refused(told: dict[str, Any], language: str) -> None:
    with pytest.raises(ValueError, match="no words for"):
        sentences(told, language)


def test_a_language_without_texts_is_refused_and_a_member_of_it_reads_english() -> None:
    told = {"searching": 30, "steps": [], "suggestions": []}
    with pytest.raises(ValueError, match=f"there are: {', '.join(sorted(LANGUAGES))}$"):
        sentences(told, "xx")
    assert sentences(told, language_of("xx")) == sentences(told, "en")
    assert all(language_of(language) == language for language in LANGUAGES)


def test_sentences_in_two_languages() -> None:
    told = {
        "searching": 12_000,
        "steps": [
            {"rule": "mode", "left": 800},
            {"rule": "age", "left": None},
            {"rule": "gender", "left": None},
        ],
        "suggestions": [{"change": "widen_age", "effect": "about_doubles"}],
    }
    assert sentences(told, "en") == [
        "About 12,000 other people are looking for someone here.",
        "About 800 of them look for the same kind of match as you.",
        "Only a few also fit by age: they are in your age range, and you are in theirs.",
        "Widening your age range by two years at each end about doubles the number of your candidates.",
    ]
    assert sentences(told, "de")[0] == "Etwa 12.000 andere Menschen suchen hier jemanden."
    assert sentences(told, "de")[2:] == [
        "Nur wenige passen auch im Alter: sie zu deiner Spanne und du zu ihrer.",
        "Eine an jedem Ende um zwei Jahre weitere Altersspanne verdoppelt deine Auswahl etwa.",
    ]
