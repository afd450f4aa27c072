"""Markets for the tests: from a few named edges, drawn at random, and their best possible outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from shared.engine.market import Market, market_of_pairs, propose
from shared.engine.market.graph import Real, Whole

Pair = tuple[int, int]


def market(chances: Mapping[Pair, float | tuple[float, float]], capacity: Sequence[int]) -> Market:
    """A market of pairs (low, high) and the chances that low likes high and high likes low."""
    pairs = sorted(chances)
    both = [c if isinstance(c, tuple) else (c, 1.0) for c in (chances[pair] for pair in pairs)]
    return market_of_pairs(
        np.array([low for low, _ in pairs], dtype=np.int32),
        np.array([high for _, high in pairs], dtype=np.int32),
        np.array([p for p, _ in both], dtype=np.float64),
        np.array([q for _, q in both], dtype=np.float64),
        np.array(capacity, dtype=np.int64),
    )


def proposed(where: Market) -> list[Pair]:
    """The pairs a run proposes, best first."""
    return pairs_of(where, propose(where).chosen)


def pairs_of(where: Market, edges: Whole) -> list[Pair]:
    """The two members of each edge."""
    return list(zip(where.low[edges].tolist(), where.high[edges].tolist(), strict=True))


def loads(where: Market, edges: Whole) -> Whole:
    """How many of the edges each member is in."""
    found: Whole = np.bincount(where.low[edges], minlength=where.members)
    found += np.bincount(where.high[edges], minlength=where.members)
    return found


def total(where: Market, edges: Whole) -> float:
    """Expected matches."""
    return float((where.p[edges] * where.q[edges]).sum())


def best_sum(where: Market, serving: int) -> float:
    """The highest sum of weights of any allocation in which at least `serving` members get something."""
    found = _best(where, np.r_[where.weights, np.zeros(where.members)], serving)
    return -np.inf if found is None else found


def most_served(where: Market) -> int:
    """The largest number of members that any allocation can serve."""
    return round(_best(where, np.r_[np.zeros(len(where)), np.ones(where.members)], 0) or 0.0)


def _best(where: Market, worth: Real, serving: int) -> float | None:
    """The most of `worth` that a choice of edges and members can have, if every chosen member is served."""
    edges, members = len(where), where.members
    if members == 0:
        return 0.0
    takes = np.zeros((members, edges))
    takes[where.low, np.arange(edges)] = takes[where.high, np.arange(edges)] = 1
    room = np.maximum(where.capacity, 0)
    found = milp(
        -worth,
        constraints=[
            LinearConstraint(np.hstack([takes, np.zeros((members, members))]), 0, room),
            LinearConstraint(np.hstack([takes, -np.eye(members)]), 0, np.inf),
            LinearConstraint(np.r_[np.zeros(edges), np.ones(members)][None, :], serving, np.inf),
        ],
        integrality=np.ones(edges + members),
        bounds=Bounds(0, 1),
    )
    return -float(found.fun) if found.success else None


def limit(where: Market) -> float:
    """The optimum of the linear programme: no allocation has a higher sum of weights."""
    edges = len(where)
    ends = csr_matrix(
        (np.ones(2 * edges), (np.r_[where.low, where.high], np.tile(np.arange(edges), 2))),
        shape=(where.members, edges),
    )
    found = milp(-where.weights, constraints=[LinearConstraint(ends, 0, where.capacity)], bounds=Bounds(0, 1))
    return -float(found.fun)


def popularity(per_side: int, share: float, seed: int, capacity: int = 3) -> Market:
    """Two sides in which liking is `share` what everybody sees in the other and else a matter of taste."""
    rng = np.random.default_rng(seed)
    left = rng.permutation(np.linspace(0, 1, per_side))[:, None]
    right = rng.permutation(np.linspace(0, 1, per_side))[None, :]
    p = share * right + (1 - share) * rng.random((per_side, per_side))
    q = share * left + (1 - share) * rng.random((per_side, per_side))
    low, high = np.divmod(np.arange(per_side * per_side, dtype=np.int32), np.int32(per_side))
    return market_of_pairs(
        low, high + np.int32(per_side), p.ravel(), q.ravel(), np.full(2 * per_side, capacity)
    )


def pool(members: int, degree: float, seed: int, capacity: int = 3) -> Market:
    """One pool in which about `degree` candidates pass everybody's filters, and popularity matters."""
    rng = np.random.default_rng(seed)
    low, high = (side.astype(np.int32) for side in np.triu_indices(members, 1))
    eligible = rng.random(len(low)) < degree / members
    low, high = low[eligible], high[eligible]
    appeal = rng.random(members)
    chance = 0.5 * (appeal[low] + appeal[high]) * 0.6
    p, q = (chance + 0.4 * rng.random(len(low)) for _ in "pq")
    return market_of_pairs(low, high, p, q, np.full(members, capacity))


def renamed(where: Market, names: Whole) -> Market:
    """The same market with member m called names[m]."""
    low, high = (names[side].astype(np.int32) for side in (where.low, where.high))
    swapped = low > high
    first, second = np.where(swapped, high, low), np.where(swapped, low, high)
    p, q = np.where(swapped, where.q, where.p), np.where(swapped, where.p, where.q)
    order = np.lexsort((second, first))
    capacity = np.empty_like(where.capacity)
    capacity[names] = where.capacity
    return market_of_pairs(first[order], second[order], p[order], q[order], capacity)


def any_chance() -> st.SearchStrategy[float]:
    """0, 1, the same for many, or anything between."""
    return st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1, allow_subnormal=False))


@st.composite
def markets(draw: st.DrawFn, two_sided: bool | None = None, most: int = 12) -> Market:
    """Any graph of up to `most` members (odd cycles, cliques, isolated members), any capacities."""
    members = draw(st.integers(0, most))
    everybody = [(low, high) for high in range(members) for low in range(high)]
    if two_sided or (two_sided is None and draw(st.booleans())):
        everybody = [(low, high) for low, high in everybody if low < members // 2 <= high]
    pairs = draw(st.lists(st.sampled_from(everybody), unique=True)) if everybody else []
    chances = {pair: (draw(any_chance()), draw(any_chance())) for pair in pairs}
    return market(chances, draw(st.lists(st.integers(-1, 5), min_size=members, max_size=members)))


def ascending(edges: Whole) -> list[int]:
    """The edges as a set with an order."""
    return sorted(edges.tolist())


def random_weights(where: Market, seed: int) -> Real:
    """Distinct chances for the same graph."""
    return np.random.default_rng(seed).random(len(where))
