"""What the rule costs, and how often a question names one person under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg

from scripts.stack.throwaway import ThrowawayStack
from scripts.tools.pools.groups import groups
from scripts.tools.pools.narrowest import Narrowest, narrowest
from scripts.tools.pools.tables import fraction, percent, progress, table
from scripts.tools.pools.world import Night, changed, enough, fill, mutual, night, superuser
from shared.engine import rank
from shared.engine.pool.pool import Flags, Real
from shared.engine.runs.acceptance import acceptance
from shared.engine.runs.scored import score_pairs

VALUES = (1, 5, 10, 20, 40)
SIZES = (300, 1000, 3000, 10_000)
BY_GROUP = (1000, 3000)
BOTH_SIDES = (2, 3, 5, 10)
"""The other rule that is tried: so many whom the member may meet, both sides' filters counted."""


@dataclass(frozen=True)
class Served:
    """What a first run over everybody does: who fits enough, proposals and matches to expect, per member."""

    fits: Flags
    proposals: Real
    matches: Real

    def share(self, who: Flags) -> str:
        """Of these members, with a proposal."""
        return percent(float((self.proposals[who] > 0).sum()), float(who.sum()))

    def expected(self, who: Flags) -> str:
        """Matches to expect, each."""
        return fraction(float(self.matches[who].mean()) if who.any() else np.nan)


@dataclass(frozen=True)
class Cost:
    """One community under each value of a rule."""

    size: int
    members: dict[str, Flags]
    rule: dict[int, Served]
    both_sides: dict[int, Served]
    exposed: Narrowest


def measure(sizes: Sequence[int], seed: int) -> list[Cost]:
    """A throwaway stack without functions, one community after the other."""
    with ThrowawayStack(functions=False) as stack, superuser(stack) as database:
        return [_of(database, size, seed) for size in sizes]


def _of(database: psycopg.Connection[Any], size: int, seed: int) -> Cost:
    community = fill(database, size, seed)
    seen = night(database)
    progress(f"{size:,} members: {len(seen.pool):,} search")
    rule: dict[int, Served] = {}
    for value in VALUES:
        with changed(database, min_fit=value):
            rule[value] = served(seen, enough(database, seen.pool.ids))
        progress(f"{size:,} members: min_fit {value}")
    candidates = mutual(database, seen.pool.ids, max(BOTH_SIDES))
    both = {value: served(seen, candidates >= value) for value in BOTH_SIDES}
    progress(f"{size:,} members: counted on both sides")
    exposed = narrowest(seen)
    progress(f"{size:,} members: narrowest questions")
    return Cost(size, groups(community, seen.pool, seen.now), rule, both, exposed)


def served(seen: Night, fits: Flags) -> Served:
    """A first run in which those for whom too few fit have no place."""
    pool = seen.among(fits)
    place = {id_: at for at, id_ in enumerate(pool.ids)}
    scored = score_pairs(pool, seen.rules, seen.now, lambda _step: None)
    yes = acceptance(scored.z, scored.known)
    low, high = scored.pairs.low.astype(np.int64), scored.pairs.high.astype(np.int64)
    chance = dict(zip((low * len(pool) + high).tolist(), (yes * yes).tolist(), strict=True))
    proposals, matches = np.zeros((2, len(pool)))
    for proposal in rank(pool, seen.rules, seen.now).proposals:
        one, other = sorted((place[proposal.a], place[proposal.b]))
        for side in (one, other):
            proposals[side] += 1
            matches[side] += chance[one * len(pool) + other]
    return Served(fits, proposals, matches)


def told(costs: Sequence[Cost]) -> str:
    """Everything as markdown tables."""
    parts = [
        "Members with a proposal at a first run over everybody, of those who search; in brackets the matches"
        " each may expect of it.",
        table(
            ("min_fit", *(f"{cost.size:,}" for cost in costs)),
            [
                (value, *(_cell(cost.rule[value], cost.members["everybody"]) for cost in costs))
                for value in VALUES
            ],
        ),
        "The same were candidates counted on both sides (whom the member may meet), at least:",
        table(
            ("candidates", *(f"{cost.size:,}" for cost in costs)),
            [
                (value, *(_cell(cost.both_sides[value], cost.members["everybody"]) for cost in costs))
                for value in BOTH_SIDES
            ],
        ),
        "The narrowest question about a member, asked by whom they would have: share of members whom some"
        " such question reaches; in brackets the chance that its proposal is they.",
        table(
            ("min_fit", *(f"{cost.size:,}" for cost in costs)),
            [(value, *(_exposed(cost.exposed.chance(value)) for cost in costs)) for value in VALUES],
        ),
        "The same were candidates counted on both sides.",
        table(
            ("candidates", *(f"{cost.size:,}" for cost in costs)),
            [
                (value, *(_exposed(cost.exposed.chance(value, both_sides=True)) for cost in costs))
                for value in BOTH_SIDES
            ],
        ),
    ]
    for cost in costs:
        if cost.size in BY_GROUP:
            parts.append(f"{cost.size:,} members, by group: with a proposal, and matches to expect.")
            parts.append(
                table(
                    ("group", "members", *(f"min_fit {value}" for value in VALUES)),
                    [
                        (name, int(who.sum()), *(_cell(cost.rule[value], who) for value in VALUES))
                        for name, who in cost.members.items()
                    ],
                )
            )
    return "\n\n".join(parts)


def _cell(run: Served, who: Flags) -> str:
    return f"{run.share(who)} ({run.expected(who)})"


def _exposed(chance: Real) -> str:
    reached = ~np.isnan(chance)
    mean = float(chance[reached].mean()) if reached.any() else np.nan
    return f"{percent(float(reached.sum()), float(len(chance)))} ({fraction(mean)})"
