"""What sentences look like that must not be delivered: a linear classifier, for what no rule foresees.

It reads what the rules read. A piece of a text, at most MOST_WORDS words, becomes a set of places in a table:
its words, their beginnings, middles and ends, words beside each other, and the classes of words.toml, by two
and three in their order. The weights in these places are added, and the sum says how sure we are.

`scripts/teach` makes weights.bin from sentences whose judgement is known. It has no part in contact exchange,
money, scam, sexual talk and self-harm, which are flagged by rules alone. Where one rule alone would refuse a
message that looks innocent here, the message is flagged instead.
"""

from __future__ import annotations

import json
import math
import re
import struct
import tomllib
import zlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import pairwise

KINDS = ("threat", "hate", "harassment", "sexual_pressure", "minor")
VERSION = 2
SIZE = 1 << 20
SIZE_OF_KIND = 1 << 14
"""How many places the table has, and the table of each kind, where the places are taken modulo its size."""
FLAGGED, REFUSED, MOST = 50.0, 90.0, 97.0
"""The score where a message begins to score, where we are sure, and the highest."""
DOUBTED = 80.0
"""The score of a message that one rule alone would refuse, and that looks innocent here."""

MOST_WORDS = 28
_LEAST_WORDS = 14
MOST_LETTERS = 24
"""Of a word, the letters that are looked at one by one."""
_GRAMS = (3, 4, 5)
_BEHIND = 3  # words that a word is seen together with
_CLASSED_BEHIND = 4  # likewise, where only words of a class count
_NEAR = 2
_LEAST_PLACES = 30  # what a short piece is divided by, as if it had so many
_LEAST_STEM = 3
_WORD = re.compile(r"[^ ,;]+")


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned: the table, that of each kind, and the bounds of a sum: innocent, flagged, sure."""

    table: Sequence[int]
    kinds: Sequence[Sequence[int]]
    scale: float
    bias: float
    doubted: float
    flagged: float
    refused: float

    def total(self, found: Collection[int]) -> float:
        """How sure we are that a piece with these places must not be delivered."""
        return self.bias + self.scale * sum(map(self.table.__getitem__, found)) * norm(len(found))

    def kind(self, found: Iterable[int]) -> str:
        """The likeliest kind."""
        places_of_kind = {place % SIZE_OF_KIND for place in found}
        sums = [sum(map(table.__getitem__, places_of_kind)) for table in self.kinds]
        return KINDS[sums.index(max(sums))]


def norm(count: int) -> float:
    """What a sum over so many places is multiplied by."""
    return 1 / math.sqrt(max(count, _LEAST_PLACES))


def packed(head: dict[str, object], table: bytes, kinds: Sequence[bytes]) -> bytes:
    """Weights as a file holds them: the length of the head, the head as JSON, and the tables compressed."""
    head_bytes = json.dumps(head, sort_keys=True).encode()
    return struct.pack(">I", len(head_bytes)) + head_bytes + zlib.compress(table + b"".join(kinds), 9)


def with_head(content: bytes, **changed: object) -> bytes:
    """Packed weights with some values of their head changed."""
    (length,) = struct.unpack_from(">I", content)
    head = json.dumps(json.loads(content[4 : 4 + length]) | changed, sort_keys=True).encode()
    return struct.pack(">I", len(head)) + head + content[4 + length :]


def digest_of_words() -> str:
    """Of words.toml: weights that were learned with other classes are worth nothing."""
    return sha256(files(__package__).joinpath("words.toml").read_bytes()).hexdigest()


def unpacked(content: bytes) -> Weights:
    """Weights from a file's content. Raises ValueError for another version, or other classes of words."""
    (length,) = struct.unpack_from(">I", content)
    told = json.loads(content[4 : 4 + length])
    if told["version"] != VERSION:
        raise ValueError(f"weights of version {told['version']}, not {VERSION}")
    if told["words"] != digest_of_words():
        raise ValueError("weights of another words.toml: scripts/teach makes new ones")
    tables = array("b", zlib.decompress(content[4 + length :]))
    starts = range(SIZE, len(tables), SIZE_OF_KIND)
    return Weights(
        tables[:SIZE],
        [tables[start : start + SIZE_OF_KIND] for start in starts],
        told["scale"],
        told["bias"],
        told["doubted"],
        told["flagged"],
        told["refused"],
    )


@cache
def weights() -> Weights:
    """The weights that `scripts/teach` wrote."""
    return unpacked(files(__package__).joinpath("weights.bin").read_bytes())


