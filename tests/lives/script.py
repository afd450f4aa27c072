"""Draws lives from seeds: what a member does and is shown, and what the partners do that must not show.

A life is drawn in two passes. The first is what the member may know: their own acts, what their partners do
openly, and how the clock moves. The second is drawn once for each of two worlds: what the partners do in
secret. A small model of a match says what may be secret, so that the two worlds look alike if DESIGN holds:
as long as no chat opens, any answer and any exit of the partner; in a chat, all that is not written there,
and which of the exits ends it.
"""

import random
from dataclasses import dataclass, field

PEOPLE = 6
"""How many partners there are to choose from."""
HOUR = 3600
PROPOSAL, CHAT = 72 * HOUR, 720 * HOUR
# No sum of a few lies just below a minute, ten minutes, a day, three or thirty: real time passes too.
_AGES = (181, 1021, 7627, 33073, 94391, 349217, 2865601)
_AGE_WEIGHTS = (30, 25, 20, 10, 8, 4, 3)

PROPOSAL_EXITS = (
    *("declines", "pauses", "blocks", "is erased", "deletes the account"),
    *("is banned", "is soft-deleted", "is stopped"),
)
CHAT_EXITS = ("closes", "blocks", "is erased", "deletes the account", "is stopped", "was banned a day ago")
# What a partner may do whenever it is their turn in secret.
HARMLESS = (
    "looks",
    "switches",
    "answers",
    "is interested",
    "prefers",
    "works",
    "names a wrong match",
    "meets another",
    "joins elsewhere",
    "joins",
)
# The same, once a chat has opened.
HARMLESS_IN_CHAT = (
    "looks",
    "switches",
    "prefers",
    "works",
    "reports",
    "rates",
    "meets another",
    "pauses",
    "returns",
    "is refused a message",
)
LATE = ("blocks", "reports", "rates", "closes", "is erased", "deletes the account", "pauses", "returns")

KNOWN = "says under a known id"
KEYABLE = ("accepts", "declines", "asks", "closes", "blocks", "reports", "rates")
# Weights of the member's acts, by how the match stands for them.
_UNDECIDED = {
    **{"accepts": 6, "looks": 2, "declines": 1.5, "pauses": 0.6, "blocks": 0.7, "reports": 0.7},
    **{"closes": 0.4, "rates": 0.4, "asks": 0.4, "names a wrong match": 0.4, "switches": 0.4, "renames": 0.3},
    **{
        "joins": 0.3,
        "leaves the event": 0.2,
        "names a wrong chat": 0.3,
        "is interested": 0.3,
        "answers": 0.4,
    },
    **{"prefers": 0.3, "works": 0.3},
}
_DECIDED = {**_UNDECIDED, "accepts": 1.5, "declines": 0.5, "looks": 3}
_CHAT = {
    **{"says": 4, KNOWN: 0.8, "asks": 1.5, "reports": 0.8, "rates": 0.8, "closes": 0.5},
    **{"blocks": 0.4, "pauses": 0.4, "accepts": 0.4, "declines": 0.3, "looks": 1, "agrees": 0.3},
    **{"refuses": 0.3},
}
_OVER = {
    **{
        "looks": 2,
        "accepts": 1,
        "declines": 1,
        "closes": 1,
        "blocks": 1,
        "reports": 1,
        "rates": 1,
        "asks": 1,
    },
    **{"agrees": 0.5, "refuses": 0.5, "says": 1, KNOWN: 0.5, "returns": 1, "joins": 0.3},
    **{"asks for a code": 0.1},
}


@dataclass(frozen=True)
class Step:
    """The clock moves by `age` seconds, then the member or (`openly`) the partner of a pair acts."""

    age: int
    act: str
    pair: int
    openly: bool = False
    swept: bool = False
    """Whether the schedule ticks before the act: what the clock has ended is written down."""
    served: bool = False
    """Whether the matcher has taken everybody from its queue."""
    keyed: bool = False
    """Whether the request carries an Idempotency-Key, the same for the same act."""
    deep: bool = False
    """Whether everything is read after it, not only status and chats."""


@dataclass(frozen=True)
class World:
    """What differs: who the partners are, which sides they have, what they do in secret, how they leave."""

    partners: tuple[int, ...]
    sides: tuple[str, ...]
    secret: dict[int, list[tuple[int, str]]]
    """Before which step which partners do what."""
    exits: tuple[str, ...]


