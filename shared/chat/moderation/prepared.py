"""What follows from the languages' files, and takes too long to find out for the first message of a process.

`scripts/teach` writes prepared.bin: every word of the rules, and triggers of their patterns. Every text that
a pattern matches holds its triggers. A pattern whose triggers are absent is neither compiled nor searched.

    " kill "      the word `kill`
    " abschiess"  a word that begins so
    "schlampe"    letters somewhere in a word
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import chain

# A trigger that is no whole word is looked up by its first letters, by more where it begins a word.
_KEY = 4
_KEY_OF_WORD = 6
_MOST_SECOND = 60  # with more second triggers, a search is quicker than they are


@dataclass(frozen=True, slots=True)
class Prepared:
    """The words of the rules, and for each trigger the places of its patterns in the list of all."""

    words: tuple[str, ...]
    always: list[int]
    whole: dict[str, list[int]]
    short: dict[str, list[int]]
    long: dict[str, dict[str, list[int]]]
    """By their first letters."""
    second: list[list[str] | None]
    """For each pattern, triggers one of which is in every match too."""

    def places(self, way: str) -> list[int]:
        """The places of all patterns that may match in a text read one way, rising."""
        text = f" {way.replace(';', '').replace(',', '')} "
        words = set(text.split())
        keys = {text[at : at + _KEY] for at in range(len(text))}
        keys.update([f" {word} "[:_KEY_OF_WORD] for word in words])
        met = [places for trigger, places in self.short.items() if trigger in text]
        met += [self.always, *map(self.whole.__getitem__, self.whole.keys() & words)]
        for key in self.long.keys() & keys:
            met += [places for trigger, places in self.long[key].items() if trigger in text]
        return [place for place in sorted(set(chain.from_iterable(met))) if self._may(place, text)]

    def _may(self, place: int, text: str) -> bool:
        second = self.second[place]
        if second is None:
            return True
        for trigger in second:  # noqa: SIM110, any() takes twice as long
            if trigger in text:
                return True
        return False


def digest(languages: Iterable[str]) -> str:
    """Of the languages' files: what was prepared from others is worth nothing."""
    written = (files(__package__).joinpath(f"{name}.toml").read_bytes() for name in languages)
    return sha256(b"".join(written)).hexdigest()


def packed(digest: str, words: Iterable[str], triggers: Iterable[tuple[Iterable[str], ...]]) -> bytes:
    """What prepared.bin holds. `triggers`: at most two sets for each pattern; one without is always tried."""
    places: dict[str, list[int]] = {}
    always, second = [], []
    for place, sets in enumerate(triggers):
        first, other = (*map(sorted, sets), [], [])[:2]
        if not first:
            always.append(place)
        for trigger in first:
            places.setdefault(trigger, []).append(place)
        second.append(other if 0 < len(other) <= _MOST_SECOND else None)
    told = {
        "digest": digest, "words": " ".join(words), "always": always, "triggers": places, "second": second
    }  # fmt: skip
    return zlib.compress(json.dumps(told).encode(), 9)


@cache
def prepared(languages: tuple[str, ...]) -> Prepared:
    """What `scripts/teach` wrote. Raises ValueError when a file of a language has changed since."""
    told = json.loads(zlib.decompress(files(__package__).joinpath("prepared.bin").read_bytes()))
    if told["digest"] != digest(languages):
        raise ValueError("prepared from other rules: scripts/teach --rules prepares them anew")
    whole: dict[str, list[int]] = {}
    short: dict[str, list[int]] = {}
    long: dict[str, dict[str, list[int]]] = {}
    for trigger, places in told["triggers"].items():
        if trigger[0] == trigger[-1] == " ":
            whole[trigger.strip()] = places
        elif len(trigger) < _KEY:
            short[trigger] = places
        else:
            of_word = trigger[0] == " " and len(trigger) >= _KEY_OF_WORD
            long.setdefault(trigger[: _KEY_OF_WORD if of_word else _KEY], {})[trigger] = places
    return Prepared(tuple(told["words"].split()), told["always"], whole, short, long, told["second"])
