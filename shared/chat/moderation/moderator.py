"""One judgement of one message: our rules, our classifier, and the outside model where there is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from shared.chat.moderation import learned, rules
from shared.chat.moderation.contact import GIVEN, holds_contact
from shared.chat.moderation.folding import fold
from shared.chat.moderation.kinds import Risk, higher, weigh
from shared.chat.moderation.reading import read
from shared.http.json_body import refused_fields

MOST_LETTERS = 4_000
"""Of a message in plain letters. 2,000 umlauts become as many; only signs that stand for several letters
become more, such as U+FDFA, which stands for 18.

Such a message is refused. Cut short it would be delivered with a part that nobody judged.
"""


class OutsideModel(Protocol):
    """Whatever else judges a text. It learns the text and nothing about who writes to whom."""

    def judge(self, text: str) -> Risk:
        """Its judgement. Raises Unavailable when there is none: a message nobody could judge is not sent."""
        ...


def assess(text: str, *, revealed: bool) -> Risk:
    """What our rules and our classifier find. After both revealed, exchanging contacts counts nothing.

    Raises InvalidBody for a text that is too long in plain letters, Unavailable when it cannot be searched.
    """
    folded = fold(text)
    if len(folded) > MOST_LETTERS:
        raise refused_fields(
            [{"field": "message", "problem": "must hold fewer signs that stand for several letters"}]
        )
    ways = read(folded, rules.respelling())
    found = rules.found(ways, contact=not revealed)
    sure = [one for one in found if one[1] >= learned.REFUSED]
    if not sure:
        found += learned.found(ways)
    elif len(sure) == 1 and sure[0][0] in learned.KINDS and learned.doubts(ways):
        found[found.index(sure[0])] = (sure[0][0], learned.DOUBTED)
    if not revealed and holds_contact(folded):
        found.append(("contact_exchange", GIVEN))
    return weigh(found)


@dataclass(frozen=True, slots=True)
class Moderator:
    """Judges messages. `outside` None: our own judgement alone."""

    outside: OutsideModel | None = field(default=None, repr=False)

    def judge(self, text: str, *, revealed: bool) -> Risk:
        """The higher of both judgements. Raises what assess() does, and Unavailable without the model's."""
        own = assess(text, revealed=revealed)
        return own if self.outside is None else higher(own, self.outside.judge(text))
