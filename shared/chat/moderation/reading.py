"""How a folded text is read: as words in clauses, and with disguised words as what they are.

    read(fold("I'll k1ll  YOU!! Ok"))  -> ("ill k1ll you; ok", "ill kill you; ok")   what rules search
    read(fold("so k i l l y o u"))     -> ("so k i l l y o u", "so kill you")

Between two words stands a space, and before it a `,` where a clause ends, or a `;` where a sentence does.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from shared.chat.moderation.respelling import Respelling

_ALONE_TOO = re.compile(" ['’‘`´] ")
_APOSTROPHES = re.compile("['’‘`´]")
# One in a word that is written letter by letter: y o u'r e.
_APOSTROPHE_APART = re.compile(
    r"(?<![^\W_])(\w)['’‘`´](?=\w([\s._*\-/|]{1,3})\w[\s._*\-/|]{1,3}\w(?![^\W_]))"
)
_LETTER_IN_BRACKETS = re.compile(r"[(\[{]([a-z0-9]|[aou]e|ss)[)\]}]")
# What ends a sentence, what ends a clause, and every other sign of ASCII.
_SIGNS = (
    dict.fromkeys(map(ord, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\t\r"), " ")
    | dict.fromkeys(map(ord, ".!?;:\n"), ";")
    | dict.fromkeys(map(ord, ',()[]"–—„“”«»'), ",")
)
_NO_LETTERS = re.compile(r"[^\w ;,]+")
_ENDS = re.compile(r"[;,][;, ]*")
_IN_A_WORD = re.compile(r"[;,](?=\w)")
# A letter between words, umlauts as they are folded.
_ALONE = re.compile(r"(?<![^\W_])(?:[a-z0-9@$]|[aou]e|ss)(?![^\W_])")
_SEPARATORS = re.compile(r"[\s._*\-/|,]{1,3}")
_MEANINGS = 3
_LEAST_SPELLED = 4
_LEAST_IN_ONE = 3  # where no space parts them
# Pictures that are written for a word, and what is one only before whom it is meant for.
_PICTURES = {
    "🔪": " knife ", "🗡": " knife ", "🔫": " shoot ", "💣": " bomb ", "🪓": " axe ", "🪢": " rope ",
}  # fmt: skip
_PICTURED = re.compile("[" + "".join(_PICTURES) + "]")
_DEAD = re.compile("[💀☠⚰🪦](?=yourself|urself|dich| yourself| urself| dich)")


def read(folded: str, respelling: Respelling) -> tuple[str, ...]:
    """The ways to read a folded text: as it stands, and with its disguised words as what they are."""
    plain = _LETTER_IN_BRACKETS.sub(r"\1", folded) if "(" in folded or "[" in folded else folded
    if _APOSTROPHES.search(plain):
        plain = _APOSTROPHES.sub("", _ALONE_TOO.sub(" ", _APOSTROPHE_APART.sub(r"\1\2", plain)))
    if not plain.isascii():
        plain = _PICTURED.sub(lambda sign: _PICTURES[sign[0]], _DEAD.sub(" kill ", plain))
    way = _words(plain)
    joined = _joined(plain, respelling)
    # A sign may stand for several letters: dr*g is drag, and drug.
    places = range(_MEANINGS if respelling.has_signs(joined) else 1)
    meant = dict.fromkeys(respelling.signs(joined, place) for place in places)
    ways = dict.fromkeys((way, *(respelling.words(way if one == plain else _words(one)) for one in meant)))
    return tuple(way.replace(" ;", ";").replace(" ,", ",") for way in ways)


def _words(plain: str) -> str:
    text = plain.translate(_SIGNS)
    if not text.isascii():
        text = _NO_LETTERS.sub(" ", text)
    if ";" in text or "," in text:
        # A sign in the middle of a word ends no clause.
        text = _ENDS.sub(_end, _IN_A_WORD.sub(" ", text)).strip(" ,;")
    return " ".join(text.split())


def _end(signs: re.Match[str]) -> str:
    return " ; " if ";" in signs[0] else " , "


def _joined(plain: str, respelling: Respelling) -> str:
    """The text with what was written letter by letter joined to words.

    A word ends where a gap is not the usual one; where all gaps are alike, the words are looked for.
    """
    parts, after = [], 0
    for run in _runs(plain):
        gaps = [plain[one.end() : next_one.start()] for one, next_one in pairwise(run)]
        usual = Counter(gaps).most_common(1)[0][0]
        parts.append(plain[after : run[0].start()])
        word = ""
        for one, gap in zip(run, [*gaps, " "], strict=True):
            word += one[0]
            if gap != usual or one is run[-1]:
                parts += [respelling.parted(word), gap if one is not run[-1] else ""]
                word = ""
        after = run[-1].end()
    return "".join(parts) + plain[after:]


def _runs(plain: str) -> list[list[re.Match[str]]]:
    """Letters and digits that stand alone, those together that nothing but separators parts."""
    runs: list[list[re.Match[str]]] = []
    for letter in _ALONE.finditer(plain):
        if runs and _SEPARATORS.fullmatch(plain, runs[-1][-1].end(), letter.start()):
            runs[-1].append(letter)
        else:
            runs.append([letter])
    return [run for run in runs if len(run) >= _least(plain, run) and any(one[0].isalpha() for one in run)]


def _least(plain: str, run: list[re.Match[str]]) -> int:
    return _LEAST_SPELLED if " " in plain[run[0].start() : run[-1].end()] else _LEAST_IN_ONE
