"""Patterns searched in a text in time proportional to its length, whatever they are and it is.

The engine is RE2. It never goes back in a text, as `re` does, so no text makes it slow; and it lets go of the
interpreter's lock while it searches, so other requests are answered meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import re2

from shared.errors import Unavailable

# What one pattern may remember of the texts it has seen. With 512 KB all of them took 15 MB after thousands
# of texts, with the engine's 8 MB twice as much.
_MOST_BYTES = 512 * 1024


def _options(encoding: re2.Options.Encoding) -> re2.Options:
    options = re2.Options()
    options.max_mem = _MOST_BYTES
    options.log_errors = False
    options.never_capture = True
    options.encoding = encoding
    return options


_CHARACTERS = _options(re2.Options.Encoding.UTF8)
# To these a text is bytes, whatever they spell: quicker, for patterns of nothing but ASCII.
_BYTES = _options(re2.Options.Encoding.LATIN1)


@cache
def pattern(text: str) -> Any:
    """One pattern, compiled when it is first needed; it finds as one of `re` does, without groups."""
    return re2.compile(text, _CHARACTERS)


def single_bytes(text: str) -> bytes:
    """A text as one byte for each character, whatever that is: no pattern of ASCII tells them apart."""
    return text.encode("latin-1", "replace")


def bytewise(text: str) -> Any:
    """A pattern of nothing but ASCII, compiled: it finds in what single_bytes() gives."""
    return re2.compile(text.encode(), _BYTES)


class Patterns:
    """Many patterns searched at once. Each is known by its place in the list they were made of.

    The engine learns from the patterns which letters each of them needs, and tries only those whose letters
    are there.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._filter = re2.Filter()
        for each in (*patterns, "<"):
            self._always = self._filter.Add(each.encode(), _CHARACTERS)
        self._filter.Compile()

    def within(self, text: str) -> set[int]:
        """The places of the patterns that match somewhere in ` < text > `. Raises Unavailable.

        An engine short of memory finds nothing, without a word. Then it does not find what every text has
        either, and a text that could not be searched is not judged.
        """
        found = set(self._filter.Match(f" < {text} > ".encode()) or ())
        if self._always not in found:
            raise Unavailable(reason="the patterns of moderation could not be searched")
        return found - {self._always}
