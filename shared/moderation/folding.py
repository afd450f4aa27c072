"""One spelling for many, so that a rule is written once and tricks of spelling do not get around it.

    fold("Ｋ\u200bＩＬＬ  yöu")        -> "kill  yoeu"       letters, punctuation kept: what contact.py reads
    read(fold("I'll k1ll  YOU!!"))   -> (" ill k1ll you ", " ill kill you ", …)   what rules search
    spelled(fold("k i l l  y o u"))  -> ["killyou"]

German umlauts become two letters (ae), other accents go; Cyrillic and Greek letters that look Latin become
so; invisible characters go; digits of any script become 0 to 9.
"""

from __future__ import annotations

import re
import unicodedata

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
_CYRILLIC = dict(zip("асеорхуіјѕһԁкмтвн", "aceopxyijshdkmtbh", strict=True))
_GREEK = dict(zip("αονιρτυχκ", "aoviptuxk", strict=True))
_OTHERS = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"}
_KNOWN = str.maketrans(_UMLAUTS | _CYRILLIC | _GREEK | _OTHERS)
# Letters without a shape, which a font shows as nothing.
_FILLERS = "\u115f\u1160\u3164\uffa0"

_APOSTROPHES = re.compile("['’‘`´]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
# A word with a digit or sign before a letter: b1tch, @ss, k!ll; not 4, 2026 or ok!
_MIXED = re.compile(r"(?<![a-z0-9@$!|])[a-z0-9@$!|]*[0-9@$!|][a-z][a-z0-9@$!|]*")
_LEET = str.maketrans("0134578@$!|", "oieastbasii")
_LEET_L = str.maketrans("0134578@$!|", "oleastbasll")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_SPELLED = re.compile(r"(?<![^\W_])(?:[a-z0-9@$][\s._*\-/|,]{1,3}){3,}[a-z0-9@$](?![^\W_])")
_SEPARATORS = re.compile(r"[\s._*\-/|,]+")


def fold(text: str) -> str:
    """Lower-case text in plain letters, its punctuation and spaces as they were."""
    if text.isascii():
        return text.lower()
    # Decomposed last: a u with its dots in one piece or two is the same to NFKC, and no accent to the
    # table.
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_KNOWN)
    kept = []
    for character in unicodedata.normalize("NFD", folded):
        if character.isascii():
            kept.append(character)
            continue
        category = unicodedata.category(character)
        if category in ("Cf", "Mn", "Me") or character in _FILLERS:
            continue
        kept.append(str(unicodedata.digit(character)) if category == "Nd" else character)
    return "".join(kept)


def read(folded: str) -> tuple[str, ...]:
    """The ways to read a folded text as words, each with one space before, between and behind them."""
    plain = _APOSTROPHES.sub("", folded)
    ways = [_words(plain)]
    if _MIXED.search(plain):
        ways += [
            _words(_MIXED.sub(lambda word: word[0].translate(_LEET), plain)),
            _words(_MIXED.sub(lambda word: word[0].translate(_LEET_L), plain)),
        ]
    for way in tuple(ways):
        if _DRAWN_OUT.search(way):
            once, twice = _DRAWN_OUT.sub(r"\1", way), _DRAWN_OUT.sub(r"\1\1", way)
            # "killll yooou": vowels are rarely doubled, consonants often.
            ways += [once, twice, _DRAWN_OUT.sub(_as_usual, way)]
    return tuple(dict.fromkeys(ways))


def _words(text: str) -> str:
    return f" {_BETWEEN_WORDS.sub(' ', text).strip()} "


def _as_usual(drawn_out: re.Match[str]) -> str:
    return drawn_out[1] if drawn_out[1] in "aeiou" else drawn_out[1] * 2


def spelled(folded: str) -> list[str]:
    """What was written letter by letter, each run without what stood between."""
    runs = [_SEPARATORS.sub("", run) for run in _SPELLED.findall(folded)]
    return [run.translate(_LEET) for run in runs if any(c.isalpha() for c in run)]
