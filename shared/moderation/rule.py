"""A rule of one language, and how to write one.

A pattern is written for text as folding.read() gives it: lower case, no punctuation, no apostrophes (`ill`
for I'll), ae for ä, one space between words, `<` before the first word and `>` behind the last. It matches
whole words; `\\w*` before or behind a stem lets in German compounds; `< ` and ` >` are the ends of the text.

Written once, as words, it also finds these words written letter by letter: rules.py says how. RE2 searches
it, so there is no looking ahead or behind, and nothing one could write takes long.
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """A text that `pattern` matches is of this kind and scores so much."""

    kind: str
    score: float
    pattern: str
    unless: str = ""
    """What makes it harmless, anywhere in the same text."""
