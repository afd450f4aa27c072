"""The hook stands in the way of every message: it costs little, and in proportion to the message's length.

Processor time of this thread is told, not the clock's, and the least of several tries counts.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from types import ModuleType

import pytest

from shared.chat.moderation import contact, folding, reading, respelling
from shared.chat.moderation.moderator import MOST_LETTERS, assess
from shared.chat.moderation.rule import Rule
from shared.errors import InvalidBody
from tests.often import NIGHTLY, often
from tests.pace import slowness
from tests.shared.test_moderation_kinds import INNOCENT
from tests.shared.test_moderation_rules import RULES, letter_by_letter, named, parser, repeats, texts

MOST_SECONDS = 0.1
LITTLE = 0.01  # up to here what the engine still remembers of other texts decides more than the length
MOST_GROWTH = 2.5  # from 1,000 characters to 2,000
TRIES = 25
SEPARATORS = [" ", ".", " - "]


class TooSlow(Exception):
    """A judgement that would not end."""


@pytest.fixture(autouse=True)
def an_end() -> Iterator[None]:
    """Make processor time ring: what goes back and back in a text for ever hears that, and nothing else."""

    def too_slow(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, too_slow)
    yield
    signal.signal(signal.SIGPROF, before)


def seconds(text: str) -> float:
    """Processor time of one judgement; a refusal is one too."""
    began = time.thread_time()
    signal.setitimer(signal.ITIMER_PROF, 20 * MOST_SECONDS)
    try:
        assess(text, revealed=False)
    except InvalidBody:
        assert len(folding.fold(text)) > MOST_LETTERS
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.thread_time() - began


def costs_little(text: str) -> None:
    """Fail when a text, cut to 2,000 characters, costs too much, or much more than twice its half.

    Its beginning comes first: what takes for ever at 2,000 characters is already too slow at 250.
    """
    spent = dict.fromkeys((250, 2000, 1000), float("inf"))
    for _ in range(TRIES):
        for size in spent:
            pace = slowness()
            spent[size] = min(spent[size], seconds(text[:size]) / pace)
            if spent[size] > MOST_SECONDS or spent[2000] < LITTLE:
                break
        if spent[2000] < MOST_SECONDS and spent[2000] < max(LITTLE, MOST_GROWTH * spent[1000]):
            return
    pytest.fail(f"{ {size: round(s * 1000, 2) for size, s in spent.items()} } ms for {text[:120]!r}")


def alternatives(pattern: str) -> list[str]:
    """The choices that a pattern as a whole leaves."""
    choices, depth = [""], 0
    for part in re.findall(r"\\.|\[[^]]*\]|.", pattern):
        depth += {"(": 1, ")": -1}.get(part, 0)
        if part == "|" and not depth:
            choices.append("")
        else:
            choices[-1] += part
    return choices


def worst(pattern: str) -> Iterator[str]:
    """For each choice of a pattern all but its last element, again and again, or its longest repeat then."""
    for choice in alternatives(pattern):
        parsed = parser.parse(choice)
        before = texts(parsed[:-1])[0]
        bodies = [max(texts(what[2]), key=len) for _, what in repeats(parsed) if what[1] > 1]
        yield (before + " ") * 2000
        yield before + (max(bodies, key=len, default="") or "x ") * 2000


def hold(patterns: list[str]) -> None:
    """What is worst for these patterns costs little, some of it letter by letter. By day a third is tried."""
    texts = [text for pattern in patterns for text in worst(pattern)]
    for number, text in list(enumerate(texts))[:: often(3, 1)]:
        text = re.sub(r"[<>^$@&_]", " ", text)[:2000]
        costs_little(letter_by_letter(text, SEPARATORS[number % 3]) if number % 5 == 4 else text)


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_no_text_makes_a_rule_slow(rule: Rule) -> None:
    hold(list(rule.patterns))


@pytest.mark.parametrize("module", [contact, folding, reading, respelling])
def test_no_text_makes_any_other_pattern_slow(module: ModuleType) -> None:
    constants = [value for name, value in vars(module).items() if name.isupper()]
    patterns = [value.pattern if isinstance(value, re.Pattern) else value for value in constants]
    # What RE2 calls letters and digits of any script, this parser calls \w.
    hold([each.replace(r"\pL\pN_", r"\w") for each in patterns if isinstance(each, str)])


UNITS = [
    *("a", "a ", "1 ", "a.", "a at ", "@", "x@y.", "my ", "ich bin ", "send me ", "i am so ", "+1-"),
    "kiiil ",
    # Signs that stand for several letters, and are refused when they are too many.
    *("\ufdfa", "\ufdfa ", "a\ufdfa", "㎏", "㎏ ", "ﬃ", "½", "…"),
    *("㏇", "℁ ", "⑴", "ä", "ẞ", "ǆ", "가"),
    "𝐤𝐢𝐥𝐥 ",
    # Marks in an order that is not theirs, and what is not seen.
    *("\u0301\u0323", "\u0344", "\u0f75", "u\u0308", "\u0308", "k\u200bi\u200b", "\u200b", "\u3164"),
    "a" + "\u0301\u0323" * 50,
    # Letters drawn out, signs for letters, and both: these are read in twelve ways.
    *("killll ", "aaabbb", "aaa ", "k1ll ", "1a", "1aaa", "i will k1lll y0uuu ", "$a ", "|1a4@ "),
    # Letters that stand alone, with as much between them as still parts letters.
    *("i - ", "i . ", "k i l l ! ", "k i l l yo ", "a_", "y o u 1 ", "a b c d    "),
    "k  i l l  y o u aaa 1a ",
    # Words that may be others, and matches that something excuses.
    *("k*ll ", "k**l ", "wiII ", "kkiillll ", "schoen ", "i will kill you at chess ", "k.l.", "u*"),
    "i will kill you ",
    # Numbers, and what stands between them.
    *("1", "12 ", "1.", "1 ,", "0 (", "+0 ", "1plus", "12.30 ", "2020-", "1.234,", "12:30-", "0151 2345 "),
    *("one ", "oneone", "zwozwo", "double ", "double 1 ", "× ", "1–"),
    # Addresses and handles.
    *("a-", "a.b@", "@a", "@abc ", "www ", "http", " dot ", "a dot ", "a . ", "ab at cd dot "),
    *("insta ", "ig : "),
    *("abc@def.gh.ij.kl ", "aa(at)", "aa at bb . cc . ", "\n", "\t ", "é", "ж@ж.", "t.me"),
]


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_no_text_at_all_is_slow(unit: str) -> None:
    costs_little(unit * 2000)
    if NIGHTLY:
        costs_little("i will " + unit * 2000)


@pytest.mark.parametrize("text", ["\ufdfa" * 2000, "\ufdfa" * 223, "a" * 1880 + "\ufdfa" * 120])
def test_what_is_too_long_in_plain_letters_is_refused_and_never_cut(text: str) -> None:
    with pytest.raises(InvalidBody) as refusal:
        assess(text, revealed=True)
    assert refusal.value.status == 422
    [problem] = refusal.value.extras["errors"]
    assert problem == {"field": "message", "problem": "must hold fewer signs that stand for several letters"}


@pytest.mark.parametrize("unit", ["ä", "ẞ", "가", "👋", "a\u0301\u0323", "ﬁ"])
def test_two_thousand_characters_are_judged_to_the_last(unit: str) -> None:
    threat = " ich werde dich abstechen"
    text = (unit * 2000)[: 2000 - len(threat)] + threat
    assert assess(text, revealed=True).kinds == ("threat",)


def test_a_usual_message_costs_far_less_than_a_millisecond() -> None:
    least = float("inf")
    for _ in range(TRIES):
        pace = slowness()
        least = min(least, sum(map(seconds, INNOCENT)) / len(INNOCENT) / pace)
        if least < 0.0003:
            return
    pytest.fail(f"{least * 1e6:.0f} µs")
