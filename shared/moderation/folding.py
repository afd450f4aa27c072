"""One spelling for many, so that a rule is written once and tricks of spelling do not get around it.

    fold("Ｋ\u200bＩＬＬ  yöu")        -> "kill  yoeu"     letters, punctuation kept: what contact.py reads
    read(fold("I'll k1ll  YOU!!"))   -> ("ill k1ll you", "ill kill you", …)   what rules search
    spelled(fold("so k i l l - u"))  -> "so kill u", ("k.i.l.l.u",)

German umlauts become two letters (ae), other accents go; Cyrillic and Greek letters that look Latin become
so; invisible characters go; digits of any script become 0 to 9. Each character is looked up by itself, so
the cost is in proportion to their number.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import pairwise

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
_CYRILLIC = dict(zip("асеорхуіјѕһԁкмтвн", "aceopxyijshdkmtbh", strict=True))
_GREEK = dict(zip("αονιρτυχκ", "aoviptuxk", strict=True))
_OTHERS = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"}
_KNOWN = str.maketrans(_UMLAUTS | _CYRILLIC | _GREEK | _OTHERS)
# Letters without a shape, which a font shows as nothing.
_FILLERS = "\u115f\u1160\u3164\uffa0"
_TWO_DOTS = "\u0308"

_APOSTROPHES = re.compile("['’‘`´]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
# A word with a digit or sign before a letter: b1tch, @ss, k!ll; not 4, 2026 or ok!
_WORD = re.compile(r"[a-z0-9@$!|]+")
_SIGN_BEFORE_LETTER = re.compile(r"[0-9@$!|][a-z]")
_LEET = str.maketrans("0134578@$!|", "oieastbasii")
_LEET_L = str.maketrans("0134578@$!|", "oleastbasll")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
# A letter between words, umlauts as they are folded.
_ALONE = re.compile(r"(?<![^\W_])(?:[a-z0-9@$]|[aou]e|ss)(?![^\W_])")
_SEPARATORS = re.compile(r"[\s._*\-/|,]{1,3}")
_LEAST_SPELLED = 4


class _Plain(dict[int, str]):
    """What is read for each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        known = unicodedata.normalize("NFKC", chr(code)).casefold().translate(_KNOWN)
        bare = "".join(map(_bare, unicodedata.normalize("NFD", known)))
        # A syllable of Hangul is one letter again.
        plain = " " if bare.isspace() and code > 127 else unicodedata.normalize("NFC", bare)
        if len(self) < 10_000:
            self[code] = plain
        return plain


def _bare(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me") or character in _FILLERS:
        return ""
    return str(unicodedata.digit(character)) if category == "Nd" else character


_PLAIN = _Plain({ord(_TWO_DOTS): _TWO_DOTS})


def fold(text: str) -> str:
    """Lower-case text in plain letters, its punctuation and spaces as they were."""
    if text.isascii():
        return text.lower()
    folded = text.translate(_PLAIN)
    if _TWO_DOTS in folded:  # an umlaut in two pieces
        for letter in "aou":
            folded = folded.replace(letter + _TWO_DOTS, letter + "e")
        folded = folded.replace(_TWO_DOTS, "")
    return folded


def read(folded: str) -> tuple[str, ...]:
    """The ways to read a folded text as words with one space between them."""
    plain = _APOSTROPHES.sub("", folded)
    ways = [_words(plain)]
    if _SIGN_BEFORE_LETTER.search(plain):
        ways += [_words(_unsigned(plain, signs)) for signs in (_LEET, _LEET_L)]
    for way in tuple(ways):
        if _DRAWN_OUT.search(way):
            once, twice = _DRAWN_OUT.sub(r"\1", way), _DRAWN_OUT.sub(r"\1\1", way)
            # "killll yooou": vowels are rarely doubled, consonants often.
            ways += [once, twice, _DRAWN_OUT.sub(_as_usual, way)]
    return tuple(dict.fromkeys(ways))


def _words(text: str) -> str:
    return _BETWEEN_WORDS.sub(" ", text).strip()


def _unsigned(plain: str, signs: dict[int, int]) -> str:
    """The text with the signs in its words as the letters they stand for."""

    def letters(word: re.Match[str]) -> str:
        return word[0].translate(signs) if _SIGN_BEFORE_LETTER.search(word[0]) else word[0]

    return _WORD.sub(letters, plain)


def _as_usual(drawn_out: re.Match[str]) -> str:
    return drawn_out[1] if drawn_out[1] in "aeiou" else drawn_out[1] * 2


def spelled(folded: str) -> tuple[str, tuple[str, ...]]:
    """The text with what was written letter by letter joined to words; and each such run of letters alone.

    In the text a word ends where a gap is not the run's usual one. Alone, a run has a dot behind each letter:
    a word may end there, or not.
    """
    plain = _APOSTROPHES.sub("", folded)
    parts, alone, after = [], [], 0
    for run in _runs(plain):
        gaps = [plain[one.end() : next_one.start()] for one, next_one in pairwise(run)]
        usual = Counter(gaps).most_common(1)[0][0]
        parts.append(plain[after : run[0].start()])
        parts += [
            one[0] + ("" if gap == usual else " ") for one, gap in zip(run, [*gaps, usual], strict=True)
        ]
        after = run[-1].end()
        letters = ".".join(one[0] for one in run)
        alone += [letters, letters.translate(_LEET)]
    return "".join(parts) + plain[after:] if alone else folded, tuple(dict.fromkeys(alone))


def _runs(plain: str) -> list[list[re.Match[str]]]:
    """Letters and digits that stand alone, those together that nothing but separators parts."""
    runs: list[list[re.Match[str]]] = []
    for letter in _ALONE.finditer(plain):
        if runs and _SEPARATORS.fullmatch(plain, runs[-1][-1].end(), letter.start()):
            runs[-1].append(letter)
        else:
            runs.append([letter])
    return [run for run in runs if len(run) >= _LEAST_SPELLED and any(one[0].isalpha() for one in run)]
