"""Ways to write a sentence so that people read it and word lists do not: pure functions of the sentence.

Each returns the same text for the same sentence; a sentence that has nothing to change stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\u00ad"
_MARKS = "\u0335\u0336\u0316\u0323\u034e\u0345\u0300\u0301"
_NO_CAPITAL_FORM = {"h": "ℎ"}  # Unicode has italic h elsewhere, and a hole in its place


def _run(first: str, capital: str | None = None) -> dict[int, str]:
    """Letters a to z to the 26 signs from `first`, capitals to those from `capital` or to the same."""
    small = {letter: chr(ord(first) + at) for at, letter in enumerate(_LETTERS)}
    large = {a.upper(): chr(ord(capital or first) + at) for at, a in enumerate(_LETTERS)}
    return str.maketrans(small | large)


def _pairs(plain: str, disguised: str) -> dict[int, str]:
    return str.maketrans(dict(zip(plain, disguised, strict=True)))


_SMALL_CAPITALS = _pairs(_LETTERS, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡxʏᴢ")
_CHEROKEE = _pairs("ABCDEGHIJKLMPRSTVWYZ", "ᎪᏴᏟᎠᎬᏀᎻᏆᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᎩᏃ")
_COPTIC = _pairs("abcehikmnoptuxyz", "ⲁⲃⲥⲉⲏⲓⲕⲙⲛⲟⲣⲧⳙⲭⲩⲍ")
_CYRILLIC = _pairs("aceiopxyjshdkmtAEOCTKMH", "асеіорхујѕһԁкмтАЕОСТКМН")
_GREEK = _pairs("aeikoptuvnwABEIKMNOTZ", "αεικορτυνηωΑΒΕΙΚΜΝΟΤΖ")
_UMLAUTS = _pairs("aeiouy", "äëïöüÿ")
_LEET = _pairs("aeiost", "4310$7")
_ROUND_LEET = _pairs("aegiosl", "@39!05|")


def _in_long_words(text: str, change: Callable[[str], str]) -> str:
    """`change` applied to every word of four letters or more: people hide those and leave the rest."""
    return re.sub(r"[^\W\d_]{4,}", lambda word: change(word[0]), text)


def _first_vowel(sign: str) -> Callable[[str], str]:
    """A word with its first vowel after the first letter replaced: kill, k*ll."""
    return lambda word: word[0] + re.sub(r"[aeiouäöüAEIOUÄÖÜ]", sign, word[1:], count=1)


def _between(text: str, sign: str) -> str:
    """The sign between the letters of each word."""
    return re.sub(r"(?<=[^\W_])(?=[^\W_])", sign, text)


def _mark(text: str, each: int) -> str:
    """`each` marks above, below and through every letter."""
    return "".join(
        c + "".join(_MARKS[(at + k) % len(_MARKS)] for k in range(each)) if c.isalpha() else c
        for at, c in enumerate(text)
    )


def _hide(text: str) -> str:
    """Signs nobody sees between letters, a different one each time."""
    hidden = ""
    for at, c in enumerate(text):
        hidden += c + (_ZERO_WIDTH[at % len(_ZERO_WIDTH)] if c.isalpha() else "")
    return hidden


def _italic(text: str) -> str:
    return "".join(_NO_CAPITAL_FORM.get(c, c.translate(_run("𝑎", "𝐴"))) for c in text)


DISGUISES: dict[str, Callable[[str], str]] = {
    "small capitals": lambda t: t.lower().translate(_SMALL_CAPITALS),
    "squared": lambda t: t.translate(_run("🄰")),
    "squared dark": lambda t: t.translate(_run("🅰")),
    # Two regional indicators beside each other are drawn as a flag: people put an unseen sign between.
    "regional indicators": lambda t: _between(t, "\u200b").translate(_run("🇦")),
    "circled": lambda t: t.translate(_run("ⓐ", "Ⓐ")),
    "circled dark": lambda t: t.translate(_run("🅐")),
    "bracketed": lambda t: t.translate(_run("⒜")),
    "Cherokee": lambda t: t.upper().translate(_CHEROKEE),
    "Coptic": lambda t: t.lower().translate(_COPTIC),
    "Cyrillic": lambda t: t.translate(_CYRILLIC),
    "Greek": lambda t: t.translate(_GREEK),
    "full width": lambda t: t.translate(_run("ａ", "Ａ")),
    "bold": lambda t: t.translate(_run("𝐚", "𝐀")),
    "italic": _italic,
    "bold script": lambda t: t.translate(_run("𝓪", "𝓐")),
    "bold Fraktur": lambda t: t.translate(_run("𝖆", "𝕬")),
    "double struck": lambda t: t.lower().translate(_run("𝕒")),
    "sans serif": lambda t: t.translate(_run("𝗮", "𝗔")),
    "typewriter": lambda t: t.translate(_run("𝚊", "𝙰")),
    "drawn out": lambda t: _in_long_words(t, lambda w: re.sub(r"([aeiouäöü])", r"\1\1\1\1", w, count=1)),
    "doubled letters": lambda t: _in_long_words(t, lambda w: re.sub(r"(\w)", r"\1\1", w)),
    "star for a vowel": lambda t: _in_long_words(t, _first_vowel("*")),
    "dot for a vowel": lambda t: _in_long_words(t, _first_vowel(".")),
    "hash for a vowel": lambda t: _in_long_words(t, _first_vowel("#")),
    "umlauts": lambda t: t.translate(_UMLAUTS),
    "capital i for l": lambda t: t.replace("l", "I"),
    "l for i": lambda t: re.sub(r"(?<=\w)i(?=\w)", "l", t),
    "leet": lambda t: t.lower().translate(_LEET),
    "leet in signs": lambda t: t.lower().translate(_ROUND_LEET),
    "zero width": _hide,
    "spaced": lambda t: _between(t.replace(" ", "   "), " "),
    "spaced evenly": lambda t: _between(t, " "),
    "dots between": lambda t: _between(t, "."),
    "hyphens between": lambda t: _in_long_words(t, lambda w: _between(w, "-")),
    "low lines between": lambda t: _in_long_words(t, lambda w: "_".join(w)),
    "stars between": lambda t: _in_long_words(t, lambda w: "*".join(w)),
    "marks": lambda t: _mark(t, 1),
    "Zalgo": lambda t: _mark(t, 4),
}
"""Name to function: what stands in the column `trick` of a sentence made by it."""
