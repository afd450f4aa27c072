"""Who is proposed when room is scarce: toy graphs, then random ones."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engine.allocation import allocate, gini

Edges = list[tuple[int, int]]


def allocated(edges: Edges, capacities: list[int]) -> Edges:
    """The chosen edges; `edges` come best first."""
    low = np.array([min(edge) for edge in edges], dtype=np.int32)
    high = np.array([max(edge) for edge in edges], dtype=np.int32)
    chosen = allocate(low, high, np.array(capacities, dtype=np.int64))
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    return [edges[at] for at in chosen]


def loads(edges: Edges, members: int) -> list[int]:
    ends = [member for edge in edges for member in edge]
    return [ends.count(member) for member in range(members)]


def test_nobody_and_nothing() -> None:
    assert allocated([], []) == []
    assert allocated([], [3, 3]) == []


def test_the_best_pair_comes_first() -> None:
    assert allocated([(0, 1), (1, 2)], [1, 1, 1]) == [(0, 1)]


def test_a_triangle_serves_two_then_all() -> None:
    triangle = [(0, 1), (1, 2), (0, 2)]
    assert allocated(triangle, [1, 1, 1]) == [(0, 1)]
    assert allocated(triangle, [2, 2, 2]) == triangle


def test_a_pair_is_taken_once_whatever_room_is_left() -> None:
    assert allocated([(0, 1)], [5, 5]) == [(0, 1)]


def test_no_room_means_no_proposal() -> None:
    assert allocated([(0, 1), (1, 2), (0, 2)], [0, 3, -2]) == []


def test_the_unserved_come_before_the_popular() -> None:
    """Member 0 likes 1 best; 1 and 2 could both take two. Plain greedy leaves 3 with nothing."""
    edges = [(0, 1), (0, 2), (1, 2), (1, 3)]
    assert allocated(edges, [2, 2, 2, 1]) == [(0, 1), (0, 2), (1, 3)]


def test_a_star_serves_as_many_as_its_centre_can_take() -> None:
    assert allocated([(0, n) for n in range(1, 9)], [3] * 9) == [(0, 1), (0, 2), (0, 3)]


graphs = st.integers(2, 14).flatmap(
    lambda n: st.tuples(
        st.permutations([(i, j) for j in range(n) for i in range(j)]),
        st.integers(0, n * (n - 1) // 2),
        st.lists(st.integers(-1, 4), min_size=n, max_size=n),
    )
)


@given(graphs)
def test_room_is_kept_and_nothing_possible_is_left(graph: tuple[Edges, int, list[int]]) -> None:
    """Odd cycles and cliques included: nothing here assumes two sides."""
    edges, size, capacities = graph
    edges = edges[:size]
    chosen = allocated(edges, capacities)
    held = loads(chosen, len(capacities))
    assert len(set(chosen)) == len(chosen)
    assert all(h <= max(0, c) for h, c in zip(held, capacities, strict=True))
    for i, j in set(edges) - set(chosen):
        assert held[i] >= capacities[i] or held[j] >= capacities[j]
    rest = [edge for edge in edges if edge not in chosen]
    assert allocated(rest, [c - h for c, h in zip(capacities, held, strict=True)]) == []


def plain_greedy(edges: Edges, capacities: list[int]) -> Edges:
    room, taken = list(capacities), []
    for i, j in edges:
        if room[i] > 0 and room[j] > 0:
            room[i] -= 1
            room[j] -= 1
            taken.append((i, j))
    return taken


@pytest.mark.parametrize("seed", range(5))
def test_rounds_serve_more_people_more_evenly_than_plain_greedy(seed: int) -> None:
    """Two sides of 60 and 40 of whom some are liked by all: where greedy floods the popular."""
    draw = random.Random(seed)
    charm = [draw.random() for _ in range(100)]
    edges = [(i, j) for i in range(60) for j in range(60, 100) if draw.random() < 0.15]
    edges.sort(key=lambda edge: -(charm[edge[0]] + charm[edge[1]] + 0.2 * draw.random()))
    fair, greedy = allocated(edges, [3] * 100), plain_greedy(edges, [3] * 100)
    fair_loads, greedy_loads = loads(fair, 100), loads(greedy, 100)
    assert fair_loads.count(0) < greedy_loads.count(0)
    assert gini(fair_loads) < gini(greedy_loads)
    assert len(fair) > 0.95 * len(greedy)


def test_more_pairs_than_one_look_give_the_same_as_one_by_one() -> None:
    """Dropping hopeless pairs in bulk must not change which are taken."""
    draw = random.Random(3)
    edges = [(i, j) for j in range(300) for i in range(j)]
    draw.shuffle(edges)
    capacities = [draw.randint(0, 3) for _ in range(300)]
    held, taken = [0] * 300, set()
    for most in (1, 2, 3):
        for only_unserved in (True, False):
            for i, j in edges:
                fits = held[i] < min(most, capacities[i]) and held[j] < min(most, capacities[j])
                if fits and (i, j) not in taken and not (only_unserved and held[i] and held[j]):
                    held[i] += 1
                    held[j] += 1
                    taken.add((i, j))
    assert set(allocated(edges, capacities)) == taken


def test_gini() -> None:
    assert gini([]) == gini([0, 0]) == 0.0
    assert gini([2, 2, 2]) == 0.0
    assert gini([0, 0, 0, 4]) == pytest.approx(0.75)
    assert gini([1, 2, 3]) == gini([3, 1, 2]) == pytest.approx(2 / 9)
