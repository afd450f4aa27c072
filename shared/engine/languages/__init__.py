"""What the labels read like: one file per language, one entry here for each.

To add a language, write its file in the manner of `english` and enter it in `LANGUAGES` under its ISO 639-1
code. Every label needs a text; whoever adds one checks with the tests that it names nothing but the label.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.engine.languages.english import ENGLISH
from shared.engine.languages.german import GERMAN
from shared.engine.languages.texts import Texts

FALLBACK = "en"

LANGUAGES: Mapping[str, Texts] = MappingProxyType({"en": ENGLISH, "de": GERMAN})
"""By ISO 639-1 code."""


def shared_language(primary_a: str, primary_b: str) -> str:
    """The language of a pair's text: the first language of both where it has a table, else English."""
    return primary_a if primary_a == primary_b and primary_a in LANGUAGES else FALLBACK


__all__ = ["FALLBACK", "LANGUAGES", "Texts", "shared_language"]
