"""One spelling for many, letter by letter: what somebody would read, in plain lower-case letters.

    fold("Ｋ\u200bＩＬＬ  yöu")   -> "kill  yoeu"     letters; punctuation and spaces as they were
    fold("kiII 🅺🇮ⅼⅼ ᴋɪʟʟ кіll")  -> "ki|| kill kill kill"

German umlauts become two letters (ae), other accents go; letters of other scripts, and signs that hold a
letter, become the Latin letter they look like, by Unicode's own table of confusables (UTS #39) and by their
names; invisible characters go; digits of any script become 0 to 9. Each character is looked up by itself,
so the cost is in proportion to their number.
"""

from __future__ import annotations

import re
import unicodedata

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
# What the table of confusables leaves, or reads otherwise than those who write Latin with these letters.
_GREEK = dict(zip("αβγδεζηθικλμνξοπρςστυφχψω", "abydeznoiklmvxonpsstuoxyw", strict=True))
_COPTIC = dict(
    zip("ⲁⲃⲅⲇⲉⲍⲏⲑⲓⲕⲗⲙⲛⲟⲡⲣⲥⲧⲩⲫⲭⲱⳙ", "abrdezhoiklmnonpctyoxwu", strict=True)
)  # fmt: skip
_CYRILLIC = dict(
    zip("бвгийклмнптуцчьяюєѕ", "bbruuklmhntyu4bruec", strict=True)
) | {"ѕ": "s", "у": "y"}  # fmt: skip
_CHEROKEE = dict(
    zip("ᎪᏁᏆᏦᏝᎷᎾᏔᎽᏃᏍᎳᎡ", "anikmmowyzswr", strict=True)
) | {"Ꮭ": "l", "Ꮑ": "n", "Ꭴ": "o"}  # fmt: skip
_OTHERS = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "þ": "p", "ð": "d"}
_KNOWN = str.maketrans(_UMLAUTS | _GREEK | _COPTIC | _CYRILLIC | _CHEROKEE | _OTHERS)
# Letters without a shape, which a font shows as nothing.
_FILLERS = "\u115f\u1160\u3164\uffa0"
_UNSEEN = ("Cf", "Mn", "Me")
_NAMED = ("LATIN", "REGIONAL", "SQUARED", "NEGATIVE", "CIRCLED", "PARENTHESIZED")
_TWO_DOTS = "\u0308"
# Two dots on letters that German never gives any: who writes them so often, gives them to all vowels.
_NO_UMLAUTS = "ëïÿËÏŸ"
_LEAST_DOTTED = 3
_UNDOTTED = str.maketrans("äöüÄÖÜ", "aouAOU")
# A capital I behind a small letter: no word has one, so it is an l, or whatever else looks like a line.
_CAPITAL_I = re.compile("(?<=[a-z])I+")


class _Plain(dict[int, str]):
    """What is read for each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        if unicodedata.category(chr(code)) in _UNSEEN:
            return ""  # before its case is folded: the small iota below is a letter then
        known = unicodedata.normalize("NFKC", chr(code)).casefold().translate(_KNOWN)
        if code > 127 and len(known) > 1:
            known = known.strip("()〔〕")
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
    if category in _UNSEEN or character in _FILLERS:
        return ""
    digit = unicodedata.digit(character, None)
    return _look(character) if digit is None else str(digit)


def _look(character: str) -> str:
    """The Latin letters that a letter or a sign looks like; itself when there are none."""
    # Some names tell the letter: a regional indicator, a squared or a small capital, a letter with a stroke.
    words = unicodedata.name(character, "").partition(" WITH ")[0].split()
    named = words[-1].lower() if len(words) > 2 and words[0] in _NAMED and len(words[-1]) == 1 else ""
    if named and "TURNED" not in words:
        return named
    # Its table takes some milliseconds to load; many processes never meet such a letter.
    from disarm import normalize_confusables

    look = normalize_confusables(character).casefold()
    if look.isascii() and look.isalnum():
        return look
    return named or character


_PLAIN = _Plain({ord(_TWO_DOTS): _TWO_DOTS})


def fold(text: str) -> str:
    """Lower-case text in plain letters, its punctuation and spaces as they were."""
    if "I" in text:
        text = _CAPITAL_I.sub(lambda lines: "|" * len(lines[0]), text)
    if text.isascii():
        return text.lower()
    if sum(map(text.count, _NO_UMLAUTS)) >= _LEAST_DOTTED:
        text = text.translate(_UNDOTTED)
    folded = text.translate(_PLAIN)
    if _TWO_DOTS in folded:  # an umlaut in two pieces
        for letter in "aou":
            folded = folded.replace(letter + _TWO_DOTS, letter + "e")
        folded = folded.replace(_TWO_DOTS, "")
    return folded
