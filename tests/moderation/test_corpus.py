"""The sentences that moderation is measured on: enough, well-formed, none twice, and in the right folder.

All were made up for this, and no member wrote one. A person who writes rules reads `seen`. Moderation is
measured on `kept` and `final`, which that person must not read. `kept` may be counted during the work, and
`final` once, at its end. Both were written after everything in `seen`, before the changes that they judge. A
hash of a sentence, or of what it was made from, chooses between the two. So a disguised sentence lies beside
the plain one.
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
JUDGED = ("kept", "final")
FOLDERS = {
    name: [s for file in sorted((FOLDER / name).glob("*.tsv")) for s in read_sentences(file)]
    for name in ("seen", *JUDGED)
}
SENTENCES = list(chain.from_iterable(FOLDERS.values()))
BY_HAND = "by hand"


def folder_of(sentence: Sentence) -> str:
    origin = (sentence.source or sentence.text).encode()
    return "kept" if int.from_bytes(sha256(origin).digest()[:4], "big") % 2 else "final"


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


@pytest.mark.parametrize("name", JUDGED)
def test_every_judged_sentence_is_where_its_hash_says(name: str) -> None:
    assert [s.text for s in FOLDERS[name] if folder_of(s) != name] == []


def test_both_judged_folders_are_of_one_size() -> None:
    kept, final = (len(FOLDERS[name]) for name in JUDGED)
    assert abs(kept - final) / (kept + final) < 0.05


def test_a_disguised_sentence_is_what_its_trick_makes_of_the_plain_one() -> None:
    plain = {(name, s.text): s for name, rows in FOLDERS.items() for s in rows if s.spelling == "plain"}
    for name, s in ((name, s) for name, rows in FOLDERS.items() for s in rows):
        assert bool(s.trick) == (s.spelling == "disguised"), s
        if s.trick in ("", BY_HAND):
            assert bool(s.source) == s.template, s
            continue
        assert s.text == DISGUISES[s.trick](s.source) != s.source, s
        origin = plain[name, s.source]
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
