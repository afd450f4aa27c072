"""Every rule finds what its file says it finds, and leaves what it says it leaves."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import re2

from shared.chat.moderation import contact, folding, prepared, reading, respelling, rules, searching
from shared.chat.moderation.folding import fold
from shared.chat.moderation.moderator import assess
from shared.chat.moderation.rule import Rule
from shared.errors import Unavailable
from tests.shared.test_moderation_kinds import FLAGGED, SEVERE

RULES = rules.all_rules()
MOST_OF_PATTERN = 8
SEPARATORS = [" ", ".", "-", " - ", "_", "*"]
parser: Any = re._parser
op: Any = re._constants


def named(rule: Rule) -> str:
    """What a failing test is called."""
    return f"{rule.kind} {rule.patterns[0][:30]}"


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


def holds(rule: Rule, text: str) -> bool:
    """Whether a rule holds in one of the ways to read a text."""
    return any(rule in rules.held(way) for way in reading.read(fold(text), rules.respelling()))


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_leaves_its_misses_and_finds_its_hits(rule: Rule) -> None:
    """A hit may be found by a weightier rule of the same kind too; some are by one alone."""
    assert rule.hits, rule
    assert rule.misses, rule
    assert [text for text in rule.misses if holds(rule, text)] == []
    for text in rule.hits:
        risk = assess(text, revealed=False)
        assert risk.score >= rule.score, text
        assert rule.kind in risk.kinds or risk.score > rule.score, text
    assert any(holds(rule, text) for text in rule.hits)


def test_many_excuses_excuse_nothing() -> None:
    excused = "i will kill you at chess, "
    assert assess(excused, revealed=True).score == 0
    assert assess(excused * rules.MOST_EXCUSES, revealed=True).kinds == ("threat",)


def test_an_excuse_of_one_place_excuses_no_other() -> None:
    assert assess("I will kill you at chess and I will kill you in your sleep", revealed=True).score >= 90


@pytest.mark.parametrize(("kind", "text"), SEVERE + FLAGGED, ids=lambda value: str(value)[:40])
def test_letter_by_letter_it_is_judged_as_it_is_in_words(kind: str, text: str) -> None:
    least = assess(text, revealed=True).score
    letters = re.sub(r"\W", "", text)
    if len(letters) < 4:
        return
    for separator in SEPARATORS:
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


def test_a_rule_is_written_in_what_its_loader_knows() -> None:
    known = re.compile(r"(\^ | \$|\{[0-9,]+\}|\\[wd]|\[[a-z0-9-]+\]|[a-z0-9 _()|?*+<>@&])*")
    for rule in RULES:
        for pattern in (*rule.patterns, rule.unless):
            assert known.fullmatch(pattern), pattern
        for pattern in rule.patterns:
            assert not {"@", "&"} & set(pattern), pattern


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


@pytest.mark.parametrize("module", [folding, contact, searching, reading, respelling])
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
    began, ended = threading.Event(), threading.Event()

    def search() -> None:
        began.set()
        list(rules.held(text))
        ended.set()

    threading.Thread(target=search).start()
    began.wait()
    turns = 0
    while not ended.is_set():
        time.sleep(0.001)
        turns += 1
    assert turns > 20


def test_a_pattern_that_matches_a_text_is_searched_in_it() -> None:
    """Its triggers are in every text that it matches: those written by choices of the pattern itself."""
    known = prepared.prepared(rules.LANGUAGES)
    assert not known.always
    matched = 0
    for place, (_, pattern) in enumerate(rules.each_pattern()):
        written = rules._ELEMENT.sub(rules._in_words, f"_({pattern}) ")
        for text in texts(parser.parse(written))[:MOST_OF_PATTERN]:
            way = text.strip(" <>")
            if rules._compiled(pattern).search(searching.single_bytes(f" < {way} > ")):
                matched += 1
                assert place in known.places(way), (pattern, way)
    assert matched > 2 * len(rules.each_pattern())


def test_what_was_prepared_from_other_rules_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "digest", lambda _: "another")
    with pytest.raises(ValueError, match="scripts/teach --rules"):
        prepared.prepared.__wrapped__(rules.LANGUAGES)
