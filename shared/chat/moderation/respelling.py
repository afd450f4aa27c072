"""Disguised words as what they are: signs for letters, letters doubled, drawn out or starred, i for l.

    signs("k1ll y*u")        -> "kill you"
    words("kkiillll yooou")  -> "kill you"
    words("klil ki ll kllyou") -> "kill kill kill you"     misspelled, in two, run together
    parted("killyou")        -> "kill you"

A word is looked up among the words of the rules, by what a disguise leaves of it. A word of the rules itself
is never changed, nor is one that nothing disguises: a name with two letters that are one in a rule is a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice

# Signs and digits read as letters, and i for whatever is a line.
_LETTERS = str.maketrans("0123456789@$!|+€£l", "oizeasgtbgasiiteii")
_LEET = str.maketrans("01345789@$!|+€", "oieastbgasiite")
_SIGNED = re.compile(r"[^\sa-z(\"'.,-][a-z]|[a-z][0-9*#$@|€£]|[a-z]![a-z0-9]|[a-z][._%-][a-z]")
_TOKEN = re.compile(r"\S+")
_PART = re.compile(r"[a-z0-9@$!|+€£]+")
_SIGN_BEFORE_LETTER = re.compile(r"[0-9@$!|+€][a-z]")
_AROUND = '.,;:?!"()…_-'
_AT_END = ".,;:?"
_LEAST_IN_DIGITS = 3
_LEAST_ALL_TWICE = 8
_BETWEEN = re.compile(r"(?<=[a-z])[.*_~'-](?=[a-z])")
_MASKS = str.maketrans("#.%_-·•°", "********")
_VOWELS = str.maketrans("aeiouy", "******")
_TWICE = re.compile(r"([a-z])(?=\1)")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_NUMBER = re.compile(r"[0-9]+")
_RUN = re.compile(r"([a-z])\1*")
_UMLAUT = re.compile(r"([aou])e")
# What a word has in it when several were run together: who it is said to, or what is said most.
_IN_ONE = ("you", "dich", "urself", "sterben", "stirb")
# What sounds alike: as a letter of the word is written, and as some write it.
_SOUNDS = (
    *(("u", "v"), ("c", "k"), ("k", "c"), ("ck", "k"), ("f", "ph"), ("ph", "f"), ("s", "z"), ("z", "s")),
    *(("i", "y"), ("ew", "oo"), ("ea", "ee"), ("ea", "e"), ("[aou]e", ""), ("oe", "oeh"), ("ae", "e")),
    *(("ie", "i"), ("t", "dt"), ("t", "th"), ("tz", "z"), ("ks", "x"), ("ch", "sch")),
    *((letter * 2, letter) for letter in "bdfglmnprst"),
)
_UMLAUTS = re.compile(r"([aou]e)\1+")
_NEVER_DOUBLED = frozenset("hijquvwxy")
_LEAST_STRETCHED = 2
# What a letter that belongs to no word costs; a word that is not common, where a common one costs 1 or 2; and
# what one costs besides that only looks like what was written.
_UNKNOWN_LETTER = 9
_UNCOMMON = 4
_ALIKE = 2
_LEAST_BARE = 2
_LEAST_MISSPELLED = 4
_LEAST_APART = 7
_MOST_APART = 40
_LINES = ("l", "ii", "ll")


class Respelling:
    """Knows the words of all rules, the commoner first where several look alike."""

    def __init__(self, common: Iterable[str], words: Iterable[str], hidden: Iterable[str] = ()) -> None:
        """`hidden`: the words that people misspell, part or run together on purpose."""
        self._common = frozenset(common := tuple(common))
        self._hidden = frozenset(hidden := tuple(hidden))
        self._known: dict[str, None] = dict.fromkeys((*common, *words))
        self._alike: dict[str, str] = {}  # by how its letters look
        self._lengths: dict[str, set[int]] = {}  # of the words that begin so
        self._once: dict[str, list[str]] = {}  # the same, each run of one letter as one
        self._bare: dict[str, str] = {}  # without the e of an umlaut
        looks_of_all = " ".join(self._known).translate(_LETTERS)
        all_once = _TWICE.sub("", looks_of_all)
        for word, looks, once in zip(self._known, looks_of_all.split(), all_once.split(), strict=True):
            self._alike.setdefault(looks, word)
            self._lengths.setdefault(looks[:2], set()).add(len(looks))
            if len(word) >= _LEAST_STRETCHED:
                self._once.setdefault(once, []).append(word)
            if len(bare := _without_umlauts(word)) > _LEAST_BARE:
                self._bare.setdefault(bare, word)
        # A misspelled word that is a word of its own is that one.
        self._slips = {
            slip: word for word in reversed(hidden) for slip in _slips(word) if slip not in self._known
        }
        self._halves = {word[:end] for word in hidden for end in range(1, len(word))}

    @cached_property
    def _masked(self) -> dict[str, list[tuple[str, str]]]:
        """By a word with its vowels starred, or with all between its ends. Few texts need it."""
        found: dict[str, list[tuple[str, str]]] = {}
        for word in self._known:
            for spelled in dict.fromkeys((word, _without_umlauts(word))):
                for key in dict.fromkeys((spelled.translate(_VOWELS), _ends(spelled))):
                    found.setdefault(key, []).append((spelled, word))
        return found

    def has_signs(self, plain: str) -> bool:
        """Whether a folded text has signs in its words that may stand for letters."""
        return _SIGNED.search(plain) is not None

    def signs(self, plain: str, place: int = 0) -> str:
        """A folded text with the signs in its words as the letters they stand for.

        `place` 1 and 2: as the next likely ones, and numbers that spell a word as that word (17 is it).
        """
        if not self.has_signs(plain):
            return plain
        return _TOKEN.sub(lambda token: self._token(token[0], place), plain)

    def words(self, way: str) -> str:
        """A text of words with those that are disguised by letters as what they are."""
        if _UMLAUTS.search(way):
            way = _UMLAUTS.sub(r"\1", way)
        keys = _TWICE.sub("", way.translate(_LETTERS)).split(" ")
        words, drawn_out, changed = way.split(" "), _DRAWN_OUT.search(way), False
        for place, word in enumerate(words):
            if word not in self._known and (seen := self._seen(word, keys[place])):
                words[place], changed = seen, True
        halves = [place for place, word in enumerate(words[:-1]) if word in self._halves]
        for place in halves:
            if whole := self._whole_of(words[place], words[place + 1]):
                words[place : place + 2], changed = ["", whole], True
        if changed:
            words = list(filter(None, words))
        seen_all = " ".join(words) if changed else way
        return _DRAWN_OUT.sub(_as_usual, seen_all) if drawn_out else seen_all

    def _whole_of(self, first: str, second: str) -> str | None:
        """The hidden word that two are the halves of, when they are no words both."""
        if first in self._known and second in self._known:
            return None
        return whole if (whole := first + second) in self._hidden else None

    def _apart(self, word: str) -> str | None:
        """The words that one was run together from, when nothing is left over."""
        if len(word) > _MOST_APART:
            return None
        parts = self.parted(word).split()
        most = len(word) // _LEAST_STRETCHED
        return " ".join(parts) if len(parts) <= most and self._known.keys() >= set(parts) else None

    def parted(self, letters: str) -> str:
        """Letters written one by one, without their gaps, as words: the likeliest ones."""
        looks, far = letters.translate(_LETTERS), float("inf")
        # For each place: the least cost up to it, where its last part begins, and that part.
        best: list[tuple[float, int, str]] = [(0, 0, ""), *((far, 0, "") for _ in letters)]
        for start in range(len(looks)):
            cost = best[start][0]
            for part, price in self._parts(letters, looks, start):
                end = start + len(part)
                if cost + price < best[end][0]:
                    best[end] = (cost + price, start, self._meant(part, looks[start:end]))
        parts, end = [], len(looks)
        while end:
            parts.append(best[end][2])
            end = best[end][1]
        return " ".join(reversed(parts))

    def _parts(self, letters: str, looks: str, start: int) -> Iterator[tuple[str, int]]:
        """What can begin at a place, with its price: one letter, a number, or a word of the rules."""
        number = _NUMBER.match(letters, start)
        if number:
            yield number[0], 1
        yield letters[start], _UNCOMMON if letters[start] in self._known else _UNKNOWN_LETTER
        for length in self._lengths.get(looks[start : start + 2], ()):
            word = self._alike.get(looks[start : start + length])
            if word and len(letters) >= start + length:
                part = letters[start : start + length]
                exact = part in self._known
                yield part, self._price(part if exact else word) + (0 if exact else _ALIKE)

    def _meant(self, part: str, looks: str) -> str:
        return part if part in self._known or part.isdigit() else self._alike.get(looks, part)

    def _price(self, word: str) -> int:
        if (word not in self._common and word not in self._hidden) or len(word) == 1:
            return _UNCOMMON
        return 1 if len(word) > 2 else 2

    def _seen(self, word: str, key: str) -> str | None:
        """The word of the rules that a word is, by the key of its letters."""
        if word in _LINES:
            return "i"
        if key in self._once and word.isalpha():
            for candidate in self._once[key]:
                if _stretches(word, candidate):
                    return candidate
        if word in self._slips:
            return self._slips[word]
        # An umlaut for a vowel, and a vowel for an umlaut.
        if "ae" in word or "oe" in word or "ue" in word:
            word = _UMLAUT.sub(r"\1", _UMLAUTS.sub(r"\1", word))
        if word in self._bare:
            return self._bare[word]
        if word != key and (found := self._slips.get(_DRAWN_OUT.sub(r"\1\1", word))):
            return found
        if len(word) >= _LEAST_APART and any(part in word for part in _IN_ONE):
            return self._apart(word)
        return word[::2] if len(word) >= _LEAST_ALL_TWICE and word[::2] == word[1::2] else None

    def _token(self, token: str, place: int) -> str:
        if place and not token.isalpha():
            spelled = token.rstrip(_AT_END).translate(_LEET)
            if spelled in (self._common if len(spelled) < _LEAST_IN_DIGITS else self._known):
                return spelled
        core = token.strip(_AROUND)
        if not core or core.isalpha() or core.isdigit() or core in self._known:
            return token
        return token.replace(core, self._without_signs(core, place), 1)

    def _without_signs(self, core: str, place: int) -> str:
        if found := self._whole(core):
            return found
        bare = _BETWEEN.sub("", core)
        if len(bare) >= _LEAST_MISSPELLED and bare in self._known:
            return bare
        for masked in dict.fromkeys((core.translate(_MASKS), core.translate(_LEET).translate(_MASKS))):
            if likely := tuple(islice(self._unmasked(masked), place + 1)):
                return likely[-1]
        return _PART.sub(lambda part: self._whole(part[0]) or _unsigned(part[0]), core)

    def _whole(self, word: str) -> str | None:
        if word.isalpha() or not any(map(str.isalpha, word)):
            return None
        looks = word.translate(_LETTERS)
        if (letters := word.translate(_LEET)) in self._known:
            return letters
        if found := self._alike.get(looks) or next(iter(self._once.get(_TWICE.sub("", looks), ())), None):
            return found
        return self._slips.get(letters)

    def _unmasked(self, masked: str) -> Iterator[str]:
        if "*" not in masked or not any(map(str.isalpha, masked)):
            return
        for key in (masked.translate(_VOWELS), _ends(masked)):
            for spelled, word in self._masked.get(key, ()):
                if all(shown in ("*", meant) for shown, meant in zip(masked, spelled, strict=True)):
                    yield word


def _slips(word: str) -> Iterator[str]:
    """How a word is misspelled: letters change places, one is doubled, a vowel is left out, by its sound."""
    long = len(word) >= _LEAST_MISSPELLED
    for at in range(1, len(word)):
        if at > 1:
            yield word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
        yield word[:at] + word[at - 1] + word[at:]
        if long and word[at] in "aeiou":
            yield word[:at] + word[at + 1 :]
    yield word + word[-1]
    for sound, written in _SOUNDS:
        for found in re.finditer(sound, word):
            yield word[: found.start()] + written + word[found.end() :]


def _without_umlauts(word: str) -> str:
    return _UMLAUT.sub(r"\1", word) if "e" in word else word


def _ends(word: str) -> str:
    """The first and the last letter, and how many are between."""
    return f"{word[0]}{len(word)}{word[-1]}"


def _stretches(word: str, meant: str) -> bool:
    """Whether a word is another one with letters that nobody doubles by mistake, or with i for l."""
    if len(word) == len(meant):
        return word.translate(_LETTERS) == meant.translate(_LETTERS)
    if len(word) < len(meant):
        return False
    runs = [(run[0][0], len(run[0])) for run in _RUN.finditer(word)]
    needed = [len(run[0]) for run in _RUN.finditer(meant)]
    if [letter for letter, _ in runs] != list(_TWICE.sub("", meant)):
        return False
    if any(length < least for (_, length), least in zip(runs, needed, strict=True)):
        return False
    more = len(word) - len(meant)
    return (
        more > 1
        or any(length > 2 for _, length in runs)
        or runs[0][1] > needed[0]
        or any(n > least and run in _NEVER_DOUBLED for (run, n), least in zip(runs, needed, strict=True))
    )


def _unsigned(word: str) -> str:
    return word.translate(_LEET) if _SIGN_BEFORE_LETTER.search(word) else word


def _as_usual(drawn_out: re.Match[str]) -> str:
    # Vowels are rarely doubled, consonants often.
    return drawn_out[1] if drawn_out[1] in "aeiou" else drawn_out[1] * 2
