"""Improving an allocation by exchanging pairs along chains.

The kernels call each other, which is why they stand in one file: compiled code is renewed only when its own
file changes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from shared.engine.compiled import compiled
from shared.engine.market.graph import Neighbours, Real, Whole
from shared.engine.market.held import Held

_NOTHING = -1e300

_Number = int | np.int64


class _Search(NamedTuple):
    """What a search for chains is guided by, and what it remembers while it tries one."""

    rows: Neighbours
    weights: Real
    worth: Real
    touched: Whole
    """The number of the last trial that took or dropped each edge: no trial moves an edge twice."""
    log: Whole
    """The moves of the trial: edges taken, or -1 - edge for edges dropped."""


@compiled
def _take(edge: _Number, held: Held) -> None:
    """Propose the pair."""
    held.taken[edge] = 1
    for member in (held.low[edge], held.high[edge]):
        held.held[held.first[member] + held.load[member]] = edge
        held.load[member] += 1


@compiled
def _drop(edge: _Number, held: Held) -> None:
    """Do not propose the pair after all."""
    held.taken[edge] = 0
    for member in (held.low[edge], held.high[edge]):
        held.load[member] -= 1
        at = held.first[member]
        while held.held[at] != edge:
            at += 1
        held.held[at] = held.held[held.first[member] + held.load[member]]


@compiled
def greedy(order: Whole, held: Held) -> None:
    """Take edges in their order while both ends have room."""
    for edge in order:
        one, other = held.low[edge], held.high[edge]
        if not held.taken[edge] and held.load[one] < held.room[one] and held.load[other] < held.room[other]:
            _take(edge, held)


@compiled
def _undo(held: Held, log: Whole, length: _Number, keep: _Number) -> None:
    """Take back all but the first `keep` of `length` moves."""
    while length > keep:
        length -= 1
        if log[length] >= 0:
            _drop(log[length], held)
        else:
            _take(-1 - log[length], held)


@compiled
def _chain(
    member: _Number,
    held: Held,
    search: _Search,
    trial: _Number,
    longest: int,
    margin: float,
    length: _Number,
    gain: float,
) -> tuple[float, _Number]:
    """Spend a free place of `member`: take an edge; where its other end is full, drop one there; go on.

    Each step is the one that promises most, counting the place it frees at its worth. The chain ends where
    the sum of weights was highest, among the ends that leave nobody without anything; later moves are
    taken back. Returns the gain, _NOTHING without such an end, and the number of moves that stay.
    """
    rows, weights, worth, touched, log = search
    best, best_length = _NOTHING, length
    if held.load[member] > 0:
        best = gain
    for _ in range(longest):
        promise, chosen, dropped = _NOTHING, np.int64(-1), np.int64(-1)
        for at in range(rows.start[member], rows.start[member + 1]):
            edge, end = rows.edge[at], rows.other[at]
            if held.taken[edge] or touched[edge] == trial:
                continue
            # Rows are sorted: in a good allocation no later edge can promise more than this.
            if weights[edge] - worth[end] + margin < promise:
                break
            if held.load[end] < held.room[end]:
                if weights[edge] > promise:
                    promise, chosen, dropped = weights[edge], np.int64(edge), np.int64(-1)
                continue
            for place in range(held.first[end], held.first[end] + held.load[end]):
                given = held.held[place]
                if touched[given] != trial:
                    freed = held.low[given] + held.high[given] - end
                    value = weights[edge] - weights[given] + worth[freed]
                    if value > promise:
                        promise, chosen, dropped = value, np.int64(edge), given
        # A chain may run through a loss as long as it promises to end in a gain.
        if chosen < 0 or gain + promise <= min(best, 0.0):
            break
        end = held.low[chosen] + held.high[chosen] - member
        if dropped >= 0:
            _drop(dropped, held)
            touched[dropped] = trial
            log[length] = -1 - dropped
            length += 1
            gain -= weights[dropped]
        _take(chosen, held)
        touched[chosen] = trial
        log[length] = chosen
        length += 1
        gain += weights[chosen]
        if dropped < 0:
            if gain > best:
                best, best_length = gain, length
            break
        member = held.low[dropped] + held.high[dropped] - end
        if gain > best and held.load[member] > 0:
            best, best_length = gain, length
    _undo(held, log, length, best_length)
    return best, best_length


@compiled
def _insist(
    wanted: _Number, held: Held, search: _Search, trial: _Number, longest: int, margin: float
) -> tuple[float, _Number]:
    """Take an edge whatever it costs, drop the worst at full ends, and chains from those who lose by it."""
    _, weights, worth, touched, log = search
    touched[wanted] = trial
    gain = weights[wanted]
    length: _Number = np.int64(0)
    lost = np.empty(2, np.int64)
    lost[:] = -1
    for side in range(2):
        end = held.low[wanted] if side == 0 else held.high[wanted]
        if held.load[end] < held.room[end]:
            continue
        dropped, most = np.int64(-1), _NOTHING
        for place in range(held.first[end], held.first[end] + held.load[end]):
            given = held.held[place]
            value = worth[held.low[given] + held.high[given] - end] - weights[given]
            if value > most:
                dropped, most = given, value
        _drop(dropped, held)
        touched[dropped] = trial
        log[length] = -1 - dropped
        length += 1
        gain -= weights[dropped]
        lost[side] = held.low[dropped] + held.high[dropped] - end
    _take(wanted, held)
    log[length] = wanted
    length += 1
    for loser in lost:
        if loser >= 0 and gain > _NOTHING and held.load[loser] < held.room[loser]:
            gain, length = _chain(loser, held, search, trial, longest, margin, length, gain)
    return gain, length


@compiled
def improve(
    rows: Neighbours, weights: Real, worth: Real, held: Held, longest: int, slack: float, least: float
) -> float:
    """Exchange along chains of up to `longest` steps; the sum of weights grows by what is returned.

    Rows hold each member's edges, the highest weight less the other's worth first. Chains start at places
    that are free, and with edges that are not taken although weight and worths (within `slack`) say they
    should be. A gain counts above `least`. Nobody who holds something is left with nothing. One pass over
    the members: a second one finds less than a ten-thousandth.
    """
    touched = np.zeros(len(weights), np.int64)
    search = _Search(rows, weights, worth, touched, np.empty(4 * longest + 8, np.int64))
    margin = 4.0 * slack
    # Of a type, not literals: kernels are compiled anew for each literal they are called with.
    trial, none, total = np.int64(0), np.int64(0), 0.0
    for member in range(len(held.room)):
        # A chain may end at another free place of the same member, and fill two at once.
        while held.load[member] < held.room[member]:
            trial += 1
            gain, length = _chain(member, held, search, trial, longest, margin, none, 0.0)
            if gain <= least:
                _undo(held, search.log, length, none)
                break
            total += gain
        for at in range(rows.start[member], rows.start[member + 1]):
            wanted = np.int64(rows.edge[at])
            if weights[wanted] - worth[member] - worth[rows.other[at]] < -slack:
                break
            if held.taken[wanted] or held.room[member] == 0 or held.room[rows.other[at]] == 0:
                continue
            trial += 1
            gain, length = _insist(wanted, held, search, trial, longest, margin)
            if gain <= least:
                _undo(held, search.log, length, none)
            else:
                total += gain
    return total


@compiled
def serve(near: Neighbours, weights: Real, held: Held) -> int:
    """Give one proposal to members who hold none, at the cost of those who hold several; how many got one.

    From each of them the shortest chain is sought (take an edge, drop one at its other end, take one from
    there, …) that ends at a free place or with somebody who holds two. Of several equally short ones the
    one that loses least is taken. Finds a chain wherever there is one if the graph has two sides.
    """
    members = len(held.room)
    # Marks say in which search a member was reached, in which of two parts: full, so one edge must be
    # dropped there, or freed of an edge. A search that fails leaves its marks: what it has reached cannot
    # help anybody else either.
    full, freed = np.zeros(members, np.int64), np.zeros(members, np.int64)
    from_member, by_edge, lost = (
        np.empty(members, np.int64),
        np.empty(members, np.int64),
        np.empty(members, np.int64),
    )
    gains = np.zeros(members)
    queue, passed = np.empty(members, np.int64), np.empty(members, np.int64)
    moves = 0
    for member in range(members):
        if held.load[member] > 0 or held.room[member] == 0 or freed[member] > 0:
            continue
        search = member + 1
        queue[0], size, head, ends = member, 1, 0, 0
        freed[member], gains[member] = search, 0.0
        best, last, last_edge, last_lost = _NOTHING, np.int64(-1), np.int64(-1), np.int64(-1)
        while head < size and last < 0:
            layer = size
            while head < layer:
                here = queue[head]
                head += 1
                for at in range(near.start[here], near.start[here + 1]):
                    edge, end = np.int64(near.edge[at]), near.other[at]
                    if held.room[end] == 0 or full[end] > 0 or freed[end] == search or held.taken[edge]:
                        continue
                    full[end] = search
                    passed[ends] = end
                    ends += 1
                    gain = gains[here] + weights[edge]
                    if held.load[end] < held.room[end]:
                        if gain > best:
                            best, last, last_edge, last_lost = gain, here, edge, np.int64(-1)
                        continue
                    for place in range(held.first[end], held.first[end] + held.load[end]):
                        given = held.held[place]
                        third = held.low[given] + held.high[given] - end
                        value = gain - weights[given]
                        if freed[third] > 0 or full[third] == search:
                            continue
                        if held.load[third] > 1:
                            if value > best:
                                best, last, last_edge, last_lost = value, here, edge, given
                        else:
                            freed[third], gains[third] = search, value
                            from_member[third], by_edge[third], lost[third] = here, edge, given
                            queue[size] = third
                            size += 1
        if last < 0:
            continue
        # All drops before all takes: nobody ever holds more than they have room for.
        if last_lost >= 0:
            _drop(last_lost, held)
        here = last
        while here != member:
            _drop(lost[here], held)
            here = from_member[here]
        _take(last_edge, held)
        here = last
        while here != member:
            _take(by_edge[here], held)
            here = from_member[here]
        moves += 1
        for at in range(size):
            freed[queue[at]] = 0
        for at in range(ends):
            full[passed[at]] = 0
    return moves
