"""What a run did, in counts: stored with the run, read by admins, compared when the run is made again."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shared.engine import market
from shared.engine.pool.pool import ANY_GENDER, MOST_GENDERS, Pool, Whole
from shared.engine.runs.facts import hundredths
from shared.engine.runs.scored import Scored

_QUANTILES = {"p10": 0.1, "median": 0.5, "p90": 0.9}
_SECONDS_PER_DAY = 86_400.0
_FEWEST = 20
"""Smaller groups are counted together, and left out where even that is few; scores are told from as many
pairs on. The statement outlives the members: it speaks of the whole, not of three people."""


@dataclass(frozen=True)
class Group:
    """Members of one gender who look for the same genders (as friends, where they look for friends alone).

    Means are over those with room.
    """

    who: str
    """Like `female seeking male`, or `other` for all small groups together."""
    members: int
    with_candidates: int
    with_proposal: int
    expected_matches: float


@dataclass(frozen=True)
class Statement:
    """Holds nobody's id and no clock, so equal pools make equal statements.

    Counts of members below `members_with_room` are among those who could take a proposal. `before` is what
    plain greed (best chances first) would have done with the same pairs, before the fairness pass, `after`
    what the run did.
    """

    members: int
    members_with_room: int
    members_with_proposal: int
    members_without_candidates: int
    """In no eligible pair with somebody who has room."""
    members_below_minimum: int
    """With candidates, all of whom score below the minimum. The others with room have a proposal, or
    compete for candidates who are full."""
    eligible_pairs: int
    eligible_share: float
    """Of all pairs of members with room."""
    pairs_above_minimum: int
    proposed: int
    longest_wait_days: float
    """The longest wait since their last proposal (or since joining), of who has room and got none now."""
    market_iterations: int
    before: market.Fairness
    after: market.Fairness
    groups: tuple[Group, ...]
    eligible_scores: Mapping[str, float] | None
    proposed_scores: Mapping[str, float] | None

    def as_json(self) -> dict[str, Any]:
        """The same in JSON's spelling."""
        told: dict[str, Any] = _camel_keys(asdict(self))
        return told


def state(
    pool: Pool, now: datetime.datetime, scored: Scored, stall: market.Market, chosen: Whole, iterations: int
) -> Statement:
    """The statement of a run that proposes the edges `chosen` of `stall`, whose prices took `iterations`."""
    room = pool.capacities > 0
    roomy = int(room.sum())
    low, high = stall.low[chosen], stall.high[chosen]
    received = np.bincount(low, minlength=len(pool)) + np.bincount(high, minlength=len(pool))
    known = scored.pairs.per_member(len(pool)) > 0
    reached = scored.reached
    waiting = room & (received == 0)
    since = pool.waiting_since[waiting]
    longest = (int(now.timestamp()) - int(since.min())) / _SECONDS_PER_DAY if len(since) else 0.0
    return Statement(
        members=len(pool),
        members_with_room=roomy,
        members_with_proposal=int((received[room] > 0).sum()),
        members_below_minimum=int((room & reached & ~known).sum()),
        members_without_candidates=int((room & ~reached).sum()),
        eligible_pairs=scored.eligible,
        eligible_share=round(scored.eligible / (roomy * (roomy - 1) / 2), 6) if roomy > 1 else 0.0,
        pairs_above_minimum=len(scored.pairs),
        proposed=len(chosen),
        longest_wait_days=round(max(0.0, longest), 2),
        market_iterations=iterations,
        before=market.fairness(stall, market.without_prices(stall)),
        after=market.fairness(stall, chosen),
        groups=_groups(pool, stall, chosen, known),
        eligible_scores=_quantiles(scored.scores),
        proposed_scores=_quantiles(np.bincount(hundredths(scored.z[chosen]), minlength=1)),
    )


def _groups(pool: Pool, stall: market.Market, chosen: Whole, known: Any) -> tuple[Group, ...]:
    edges = np.sort(chosen)
    low, high, chance = stall.low[edges], stall.high[edges], stall.weights[edges]
    size = len(pool)
    load = np.bincount(low, minlength=size) + np.bincount(high, minlength=size)
    matches = np.bincount(low, chance, size) + np.bincount(high, chance, size)
    sought = np.where(pool.preferred_genders == 0, pool.friendship_genders, pool.preferred_genders)
    kind = pool.genders.astype(np.int64) << MOST_GENDERS | sought
    room = pool.capacities > 0
    kinds, sizes = np.unique(kind[room], return_counts=True)
    rows = {_who(pool.gender_words, value): kind == value for value in kinds[sizes >= _FEWEST].tolist()}
    found = []
    for who, alike in [*sorted(rows.items()), ("other", np.isin(kind, kinds[sizes < _FEWEST]))]:
        inside = room & alike
        members = int(inside.sum())
        if members < _FEWEST:
            continue
        found.append(
            Group(
                who=who,
                members=members,
                with_candidates=int((inside & known).sum()),
                with_proposal=int((inside & (load > 0)).sum()),
                expected_matches=round(float(np.cumsum(matches[inside])[-1]) / members, 4),
            )
        )
    return tuple(found)


def _who(words: Sequence[str], kind: int) -> str:
    gender, wanted = divmod(kind, 1 << MOST_GENDERS)

    def named(bits: int) -> str:
        return " or ".join(word for place, word in enumerate(words) if bits >> place & 1)

    return f"{named(gender)} seeking {'any' if wanted == ANY_GENDER else named(wanted)}"


def _quantiles(scores: Whole) -> dict[str, float] | None:
    """Scores at fixed ranks (nearest lower pair), of pairs counted by hundredths; or None for fewer pairs
    than speak of nobody."""
    up_to = np.cumsum(scores)
    pairs = int(up_to[-1])
    if pairs < _FEWEST:
        return None
    at = {
        name: np.searchsorted(up_to, int(share * (pairs - 1)), "right") for name, share in _QUANTILES.items()
    }
    return {name: int(hundredth) / 100 for name, hundredth in at.items()}


def _camel_keys(told: Any) -> Any:
    if isinstance(told, Mapping):
        return {_camel(name): _camel_keys(value) for name, value in told.items()}
    if isinstance(told, tuple | list):
        return [_camel_keys(value) for value in told]
    return round(told, 4) if isinstance(told, float) else told


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
