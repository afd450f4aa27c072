"""The hook stands in the way of every message: a usual one costs a tenth of a millisecond."""

from __future__ import annotations

import random
import re
import time
from typing import Any

import pytest

from shared.moderation import english, german
from shared.moderation.moderator import assess
from shared.moderation.rule import Rule
from tests.shared.test_moderation_kinds import INNOCENT

RULES = [*english.RULES, *german.RULES]
parser: Any = re._parser
op: Any = re._constants


def seconds(texts: list[str], rounds: int) -> float:
    """Processor time per text, the best of a few tries."""
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(rounds):
            for text in texts:
                assess(text, revealed=False)
        best = min(best, (time.process_time() - started) / rounds / len(texts))
    return best


def test_a_usual_message_costs_a_tenth_of_a_millisecond() -> None:
    assert seconds(INNOCENT, 20) < 0.0001


@pytest.mark.parametrize(
    "unit",
    ["a", "a ", "1 ", "a.", "a at ", "@", "x@y.", "my ", "ich bin ", "send me ", "i am so ", "+1-", "kiiil "],
)
def test_the_longest_message_of_anything_costs_little(unit: str) -> None:
    assert seconds([(unit * 2000)[:2000]], 1) < 0.05


def say(parsed: Any, rng: random.Random) -> str:
    """A text that a parsed pattern matches."""
    text = ""
    for code, what in parsed:
        if code is op.LITERAL:
            text += chr(what)
        elif code is op.IN:
            kind, value = what[0]
            text += "x" if kind is op.CATEGORY else chr(value if kind is op.LITERAL else value[0])
        elif code is op.BRANCH:
            text += say(rng.choice(what[1]), rng)
        elif code is op.SUBPATTERN:
            text += say(what[-1], rng)
        elif code in (op.MAX_REPEAT, op.MIN_REPEAT):
            least, most, repeated = what
            for _ in range(least if rng.random() < 0.6 else min(least + 1, int(most))):
                text += say(repeated, rng)
    return text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind} {rule.needs[:20]}")
def test_a_rule_is_looked_for_wherever_it_holds(rule: Rule) -> None:
    """Whatever the pattern may match holds a word the rule says it needs; else it would never be tried."""
    rng, parsed = random.Random(5), parser.parse(rule.pattern)
    needs = rule.needs.split()
    for _ in range(1500):
        words = say(parsed, rng)
        assert any(
            need[1:] in words if need.startswith("*") else any(w.startswith(need) for w in words.split())
            for need in needs
        ), words