@dataclass(frozen=True)
class Life:
    """One member's life, in two worlds."""

    seed: int
    newcomer: bool
    erases_themself: bool
    """Whether the member goes at the end, and reads what is left."""
    labels: tuple[tuple[str, ...], ...]
    steps: tuple[Step, ...]
    worlds: tuple[World, World]


@dataclass
class _Pair:
    """What the member knows of a match, and when they knew it. Numbers are those of steps."""

    plot: str
    ends: float = PROPOSAL
    accepted: int | None = None
    declined: int | None = None
    withdrew: int | None = None
    opened: int | None = None
    over: int | None = None
    mutual: int | None = None
    asked: int | None = None
    asked_me: bool = False
    asked_me_ever: bool = False
    known_is_used: bool = False

    def pass_time(self, clock: float, step: int) -> None:
        if self.over is None and clock >= self.ends:
            self.over = step

    def weights(self) -> dict[tuple[str, bool], float]:
        """What can happen next in this match: (act, openly) → weight."""
        if self.over is not None:
            return {(act, False): weight / 3 for act, weight in _OVER.items()}
        if self.opened is None:
            acts = _UNDECIDED if self.accepted is None else _DECIDED
            found = {(act, False): float(weight) for act, weight in acts.items()}
            if self.plot == "second" and self.accepted is not None:
                found["accepts", True] = 8
            return found
        found = {(act, False): float(weight) for act, weight in _CHAT.items()}
        found |= {("says", True): 3.0, ("leaves", True): 1.2}
        if self.mutual is None:
            found["asks", True] = 1.0
        if self.asked_me:
            found |= {("agrees", False): 1.5, ("refuses", False): 1.5}
        return found

    def happens(self, act: str, openly: bool, step: int, clock: float) -> None:
        """The member's own view after an act."""
        if self.over is not None:
            return
        if self.opened is None:
            self._in_proposal(act, openly, step, clock)
        elif act == "leaves" or (not openly and act in ("closes", "blocks")):
            self.over = step
        elif act == "says" or (act == KNOWN and not self.known_is_used):
            self.ends = clock + CHAT
            self.known_is_used |= act == KNOWN
        elif act == "asks":
            self._asks(openly, step)
        elif act in ("agrees", "refuses") and not openly and self.asked_me:
            self.asked_me = False
            if act == "agrees":
                self.mutual = step

    def _in_proposal(self, act: str, openly: bool, step: int, clock: float) -> None:
        if act == "accepts" and (openly or (self.accepted is None and self.plot == "first")):
            self.accepted = self.accepted if openly else step
            self.opened, self.ends = step, clock + CHAT
        elif act == "accepts" and self.accepted is None:
            self.accepted = step
        elif act == "blocks" or (act == "declines" and self.accepted is None):
            self.withdrew = self.over = step

    def _asks(self, openly: bool, step: int) -> None:
        if self.mutual is None and (self.asked_me_ever if not openly else self.asked is not None):
            self.mutual, self.asked_me = step, False
        elif openly and not self.asked_me_ever:
            self.asked_me = self.asked_me_ever = True
        elif not openly and self.asked is None:
            self.asked = step


def draw(seed: int) -> Life:
    """The life of a seed: always the same one."""
    dice = random.Random(f"life {seed}")
    pairs = [_Pair(dice.choice(("never", "first", "first", "second"))) for _ in range(dice.choice((1, 1, 2)))]
    steps = _steps(dice, pairs)
    exits = [dice.sample(CHAT_EXITS, 2) for _ in pairs]
    partners = [dice.sample(range(PEOPLE), 2) for _ in pairs]
    worlds = [
        World(
            partners=tuple(two[world] for two in partners),
            sides=tuple(dice.choice("ab") for _ in pairs),
            secret=_secret(dice, pairs, steps),
            exits=tuple(two[world] for two in exits),
        )
        for world in range(2)
    ]
    labels = tuple(dice.choice((("shared_values",), ("shared_values", "same_language"), ())) for _ in pairs)
    return Life(seed, dice.random() < 0.2, dice.random() < 0.1, labels, steps, (worlds[0], worlds[1]))


