"""What members read of their matches and of their funnel: one file per language, one entry here for each.

To add a language, write its file in the manner of `english` and enter it in `LANGUAGES` under its ISO 639-1
code. Every label and every word of a funnel needs a text. Then write down in tests/engine/test_labels.py
which words of the language would give somebody away (`FORBIDDEN`, `ROMANTIC`): the tests hold each language
against its own words, and fail for a language that has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.words.english import ENGLISH
from shared.words.german import GERMAN
from shared.words.texts import Texts

FALLBACK = "en"

LANGUAGES: Mapping[str, Texts] = MappingProxyType({"en": ENGLISH, "de": GERMAN})
"""By ISO 639-1 code."""

LABELS: tuple[str, ...] = tuple(sorted({*ENGLISH.strengths, *ENGLISH.sentences}))
"""Every label that a match can carry: those that the parts of the score give, and no other one."""


def language_of(primary: str) -> str:
    """The language of a text for one member: their first language where it has a table, else English."""
    return primary if primary in LANGUAGES else FALLBACK


__all__ = ["FALLBACK", "LABELS", "LANGUAGES", "Texts", "language_of"]
