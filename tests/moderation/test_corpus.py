"""The sentences that moderation is measured on: enough, well-formed, none twice, and in the right half.

They lie in two halves. Who writes rules reads `seen`; what the rules are worth is measured on `kept`, which
they must not read. All were made up for this, and nobody said them. Which half a sentence belongs to is
decided by a hash of it, or of what it was made from: a disguised sentence follows the plain one.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from itertools import chain

import pytest

from scripts.stack.home import ROOT
from scripts.tools.judge.sentences import Sentence, read_sentences
from shared.chat.moderation.kinds import MOST
from tests.moderation.disguises import DISGUISES

FOLDER = ROOT / "tests/moderation"
HALVES = {
    half: [s for file in sorted((FOLDER / half).glob("*.tsv")) for s in read_sentences(file)]
    for half in ("seen", "kept")
}
SENTENCES = list(chain.from_iterable(HALVES.values()))
BY_HAND = "by hand"


def half_of(sentence: Sentence) -> str:
    origin = (sentence.source or sentence.text).encode()
    return "kept" if int.from_bytes(sha256(origin).digest()[:4], "big") % 2 else "seen"


def count(**wanted: object) -> int:
    return sum(all(getattr(s, name) == value for name, value in wanted.items()) for s in SENTENCES)


def test_there_are_enough_of_every_sort() -> None:
    assert count(expect="innocent") >= 4_000
    assert count(expect="innocent", hard=True) >= 1_000
    assert count(expect="innocent", template=False, trick="") >= 1_200
    assert len(SENTENCES) - count(expect="innocent") >= 700
    assert len([s for s in SENTENCES if s.spelling == "disguised" and s.expect != "innocent"]) >= 250
    for expect in ("innocent", "flagged", "refused"):
        share = count(expect=expect, language="en") / count(expect=expect)
        assert 0.45 < share < 0.55, expect


def test_every_kind_is_there_in_both_languages() -> None:
    guilty = {(s.language, s.kind) for s in SENTENCES if s.expect != "innocent"}
    # Violence without a person it is meant for is what an outside model alone tells.
    assert guilty == {(language, kind) for language in ("en", "de") for kind in MOST if kind != "violence"}
    assert {s.kind for s in SENTENCES if s.expect == "innocent"} <= {*MOST, "none"}
    assert {s.kind for s in SENTENCES if s.expect == "innocent" and not s.hard} == {"none"}


def test_no_sentence_is_there_twice() -> None:
    times = Counter(" ".join(s.text.lower().split()) for s in SENTENCES)
    assert [text for text, n in times.items() if n > 1] == []


@pytest.mark.parametrize("half", HALVES)
def test_every_sentence_is_in_the_half_its_hash_names(half: str) -> None:
    assert [s.text for s in HALVES[half] if half_of(s) != half] == []


def test_the_halves_are_of_one_size() -> None:
    seen, kept = (len(rows) for rows in HALVES.values())
    assert abs(seen - kept) / len(SENTENCES) < 0.05


def test_a_disguised_sentence_is_what_its_trick_makes_of_the_plain_one() -> None:
    plain = {s.text: s for s in SENTENCES if s.spelling == "plain"}
    for s in SENTENCES:
        assert bool(s.trick) == (s.spelling == "disguised"), s
        if s.trick in ("", BY_HAND):
            assert bool(s.source) == s.template, s
            continue
        assert s.text == DISGUISES[s.trick](s.source) != s.source, s
        origin = plain[s.source]
        assert (s.language, s.kind, s.expect) == (origin.language, origin.kind, origin.expect), s
    assert {s.trick for s in SENTENCES} == {"", BY_HAND, *DISGUISES}


def test_a_sentence_from_a_template_keeps_to_it() -> None:
    for s in SENTENCES:
        if s.template:
            assert re.fullmatch(pattern(s.source), s.text), s


def pattern(template: str) -> str:
    """What the template makes: anything where it has braces, which may stand in each other."""
    written, depth = "", 0
    for sign in template:
        depth += (sign == "{") - (sign == "}")
        if sign == "{" and depth == 1:
            written += ".+"
        elif depth == 0 and sign != "}":
            written += re.escape(sign)
    return written
