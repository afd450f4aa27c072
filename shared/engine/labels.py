"""The closed vocabulary that explains a pair, and its sentences in English and German.

A label names a block and a direction, never a number. The text is made from labels and the language alone,
so whoever reads it learns nothing that the labels do not say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

Language = Literal["en", "de"]

STRENGTHS: Mapping[str, str] = MappingProxyType(
    {
        "values": "shared_values",
        "communication": "kindred_communication",
        "life_goals": "aligned_life_goals",
        "readiness": "ready_together",
    }
)
"""Block to the label of a strong contribution."""

TENSIONS: Mapping[str, str] = MappingProxyType(
    {
        "values": "different_values",
        "communication": "different_communication",
        "life_goals": "different_life_goals",
        "readiness": "gentle_pace",
    }
)
"""Block to the label of a weak contribution."""

OPEN = "open_beginning"
"""The label of a pair about which nothing is known, or in which nothing stands out."""

VOCABULARY: frozenset[str] = frozenset({*STRENGTHS.values(), *TENSIONS.values(), OPEN})
"""Every label there is."""

PHRASES: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": MappingProxyType(
            {
                "shared_values": "care about the same things",
                "kindred_communication": "talk in a similar way",
                "aligned_life_goals": "want to go in the same direction",
                "ready_together": "are both ready to meet someone",
            }
        ),
        "de": MappingProxyType(
            {
                "shared_values": "euch sind dieselben Dinge wichtig",
                "kindred_communication": "ihr sprecht auf ähnliche Weise miteinander",
                "aligned_life_goals": "ihr wollt in dieselbe Richtung",
                "ready_together": "ihr seid beide bereit, jemanden kennenzulernen",
            }
        ),
    }
)
"""Strengths as parts of one sentence; `insight` joins them."""

SENTENCES: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": MappingProxyType(
            {
                "different_values": "What matters most to each of you may differ: ask about it.",
                "different_communication": "You may express yourselves differently: give it time.",
                "different_life_goals": "Your plans may differ: talk about them early.",
                "gentle_pace": "A gentle pace may suit you both.",
                "open_beginning": "This is an open beginning: find out what you have in common.",
            }
        ),
        "de": MappingProxyType(
            {
                "different_values": ("Was euch am wichtigsten ist, kann sich unterscheiden: fragt danach."),
                "different_communication": ("Ihr drückt euch vielleicht verschieden aus: gebt euch Zeit."),
                "different_life_goals": ("Eure Pläne können sich unterscheiden: sprecht früh darüber."),
                "gentle_pace": "Ein ruhiges Tempo tut euch beiden vielleicht gut.",
                "open_beginning": ("Ein offener Anfang: findet heraus, was euch verbindet."),
            }
        ),
    }
)
"""Whole sentences for tensions and for the open beginning."""

_LEAD: Mapping[Language, str] = MappingProxyType({"en": "You ", "de": ""})
_AND: Mapping[Language, str] = MappingProxyType({"en": " and ", "de": " und "})

TABLES: Mapping[str, object] = MappingProxyType(
    {
        "strengths": dict(STRENGTHS),
        "tensions": dict(TENSIONS),
        "open": OPEN,
        "phrases": {language: dict(table) for language, table in PHRASES.items()},
        "sentences": {language: dict(table) for language, table in SENTENCES.items()},
    }
)
"""What the engine's version covers of this file."""


def shared_language(primary_a: str, primary_b: str) -> Language:
    """German for two people whose first language is German, else English."""
    return "de" if primary_a == "de" and primary_b == "de" else "en"


def insight(given: Sequence[str], language: Language) -> str:
    """One or two sentences for a list of labels: strengths in their order, then the rest.

    The same labels in the same language always give the same text. Raises `ValueError` for an empty list
    and for a label outside the vocabulary.
    """
    unknown = [label for label in given if label not in VOCABULARY]
    if unknown or not given:
        raise ValueError(f"not a list of labels: {unknown!r}" if unknown else "no label given")
    parts = [PHRASES[language][label] for label in given if label in PHRASES[language]]
    sentences = [SENTENCES[language][label] for label in given if label in SENTENCES[language]]
    if parts:
        listed = ", ".join(parts[:-1]) + (_AND[language] if len(parts) > 1 else "") + parts[-1]
        lead = _LEAD[language] + listed + "."
        sentences.insert(0, lead[0].upper() + lead[1:])
    return " ".join(sentences)