@cache
def _classes() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]], frozenset[str]]:
    """The classes of each whole word, and of each stem, and which classes are grave."""
    data = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
    found: tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]] = ({}, {})
    for name, words in (data["grave"] | data["other"]).items():
        for word in words.split():
            stem = word.removesuffix("*")
            kept = found[stem != word]
            kept[stem] = kept.get(stem, frozenset()) | {name}
    return *found, frozenset(data["grave"])


@lru_cache(maxsize=2048)
def _of(word: str) -> tuple[str, ...]:
    """The classes that words.toml gives a word."""
    whole, stems, _ = _classes()
    found = set(whole.get(word, ()))
    for end in range(_LEAST_STEM, min(len(word), MOST_LETTERS) + 1):
        found |= stems.get(word[:end], frozenset())
    return tuple(sorted(found))


def is_grave(words: Iterable[str]) -> bool:
    """Whether a piece holds a word of a grave class. One that does not is not looked at any further."""
    grave = _classes()[2]
    return any(not grave.isdisjoint(_of(word)) for word in words)


def _number(name: str) -> int:
    return zlib.crc32(name.encode("utf-8", "replace"))


@lru_cache(maxsize=2048)
def _word(word: str) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """A word's number, the places it has by itself, and the numbers of its classes."""
    framed = f"^{word[:MOST_LETTERS]}$"
    grams = [framed[at : at + n] for n in _GRAMS for at in range(len(framed) - n + 1)]
    named = _of(word)
    numbers = [
        _number(one) for one in ("w" + word, *("c" + gram for gram in grams), *("C" + c for c in named))
    ]
    return numbers[0], tuple(number % SIZE for number in numbers), tuple(numbers[len(numbers) - len(named) :])


def places(words: Sequence[str]) -> set[int]:
    """The places of a piece of text in the table."""
    found: set[int] = set()
    numbers: list[int] = []
    classed: list[tuple[int, tuple[int, ...]]] = []
    for at, word in enumerate(words):
        number, own, of_classes = _word(word)
        found.update(own)
        numbers.append(number)
        if of_classes:
            found.update(_of_classes(at, of_classes, classed))
            classed = [(at, of_classes), *classed[: _CLASSED_BEHIND - 1]]
    # The word right behind another counts apart from those further on.
    found.update([(one * 3 + other * 5 + 1) % SIZE for one, other in pairwise(numbers)])
    for behind in range(2, _BEHIND + 1):
        later = zip(numbers, numbers[behind:], strict=False)
        found.update([(one * 3 + other * 5) % SIZE for one, other in later])
    return found


def _of_classes(at: int, own: tuple[int, ...], classed: list[tuple[int, tuple[int, ...]]]) -> list[int]:
    """The places of a word's classes together with those before it, and with the two before it."""
    found: list[int] = []
    for place, others in classed:
        pairs = [other * 7 + one * 11 for other in others for one in own]
        found += [pair % SIZE for pair in pairs]
        if at - place <= _NEAR:
            found += [(pair + 13) % SIZE for pair in pairs]
    if len(classed) > 1:
        found += [
            (first * 17 + second * 19 + one * 23) % SIZE
            for first in classed[1][1]
            for second in classed[0][1]
            for one in own
        ]
    return found


def pieces(way: str, least: int = _LEAST_WORDS) -> Iterator[list[str]]:
    """The words of a text in pieces: at most MOST_WORDS, at least `least` where a sentence follows."""
    piece: list[str] = []
    for sentence in way.split(";"):
        for word in _WORD.findall(sentence):
            piece.append(word)
            if len(piece) == MOST_WORDS:
                yield piece
                piece = []
        if len(piece) >= least:
            yield piece
            piece = []
    if piece:
        yield piece


def clauses(ways: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Every clause with a grave word, each once."""
    return filter(
        is_grave, {tuple(clause): None for way in ways for clause in pieces(way.replace(",", ";"), 1)}
    )


def doubts(ways: Iterable[str]) -> bool:
    """Whether every clause with a grave word looks innocent. A clause excuses none beside it."""
    learned = weights()
    return max((learned.total(places(one)) for one in clauses(ways)), default=math.inf) < learned.doubted


def found(ways: Iterable[str]) -> Iterator[tuple[str, float]]:
    """`(kind, score)` of every piece that looks like what must not be delivered, each piece once: the ways to
    read a text have most of their pieces in common."""
    learned = weights()
    for piece in filter(is_grave, {tuple(piece): None for way in ways for piece in pieces(way)}):
        seen = places(piece)
        total = learned.total(seen)
        if total >= learned.flagged:
            share = (total - learned.flagged) / (learned.refused - learned.flagged)
            yield learned.kind(seen), round(min(FLAGGED + (REFUSED - FLAGGED) * share, MOST), 2)
