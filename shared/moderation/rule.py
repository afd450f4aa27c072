"""A rule of one language, and how to write one.

`needs` are the beginnings of words one of which must be in the text for the pattern to match at all; a `*`
before one: anywhere within a word, which costs more. `pattern` is written for text as folding.read() gives
it: lower case, no punctuation, no apostrophes (`ill` for I'll), ae for ä, one space between words. It
matches whole words; `\\w*` before or behind a stem lets in German compounds; `(?<=^ )` and `(?= $)` are
the ends of the text.
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """A text that `pattern` matches is of this kind and scores so much."""

    kind: str
    score: float
    needs: str
    pattern: str
    unless: str = ""
    """What makes it harmless, anywhere in the same text."""
