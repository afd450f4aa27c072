"""Sine, cosine and arctangent against the C library's, which is right to the last bit or two."""

import math

import numpy as np
import pytest

from shared.engine.charts.trigonometry import arctangent, sine_cosine

ANGLES = [
    *np.linspace(-7, 7, 401),
    *np.random.default_rng(1).uniform(-500, 500, 400),
    0.0,
    math.pi,
    *(k * math.pi / 4 for k in range(-9, 10)),
]


@pytest.mark.parametrize("kind", ["compiled", "python"])
def test_sine_and_cosine(kind: str) -> None:
    function = sine_cosine if kind == "compiled" else sine_cosine.py_func  # type: ignore[attr-defined]
    for angle in ANGLES:
        sine, cosine = function(float(angle))
        assert sine == pytest.approx(math.sin(angle), abs=3e-16, rel=0)
        assert cosine == pytest.approx(math.cos(angle), abs=3e-16, rel=0)


def test_compiled_and_plain_python_give_the_same_bits() -> None:
    for angle in ANGLES:
        assert sine_cosine(float(angle)) == sine_cosine.py_func(float(angle))  # type: ignore[attr-defined]
        point = math.cos(angle), math.sin(angle)
        assert arctangent(*point) == arctangent.py_func(*point)  # type: ignore[attr-defined]


def test_arctangent_in_every_direction() -> None:
    for angle in ANGLES:
        y, x = 3.7 * math.sin(angle), 3.7 * math.cos(angle)
        found = arctangent(y, x)
        assert 0 <= found < 2 * math.pi
        assert abs(math.remainder(found - math.atan2(y, x), 2 * math.pi)) < 2e-15


@pytest.mark.parametrize(
    ("y", "x", "direction"),
    [(0.0, 1.0, 0), (1.0, 0.0, 90), (0.0, -1.0, 180), (-0.0, -1.0, 180), (-1.0, 0.0, 270), (0.0, 0.0, 0)],
)
def test_arctangent_along_the_axes(y: float, x: float, direction: float) -> None:
    assert math.degrees(arctangent(y, x)) == pytest.approx(direction, abs=1e-13)


def test_a_direction_just_below_the_axis_is_no_full_turn() -> None:
    assert arctangent(-1e-300, 1.0) == 0.0
