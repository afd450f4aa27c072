"""Logistic regression on places of a table: plain arithmetic, the same weights from the same examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from shared.chat.moderation.learned import norm

_ROUNDS = 12
_STEP = 0.3
_DECAY = 5e-4
"""What a weight is drawn back to nothing, each time it is used."""

Floats = NDArray[np.float64]


@njit(cache=True)
def _descend(
    starts: NDArray[np.int64], places: NDArray[np.int64], norms: Floats, wanted: Floats, weights: Floats,
    size: int, orders: NDArray[np.int64], step: float, decay: float,
) -> tuple[Floats, float]:  # fmt: skip
    table, squares, bias, bias_square = np.zeros(size), np.full(size, 1e-3), 0.0, 1e-3
    for order in orders:
        for i in order:
            total = 0.0
            for k in range(starts[i], starts[i + 1]):
                total += table[places[k]]
            slope = (1 / (1 + np.exp(-bias - total * norms[i])) - wanted[i]) * weights[i]
            for k in range(starts[i], starts[i + 1]):
                place = places[k]
                part = slope * norms[i] + decay * table[place]
                squares[place] += part * part
                table[place] -= step * part / np.sqrt(squares[place])
            bias_square += slope * slope
            bias -= step * slope / np.sqrt(bias_square)
    return table, bias


def learned(
    sets: Sequence[Sequence[int]],
    groups: Sequence[str],
    wanted: Sequence[float],
    weights: Sequence[float],
    size: int,
) -> tuple[Floats, float]:
    """The table and the bias with which the sums of these sets of places come closest to what is wanted.

    What only one group has is not learned: it says nothing about another.
    """
    chance = np.random.default_rng(1)
    norms = np.array([norm(len(one)) for one in sets])
    sets = _known(sets, groups)
    orders = np.array([chance.permutation(len(sets)) for _ in range(_ROUNDS)])
    starts = np.cumsum([0, *map(len, sets)])
    places = np.fromiter((place for one in sets for place in one), np.int64)
    table, bias = _descend(
        starts, places, norms, np.array(wanted), np.array(weights), size, orders, _STEP, _DECAY
    )
    return table, float(bias)


def _known(sets: Sequence[Sequence[int]], groups: Sequence[str]) -> list[list[int]]:
    """The sets without the places that one group alone has."""
    first: dict[int, str] = {}
    known: set[int] = set()
    for one, group in zip(sets, groups, strict=True):
        known.update(place for place in one if first.setdefault(place, group) != group)
    return [[place for place in one if place in known] for one in sets]


def quantised(table: Floats) -> tuple[bytes, float]:
    """A table as signed bytes, and what they are multiplied by."""
    scale = float(np.abs(table).max()) / 127
    return np.round(table / scale).astype(np.int8).tobytes(), scale
