"""Every rule finds what it says, as words and letter by letter, and what searches for it is never slow."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import re2

from shared.errors import Unavailable
from shared.moderation import contact, english, folding, german, rules, searching
from shared.moderation.folding import fold, spelled
from shared.moderation.moderator import assess
from shared.moderation.rule import Rule
from tests.shared.test_moderation_kinds import FLAGGED, SEVERE

RULES = [*english.RULES, *german.RULES]
SEPARATORS = [" ", ".", "-", " - ", ", ", " . ", "_", "*", "|", "/", "   "]
parser: Any = re._parser
op: Any = re._constants


def named(rule: Rule) -> str:
    """What a failing test is called."""
    return f"{rule.kind} {rule.pattern[:30]}"


def texts(parsed: Any) -> list[str]:
    """Texts that a parsed pattern matches: every choice that it leaves is taken in one of them at least."""
    said = [""]
    for code, what in parsed:
        choices = list(_choices(code, what))
        most = max(len(said), len(choices))
        said = [said[i % len(said)] + choices[i % len(choices)] for i in range(most)]
    return said


def _choices(code: Any, what: Any) -> Iterator[str]:
    if code is op.LITERAL:
        yield chr(what)
    elif code is op.NOT_LITERAL or code is op.ANY:
        yield "é"
    elif code is op.IN:
        yield _one_of(what)
    elif code is op.BRANCH:
        for choice in what[1]:
            yield from texts(choice)
    elif code is op.SUBPATTERN:
        yield from texts(what[-1])
    elif code in (op.MAX_REPEAT, op.MIN_REPEAT):
        least, most, repeated = what
        bodies = texts(repeated)
        yield from (body * max(least, 1) for body in bodies)
        if least == 0:
            yield ""
        elif most > least:
            yield bodies[0] * (least + 1)
    else:  # a place, a look around, what a group held
        yield ""


def _one_of(what: Any) -> str:
    kind, value = what[0]
    if kind is op.NEGATE:
        return " "
    if kind is op.CATEGORY:
        return {op.CATEGORY_DIGIT: "7", op.CATEGORY_SPACE: " "}.get(value, "x")
    return chr(value if kind is op.LITERAL else value[0])


def letter_by_letter(text: str, separator: str) -> str:
    """What somebody writes who hides every word of it."""
    return separator.join(text.replace(" ", ""))


def described(rule: Rule) -> list[str]:
    """Texts in which the rule must hold, without the signs for where a text ends."""
    return [text.removeprefix("< ").removesuffix(" >") for text in texts(parser.parse(rule.pattern))]


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_every_choice_of_a_rule_is_found_as_words(rule: Rule) -> None:
    for text in described(rule):
        held = rules._words().held(text, excusing=False)
        assert rule in held, text


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_every_choice_of_a_rule_is_found_letter_by_letter(rule: Rule) -> None:
    for number, text in enumerate(described(rule)):
        if len(text.replace(" ", "")) < 4:  # fewer letters are no word that somebody spells
            continue
        written = letter_by_letter(text, SEPARATORS[number % len(SEPARATORS)])
        _, alone = spelled(fold(f"Hey, {written} OK?"))
        assert any(rule in rules._letters().held(way, excusing=False) for way in alone), written


@pytest.mark.parametrize(("kind", "text"), SEVERE + FLAGGED, ids=lambda value: str(value)[:40])
def test_letter_by_letter_it_is_judged_as_it_is_in_words(kind: str, text: str) -> None:
    least = assess(text, revealed=True).score
    letters = re.sub(r"\W", "", text)
    if len(letters) < 4:
        return
    for separator in SEPARATORS[:6]:
        risk = assess(separator.join(letters), revealed=True)
        assert risk.score >= least, separator
        assert kind in risk.kinds, separator
    # Wider gaps between the words; and a message that hides one of its words only.
    assert kind in assess("   ".join(map(" ".join, text.split())), revealed=True).kinds
    words = re.sub(r"\W+", " ", fold(text.replace("'", ""))).split()
    for at, word in enumerate(words):
        if len(word) >= 4 and all(len(beside) > 1 for beside in words[max(at - 1, 0) : at + 2]):
            halves = [*words[:at], " ".join(word), *words[at + 1 :]]
            assert kind in assess(" ".join(halves), revealed=True).kinds, halves


def test_a_rule_is_written_in_what_both_forms_know() -> None:
    known = re.compile(rf"({rules._ELEMENT.pattern}|[()|?*+<>@])*")
    for rule in RULES:
        for pattern in (rule.pattern, rule.unless):
            assert known.fullmatch(pattern), pattern
            assert "[^" not in pattern


def repeats(parsed: Any) -> Iterator[tuple[Any, Any]]:
    """Every repeat in a parsed pattern that is not at its very end, with what is repeated; then the last."""
    for code, what in parsed:
        if code in (op.MAX_REPEAT, op.MIN_REPEAT):
            yield code, what
            yield from repeats(what[2])
        elif code is op.SUBPATTERN:
            yield from repeats(what[-1])
        elif code is op.BRANCH:
            for choice in what[1]:
                yield from repeats(choice)


@pytest.mark.parametrize("module", [folding, contact, searching])
def test_what_goes_back_in_a_text_never_goes_back_far(module: ModuleType) -> None:
    """Python's own `re` searches a text only for fixed places, with one repeat of one character at the end.

    Then no start reads a character that it leaves to a later start, but for so many as the pattern is long.
    """
    for pattern in vars(module).values():
        if isinstance(pattern, re.Pattern):
            parsed = parser.parse(pattern.pattern)
            found = list(repeats(parsed))
            assert len(found) <= 1, pattern
            if found:
                assert parsed[-1] == found[0], pattern
                [(code, _)] = found[0][1][2]
                assert code in (op.IN, op.LITERAL, op.CATEGORY, op.GROUPREF), pattern


def test_an_engine_that_finds_nothing_for_lack_of_memory_has_not_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(re2.Filter, "Match", lambda *_: None)
    with pytest.raises(Unavailable):
        assess("Shall we meet at the lake?", revealed=False)


def test_others_are_answered_while_a_text_is_searched() -> None:
    """The engine lets go of the interpreter's lock: this thread has its turns while another one searches."""
    text = "ich bring dich wirklich " * 100_000
    patterns = rules._words()._patterns
    began, ended = threading.Event(), threading.Event()

    def search() -> None:
        began.set()
        patterns.within(text)
        ended.set()

    threading.Thread(target=search).start()
    began.wait()
    turns = 0
    while not ended.is_set():
        time.sleep(0.001)
        turns += 1
    assert turns > 20
