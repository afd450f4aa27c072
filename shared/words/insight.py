"""The sentence a member reads about a match, made when it is read: of its labels, in the reader's language.

What a partner could learn from it is in `shared.engine.scoring.labels`. It is not stored: a text in a
language of both would tell each which one the other speaks.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.words import LANGUAGES


def insight(labels: Sequence[str], language: str) -> str:
    """One sentence of the strengths among `labels`, in their order, then one for each other label.

    The same labels in the same language (ISO 639-1, one of `LANGUAGES`) always give the same text, without a
    digit and under 1,000 characters for every list that `shared.engine.scoring.explanation` makes. Raises
    `ValueError` for a language without texts, for an empty list and for a label that has no text.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no texts in this language; there are: {', '.join(sorted(LANGUAGES))}")
    if not labels:
        raise ValueError("no label given; a pair without one is an open beginning")
    texts = LANGUAGES[language]
    for position, label in enumerate(labels):
        if label not in texts.strengths and label not in texts.sentences:
            raise ValueError(f"labels[{position}]: not a label of the vocabulary")
    strengths = [label for label in labels if label in texts.strengths]
    sentences = [texts.joined(strengths)] if strengths else []
    return " ".join([*sentences, *(texts.sentences[label] for label in labels if label in texts.sentences)])
