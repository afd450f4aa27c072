"""One judgement of one message: our own rules, and the outside model where an operator has named one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from shared.moderation import rules
from shared.moderation.contact import GIVEN, holds_contact
from shared.moderation.folding import fold, read, spelled
from shared.moderation.kinds import Risk, higher, weigh


class OutsideModel(Protocol):
    """Whatever else judges a text. It learns the text and nothing about who writes to whom."""

    def judge(self, text: str) -> Risk:
        """Its judgement. Raises Unavailable when there is none: a message nobody could judge is not sent."""
        ...


def assess(text: str, *, revealed: bool) -> Risk:
    """What our rules find. After both revealed, exchanging contacts counts nothing."""
    folded = fold(text)
    found = list(rules.found(read(folded), spelled(folded), contact=not revealed))
    if not revealed and holds_contact(folded):
        found.append(("contact_exchange", GIVEN))
    return weigh(found)


@dataclass(frozen=True, slots=True)
class Moderator:
    """Judges messages. `outside` None: our own rules alone."""

    outside: OutsideModel | None = field(default=None, repr=False)

    def judge(self, text: str, *, revealed: bool) -> Risk:
        """The higher of both judgements. Raises Unavailable when the outside model gives none."""
        own = assess(text, revealed=revealed)
        return own if self.outside is None else higher(own, self.outside.judge(text))
