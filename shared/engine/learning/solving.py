"""The linear algebra of a regression with many sparse effects: one per member and gathering.

The sparse block K is never factorised: conjugate gradients on all right-hand sides at once, so that the
work grows with the number of rows and not with the cube of the number of members.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from shared.engine.learning.rows import Real, Whole

PROBES = 32
"""Random signs per entry with which traces of the inverse are estimated (Hutchinson 1989)."""
_SEED = 20_240_117
_TOLERANCE = 1e-6
_MOST_STEPS = 500


class Solved(NamedTuple):
    """The weighted regression with all variances held fixed.

    coefficients (p) and their covariance (p, p); effects (q) and `effect_spread` (q), estimates of their
    posterior variances of which only sums over many are accurate.
    """

    coefficients: Real
    covariance: Real
    effects: Real
    effect_spread: Real


def incidence(codes: list[Whole], counts: list[int]) -> Any:
    """The sparse (n, sum of counts) matrix with a 1 per row and kind of effect; code -1 has no effect."""
    rows, columns, offset = [], [], 0
    for kind, count in zip(codes, counts, strict=True):
        has = np.flatnonzero(kind >= 0)
        rows.append(has)
        columns.append(kind[has] + offset)
        offset += count
    at, to = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_matrix((np.ones(len(at)), (at, to)), shape=(len(codes[0]), offset))


def solve(
    columns: Real,
    effects: Any,
    weights: Real,
    target: Real,
    precision: Real,
    effect_precision: Real,
    probes: int = PROBES,
) -> Solved:
    """Weighted least squares of `target` (n) with a normal prior of the given precisions (p) and (q).

    Without probes the spread of the effects is not estimated: it is all NaN.
    """
    weighted = columns * weights[:, None]
    inner = (effects.T @ effects.multiply(weights[:, None])).tocsr() + sparse.diags(effect_precision)
    crossed = effects.T @ weighted
    pull = effects.T @ (weights * target)
    signs = np.random.default_rng(_SEED).integers(0, 2, (len(pull), probes)) * 2.0 - 1.0
    width = columns.shape[1]
    answers = _conjugate_gradients(inner, np.concatenate((crossed, pull[:, None], signs), axis=1))
    across, alone, probed = answers[:, :width], answers[:, width], answers[:, width + 1 :]
    normal = weighted.T @ columns + np.diag(precision) - crossed.T @ across
    covariance = np.linalg.inv((normal + normal.T) / 2.0)
    coefficients = covariance @ (weighted.T @ target - crossed.T @ alone)
    spread = np.full(len(pull), np.nan)
    if probes:
        spread = (signs * probed).mean(axis=1) + ((across @ covariance) * across).sum(axis=1)
    return Solved(coefficients, covariance, alone - across @ coefficients, np.maximum(spread, 0.0))


def _conjugate_gradients(matrix: Any, wanted: Real) -> Real:
    """matrix^-1 @ wanted, the matrix symmetric and positive (Hestenes, Stiefel 1952)."""
    scale = 1.0 / matrix.diagonal()[:, None]
    found = np.zeros_like(wanted)
    rest = wanted.copy()
    eased = scale * rest
    step = eased.copy()
    height = (rest * eased).sum(axis=0)
    enough = height * _TOLERANCE**2
    for _ in range(_MOST_STEPS):
        if not (height > enough).any():
            break
        pushed = matrix @ step
        length = height / np.maximum((step * pushed).sum(axis=0), 1e-300)
        found += length * step
        rest -= length * pushed
        eased = scale * rest
        new = (rest * eased).sum(axis=0)
        step = eased + (new / np.maximum(height, 1e-300)) * step
        height = new
    return found
