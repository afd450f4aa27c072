"""The table a language fills in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Texts:
    """One language's words for every label, and for what a member is shown of their funnel.

    A strength is a part of one sentence, which begins with `lead` and joins its parts with commas and
    `conjunction`; every other label is a sentence of its own. A text has to fit every mode that knows its
    label, for nothing else is told to whoever writes it down.

    `funnel` has a sentence for the people who search, for each step and each change of
    `shared.engine.filters.funnel_shown`; its `{}` is a count, put in words by "few" or "about", or what a
    change does. "thousands" stands between the digits of a count.
    """

    lead: str
    conjunction: str
    strengths: Mapping[str, str]
    sentences: Mapping[str, str]
    funnel: Mapping[str, str]

    def joined(self, labels: list[str]) -> str:
        """Strengths as one sentence, in the order given. At least one."""
        parts = [self.strengths[label] for label in labels]
        # Parts may hold commas of their own; each starts with a verb or a subject, so they stay apart.
        text = self.lead + ", ".join(parts[:-1]) + (self.conjunction if len(parts) > 1 else "") + parts[-1]
        return text[0].upper() + text[1:] + "."
