"""From both directions to the chance of a match.

Two yeses are not independent: log-odds of a match = shift + slope · log-odds(p · q), fitted by logistic
regression on pairs held out from the model (Platt 1999).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from shared.engine.learning.rows import Real

_FEWEST = 20
"""Below so many pairs, or without both outcomes among them, nothing is learned here."""
_PRIOR_SLOPE = 4.0
"""How many units of information say "slope 1": few pairs must not turn the ranking around."""
_PRIOR_SHIFT = 1.0
_SMALLEST = 1e-6
_MOST_STEPS = 50
_SHORTEST = 1e-3


class Calibration(NamedTuple):
    """Neutral as it stands: P(match) = p · q."""

    shift: float = 0.0
    slope: float = 1.0

    def match(self, p: Real, q: Real) -> Real:
        """The chance of a match, 0 to 1, from both directions' chances of a yes; rises with p · q."""
        return _logistic(self.shift + self.slope * _log_odds(p * q))


def calibrate(p: Real, q: Real, matched: Real) -> Calibration:
    """The calibration that outcomes (1 or 0, one per pair) and weak priors make likeliest; slope ≥ 0.05."""
    if len(matched) < _FEWEST or matched.min() == matched.max():
        return Calibration()
    odds = _log_odds(p * q)
    shift, slope = 0.0, 1.0
    worth = _worth(odds, matched, shift, slope)
    for _ in range(_MOST_STEPS):
        chance = _logistic(shift + slope * odds)
        weight = np.maximum(chance * (1.0 - chance), 1e-6)
        off = matched - chance
        pull = (
            float(off.sum()) - _PRIOR_SHIFT * shift,
            float((off * odds).sum()) - _PRIOR_SLOPE * (slope - 1.0),
        )
        a, b = float(weight.sum()) + _PRIOR_SHIFT, float((weight * odds).sum())
        c = float((weight * odds * odds).sum()) + _PRIOR_SLOPE
        scale = a * c - b * b
        step = ((c * pull[0] - b * pull[1]) / scale, (a * pull[1] - b * pull[0]) / scale)
        length = 1.0
        # Newton's step overshoots where outcomes are nearly separable: half of it, until it gains.
        while length > _SHORTEST:
            new = shift + length * step[0], max(slope + length * step[1], 0.05)
            if (found := _worth(odds, matched, *new)) > worth:
                break
            length /= 2.0
        else:
            break
        gained, worth, (shift, slope) = found - worth, found, new
        if gained < 1e-10:
            break
    return Calibration(shift, slope)


def _worth(odds: Real, matched: Real, shift: float, slope: float) -> float:
    chance = _logistic(shift + slope * odds)
    likelihood = float(np.where(matched > 0, np.log(chance), np.log(1.0 - chance)).sum())
    return likelihood - 0.5 * (_PRIOR_SHIFT * shift**2 + _PRIOR_SLOPE * (slope - 1.0) ** 2)


def _logistic(odds: Real) -> Real:
    found: Real = 1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0)))
    return found


def _log_odds(chance: Real) -> Real:
    inside = np.clip(chance, _SMALLEST, 1.0 - _SMALLEST)
    return np.log(inside / (1.0 - inside))
