"""Members whom an attacker knows, and the most telling questions about them that the service allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from scripts.tools.pools.attacker import Face
from scripts.tools.sample.community import Community
from scripts.tools.sample.metros import FAR_METRO
from scripts.tools.sample.preferences import EVERYBODY
from scripts.tools.sample.streams import stream

_MODES = {"romantic": {"romantic"}, "friendship": {"friendship"}, "both": {"romantic", "friendship"}}
_HALF_A_YEAR = 6
"""Months, until which most have had no birthday yet."""
_PADS = 10
"""Old accounts at most that only stand there, so that enough people fit."""


@dataclass(frozen=True)
class Bounds:
    """How narrow a question may be: years from the youngest to the oldest, and kilometres."""

    years: int
    km: int


@dataclass(frozen=True)
class Target:
    """A member. The attacker knows birth year, gender, languages and town; the rest is to be found out."""

    id: str
    born: int
    gender: str
    languages: tuple[str, str | None]
    home: str
    area: str
    modes: frozenset[str]
    wishes: frozenset[str]

    def bears(self, mode: str, gender: str) -> tuple[bool, bool]:
        """Whether who takes a proposal for this member reads mode and wished gender rightly."""
        return mode in self.modes, gender in self.wishes


def choose(community: Community, count: int, seed: int) -> list[Target]:
    """Some of those who search and give their home, the same for the same community and seed."""
    able = [at for at, on in enumerate(community.active) if on and "location" in community.signals[at]]
    return [_target(community, at) for at in stream(seed, "targets").permutation(able)[:count]]


def _target(them: Community, at: int) -> Target:
    return Target(
        id=str(them.id[at]),
        born=them.birth_date[at].year,
        gender=them.gender[at],
        languages=them.spoken[at],
        home=them.home[at].name,
        # Small towns are far from each other: each is an area of its own.
        area=them.home[at].name if them.metro[at] == FAR_METRO else them.metro[at],
        modes=frozenset(_MODES.get(them.mode[at], {them.mode[at]})),
        wishes=frozenset(them.preferred_genders[at] or EVERYBODY),
    )


def apart(targets: Sequence[Target]) -> list[list[Target]]:
    """The targets in rounds, no two of a round in the same area: attacks on them do not meet."""
    rounds: list[list[Target]] = []
    for target in targets:
        free = (r for r in rounds if all(other.area != target.area for other in r))
        place = next(free, None)
        if place is None:
            rounds.append([target])
        else:
            place.append(target)
    return rounds


def faces(target: Target, accounts: int, bounds: Bounds, today: date, *, pads: bool) -> list[Face]:
    """What so many accounts say and ask, the most promising first.

    Where accounts count among who fits (`pads`), up to half of many only stand there: they look like
    the target and would have nobody.
    """
    padding = min(accounts // 2, _PADS) if pads and accounts > _PADS else 0
    other = "male" if target.gender == "female" else "female"
    modes = ("both",) if padding else ("both", "professional")
    asked = [
        _asks(target, gender, mode, today, shift, bounds)
        for shift, mode, gender in product((0, -1, 1, -2), modes, (other, target.gender))
    ]
    asking = [asked[at % len(asked)] for at in range(accounts - padding)]
    return [_pad(target)] * padding + asking


def _asks(target: Target, gender: str, mode: str, today: date, shift: int, bounds: Bounds) -> Face:
    """A window that holds both ages the birth year leaves; of a year, the likelier, then the other."""
    older = today.year - target.born
    likely = older - (today.month <= _HALF_A_YEAR)
    low = likely + (shift % 2) * (1 if likely < older else -1)
    if bounds.years:
        low = older - bounds.years // 2 + shift
    low = min(max(18, low), 120 - bounds.years)
    # As old as nobody in the window where the gender is asked for too: the accounts would meet each other.
    born = f"{target.born - (5 if gender == target.gender else 0)}-06-15"
    ages = (low, low + bounds.years)
    return Face(gender, born, target.home, target.languages, mode, ages, (target.gender,), bounds.km)


def _pad(target: Target) -> Face:
    born, lone = f"{target.born}-06-15", (94, 99)
    return Face(target.gender, born, target.home, target.languages, "both", lone, (), None, ("eo",))
