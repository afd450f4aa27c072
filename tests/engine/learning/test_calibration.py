"""From both directions' chances to the chance of a match."""

import numpy as np
import pytest

from shared.engine.learning.calibration import Calibration, calibrate
from shared.engine.learning.rows import Real


def drawn(shift: float, slope: float, count: int = 20_000) -> tuple[Real, Real, Real]:
    random = np.random.default_rng(1)
    p, q = random.uniform(0.05, 0.95, (2, count))
    chance = Calibration(shift, slope).match(p, q)
    return p, q, (random.random(count) < chance).astype(np.float64)


@pytest.mark.parametrize(("shift", "slope"), [(0.0, 1.0), (-0.8, 1.0), (0.5, 0.4), (0.3, 1.8)])
def test_what_made_the_outcomes_is_found(shift: float, slope: float) -> None:
    found = calibrate(*drawn(shift, slope))
    assert found.shift == pytest.approx(shift, abs=0.08)
    assert found.slope == pytest.approx(slope, abs=0.08)


def test_neutral_means_the_product() -> None:
    np.testing.assert_allclose(Calibration().match(np.array([0.5, 0.9]), np.array([0.4, 0.9])), [0.2, 0.81])


def test_few_or_equal_outcomes_change_nothing() -> None:
    p, q, matched = drawn(1.0, 1.0, 19)
    assert calibrate(p, q, matched) == Calibration()
    p, q, matched = drawn(1.0, 1.0, 100)
    assert calibrate(p, q, np.zeros(100)) == Calibration()


@pytest.mark.parametrize("turned", [False, True])
def test_perfectly_told_outcomes_neither_overflow_nor_turn_the_order_around(turned: bool) -> None:
    p = np.concatenate((np.full(500, 1e-9), np.full(500, 1.0)))
    matched = (p > 0.5).astype(np.float64)
    found = calibrate(p, p, 1.0 - matched if turned else matched)
    assert np.isfinite(found).all()
    assert found.slope == pytest.approx(0.05) if turned else found.slope > 0.3