def _steps(dice: random.Random, pairs: list[_Pair]) -> tuple[Step, ...]:
    clock, steps = 181.0 * len(pairs), list[Step]()
    for number in range(dice.randint(5, 12)):
        age = dice.choices(_AGES, _AGE_WEIGHTS)[0]
        clock += age
        for pair in pairs:
            pair.pass_time(clock, number)
        at = dice.randrange(len(pairs))
        weights = pairs[at].weights()
        act, openly = dice.choices(list(weights), list(weights.values()))[0]
        pairs[at].happens(act, openly, number, clock)
        if act == "pauses" and not openly:
            for pair in pairs:
                if pair.opened is None and pair.over is None:
                    pair.withdrew = pair.over = number
        steps.append(
            Step(
                age,
                act,
                at,
                openly,
                swept=dice.random() < 0.4,
                served=dice.random() < 0.3,
                keyed=not openly and act in KEYABLE and dice.random() < 0.25,
                deep=dice.random() < 0.08,
            )
        )
    return tuple(steps)


@dataclass
class _Secrets:
    """Draws what the partner of one pair does in secret."""

    dice: random.Random
    pair: _Pair
    last: int
    """The last step before which anything can be done."""
    deeds: list[tuple[float, str]] = field(default_factory=list)

    def add(self, deed: str, first: int, last: int) -> float:
        """Some time before a step from `first` to `last`; returns when."""
        at = self.dice.randint(first, last) + self.dice.random()
        self.deeds.append((at, deed))
        return at

    def draw(self) -> list[tuple[float, str]]:
        pair = self.pair
        if pair.opened is None:
            self._never_opens()
        else:
            if pair.plot == "first":
                self.add("accepts", 0, pair.opened)
            over = self.last if pair.over is None else pair.over
            for _ in range(self.dice.randint(0, 3)):
                self._in_chat(pair.opened + 1, over)
            if pair.over is not None and pair.over < self.last and self.dice.random() < 0.5:
                self.add(self.dice.choice(LATE), pair.over + 1, self.last)
        for _ in range(self.dice.choice((0, 0, 1, 2))):
            self.add(self.dice.choice(HARMLESS), 0, self.last)
        return sorted(self.deeds)

    def _in_chat(self, first: int, last: int) -> None:
        if first > last:
            return
        deed = self.dice.choice(HARMLESS_IN_CHAT)
        self.add(deed, first, last)
        asked, mutual = self.pair.asked, self.pair.mutual
        if asked is not None and mutual is None and asked + 1 <= last and self.dice.random() < 0.5:
            self.add("refuses", asked + 1, last)

    def _never_opens(self) -> None:
        pair, dice = self.pair, self.dice
        plot = dice.choice(("silent", "leaves", "leaves", "accepts and leaves", "accepts"))
        # Until when a yes of the partner opens nothing unless they leave after it: the member's own.
        gate = self.last if pair.accepted is None else pair.accepted
        gone = pair.withdrew if pair.withdrew is not None else pair.over
        if plot == "accepts" and pair.accepted is not None:
            if gone is None or gone >= self.last:
                plot = "accepts and leaves"
            else:
                self.add("accepts", gone + 1, self.last)
        elif plot == "accepts":
            self.add("accepts", 0, self.last)
        if plot == "leaves":
            left = self.add(dice.choice(PROPOSAL_EXITS), 0, self.last)
            if dice.random() < 0.5:
                self.deeds.append((left + 0.001, dice.choice(("returns", "accepts", "comes back"))))
        elif plot == "accepts and leaves":
            one, other = sorted(dice.randint(0, gate) + dice.random() for _ in range(2))
            self.deeds += [(one, "accepts"), (other, dice.choice(PROPOSAL_EXITS[1:]))]


def _secret(
    dice: random.Random, pairs: list[_Pair], steps: tuple[Step, ...]
) -> dict[int, list[tuple[int, str]]]:
    drawn = [
        (when, number, deed)
        for number, pair in enumerate(pairs)
        for when, deed in _Secrets(dice, pair, len(steps) - 1).draw()
    ]
    secret: dict[int, list[tuple[int, str]]] = {}
    for when, number, deed in sorted(drawn):
        secret.setdefault(int(when), []).append((number, deed))
    return secret
