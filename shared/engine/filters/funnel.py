"""How many candidates each rule leaves a member, and how many one wider wish of their own would leave.

Everybody is asked about everybody with `filters.first_failed`, the very question the search for pairs asks.
What if a wish were wider? Then the member would be their own twin with that wish, and the twin is asked the
same. Only the member's own wishes change: what others want stays. Exact counts are for the engine and its
operators; a member gets what `shown` makes of them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import across_cores, compiled
from shared.engine.configuration import CONFIGURATION
from shared.engine.filters.filters import PASSED, RULE_NAMES, Members, Positions, first_failed, members_of
from shared.engine.filters.funnel_shown import as_shown, sentences
from shared.engine.pool.pool import Pool, Whole

__all__ = ["CHANGES", "Funnel", "funnel", "sentences", "shown"]

_MEMBERS_AT_ONCE = 256
_YEARS_WIDER = 2
_HALF_WAY_ROUND = 4.0
"""The squared chord of the unit sphere between antipodes."""


def _wider_ages(members: Members) -> None:
    members.youngest = np.maximum(members.youngest - _YEARS_WIDER, CONFIGURATION.adult_age)
    members.oldest = members.oldest + _YEARS_WIDER


def _twice_as_far(members: Members) -> None:
    # With s = 4 sin²(x/2), 4 sin²(x) is s (4 - s): the chord of twice the way, without a sine.
    reach = members.reach
    small = np.minimum(reach, _HALF_WAY_ROUND / 2)
    twice = np.where(reach < _HALF_WAY_ROUND / 2, small * (_HALF_WAY_ROUND - small), _HALF_WAY_ROUND)
    members.reach = np.where(np.isinf(reach), reach, twice)


def _any_distance(members: Members) -> None:
    members.reach = np.inf


def _any_language(members: Members) -> None:
    members.any_language = True


def _no_deal_breakers(members: Members) -> None:
    members.deal_breakers = 0


class Change(NamedTuple):
    """One own wish made wider: `make` does it to members, `rule` is the only rule that looks at it."""

    name: str
    rule: str
    make: Callable[[Members], None]


CHANGES: tuple[Change, ...] = (
    Change("widen_age", "age", _wider_ages),
    Change("any_language", "language", _any_language),
    Change("double_distance", "distance", _twice_as_far),
    Change("any_distance", "distance", _any_distance),
    Change("no_deal_breakers", "deal_breakers", _no_deal_breakers),
)
"""The smaller change of a rule before the greater. Gender and mode are not among them: who somebody looks for
is nothing to be advised about."""


@dataclass(frozen=True, eq=False)
class Funnel:
    """Exact counts, one row per member: people, not pairs.

    `left` is (members, rules): how many others pass this rule and all before it; its last column is the
    number of candidates. `changed` is (members, changes): how many candidates there would be instead.
    """

    left: npt.NDArray[np.int32]
    changed: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.left)

    def removed(self) -> dict[str, int]:
        """How many pairs of the whole pool each rule removes of those that the rules before it left."""
        before = len(self) * (len(self) - 1)
        removed = {}
        for name, ways in zip(RULE_NAMES, self.left.sum(axis=0, dtype=np.int64).tolist(), strict=True):
            removed[name] = (before - ways) // 2
            before = ways
        return removed


def funnel(pool: Pool, now: datetime.datetime) -> Funnel:
    """Everybody's funnel among everybody else in `pool`, with or without room for a proposal.

    Ages count on the UTC date of `now`, which needs a time zone (`ValueError`). Asks every member about
    every other: time grows with the square of the pool.
    """
    members, met = members_of(pool, now)
    # People alike stand together, so that neighbours stop at the same rule: a processor foresees that.
    wishes = members.friendship_genders, members.preferred_genders
    order = np.lexsort((members.age, *wishes, members.gender, members.modes))
    members = members[order].view(np.recarray)
    twins = np.stack([_changed(members, change) for change in CHANGES])
    rules = np.array([RULE_NAMES.index(change.rule) for change in CHANGES], dtype=np.int64)
    stopped = np.zeros((len(pool), PASSED + 1), dtype=np.int32)
    gained = np.zeros((len(pool), len(CHANGES)), dtype=np.int32)
    work = partial(_count_others, members, met, twins.view(np.recarray), rules, stopped, gained)
    across_cores(work, len(pool), _MEMBERS_AT_ONCE)
    left, changed = np.empty_like(stopped[:, :PASSED]), np.empty_like(gained)
    left[order] = max(0, len(pool) - 1) - np.cumsum(stopped[:, :PASSED], axis=1, dtype=np.int32)
    changed[order] = stopped[:, PASSED:] + gained
    return Funnel(left, changed)


def shown(counts: Funnel, member: int, unseen: int = 0) -> dict[str, Any]:
    """What the member at position `member` may know: see `funnel_shown.as_shown`.

    `unseen`, 0 to 19, are left out of every count. Drawn anew for each member and night, it hides where a
    count crosses a threshold: without it, whoever brings nineteen accounts of their own would see the
    twentieth person come and go.
    """
    changed: dict[str, dict[str, int]] = {}
    for change, count in zip(CHANGES, counts.changed[member].tolist(), strict=True):
        changed.setdefault(change.rule, {})[change.name] = max(0, count - unseen)
    left = {
        rule: max(0, count - unseen)
        for rule, count in zip(RULE_NAMES, counts.left[member].tolist(), strict=True)
    }
    return as_shown(max(0, len(counts) - 1 - unseen), left, changed)


def _changed(members: Members, change: Change) -> Members:
    twins = members.copy()
    change.make(twins)
    return twins


@compiled
def _count_others(
    members: Members,
    met: Positions,
    twins: Members,
    rules: Whole,
    stopped: npt.NDArray[np.int32],
    gained: npt.NDArray[np.int32],
    first: int,
    stop: int,
) -> None:
    """For members[first:stop]: how many others stop at each rule, and whom each change would let pass.

    Whoever stops at another rule than the one a change widens stops there for the twin too.
    """
    for i in range(first, stop):
        for j in range(len(members)):
            if j == i:
                continue
            failed = first_failed(members[i], members[j], met)
            stopped[i, failed] += 1
            for change in range(len(rules)):
                if rules[change] == failed:
                    gained[i, change] += first_failed(twins[change, i], members[j], met) == PASSED
