"""How likely a member says yes: from a pair's z to a probability.

P = logistic(intercept + slope * z), as a table of exact values and straight lines between them: sums and
products alone, so that every machine finds the same last bit. The line between two points of a rising
curve rises, so ordering by P is ordering by z.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import cache

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import compiled
from shared.engine.configuration import CONFIGURATION

_REACH = 8.0
"""Beyond this many deviations the curve counts as flat."""
_STEPS = 64
"""Points per deviation."""

Real = npt.NDArray[np.float64]


@cache
def _table() -> Real:
    with localcontext() as context:
        context.prec = 30
        intercept, slope = (
            Decimal(str(CONFIGURATION.accept_intercept)),
            Decimal(str(CONFIGURATION.accept_slope)),
        )
        points = range(-int(_REACH) * _STEPS, int(_REACH) * _STEPS + 1)
        return np.array([float(1 / (1 + (-(intercept + slope * point / _STEPS)).exp())) for point in points])


def acceptance(z: Real, known: npt.NDArray[np.bool_]) -> Real:
    """P that either side accepts, 0 to 1, per pair; pairs about which nothing is known come last."""
    found = np.empty(len(z))
    _look_up(_table(), z, known, found)
    return found


@compiled
def _look_up(table: Real, z: Real, known: npt.NDArray[np.bool_], found: Real) -> None:
    last = table.shape[0] - 1
    for pair in range(z.shape[0]):
        if not known[pair]:
            found[pair] = table[0]
            continue
        at = (min(max(z[pair], -_REACH), _REACH) + _REACH) * _STEPS
        left = min(int(at), last - 1)
        found[pair] = table[left] + (at - left) * (table[left + 1] - table[left])
