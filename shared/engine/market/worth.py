"""What one more proposal to each member would be worth: the dual of the best allocation.

The best allocation of places is a linear programme: pairs may be taken between not at all and once,
everybody as often as they have room. Its dual gives every member a worth u ≥ 0 and minimises

    Σ room · u  +  Σ max(0, weight - u_low - u_high)    over members and pairs.

A pair is worth taking where its weight exceeds the two worths; that is what exchanges are guided by. The
corner of max(0, r) is rounded to ½ (r + √(r² + width²)), needing no more than a square root, and the width
lowered step by step. Prices alone would not do: they let a member spend all proposals on one candidate.
"""

from __future__ import annotations

import math

import numpy as np

from shared.engine.compiled import compiled
from shared.engine.market.graph import Neighbours, Real, Whole
from shared.engine.market.prices import SPREAD, Prices

_ROUNDS = ((0.027, 20), (0.0135, 20), (0.0067, 20))
"""Width as a share of the scale, and how often everybody's worth is brought up to date with it."""


def price_worths(prices: Prices) -> Real:
    """-spread · ln A: the price of each member in units of weight; 0 for who can take nothing."""
    return _logarithms(prices.values) * (-SPREAD * prices.scale)


def worths(near: Neighbours, weights: Real, room: Whole, prices: Prices) -> Real:
    """The worth of every member, starting from the prices."""
    found = np.maximum(price_worths(prices), 0.0)
    along = weights[near.edge]
    for width, times in _ROUNDS:
        _descend(near, along, room, found, width * prices.scale, times)
    return found


@compiled
def _logarithms(values: Real) -> Real:
    """Natural logarithms, the same on every machine; 0 where there is none."""
    found = np.zeros(len(values))
    for at in range(len(values)):
        if values[at] <= 0.0:
            continue
        part, exponent = math.frexp(values[at])
        # ln x = 2 artanh((x - 1) / (x + 1)), as a series; part is from ½ to 1, so |t| ≤ ⅓.
        t = (part - 1.0) / (part + 1.0)
        square, power, total = t * t, t, 0.0
        for odd in range(1, 40, 2):
            total += power / odd
            power *= square
        found[at] = 2.0 * total + exponent * 0.6931471805599453
    return found


@compiled
def _descend(near: Neighbours, weights: Real, room: Whole, worth: Real, width: float, times: int) -> None:
    """Newton's step towards the minimum for one member after the other, `times` times around.

    `weights` has one entry per place of `near`.
    """
    square = width * width
    for _ in range(times):
        for member in range(len(room)):
            if room[member] == 0:
                continue
            mine = worth[member]
            taken, slope = 0.0, 0.0
            for at in range(near.start[member], near.start[member + 1]):
                rest = weights[at] - worth[near.other[at]] - mine
                steep = 1.0 / np.sqrt(rest * rest + square)
                taken += 0.5 + 0.5 * rest * steep
                slope += steep * steep * steep
            slope *= 0.5 * square
            # No further than two widths: beyond, the slope at this point says nothing.
            step = (taken - room[member]) / (slope + 1e-9)
            worth[member] = max(0.0, mine + min(max(step, -2.0 * width), 2.0 * width))
