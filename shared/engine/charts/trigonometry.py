"""Sine, cosine and arctangent from + − × ÷ √ alone.

The sine of one C library differs from that of another in the last bit. Scores are computed from the
ascendants of stored charts, and a run repeated on another machine must give the same scores. IEEE 754
fixes + − × ÷ √ to the last bit, so series of those do too. Errors are below 1e-15 radians.
"""

from __future__ import annotations

from math import floor, sqrt

from shared.engine.compiled import compiled

PI = 3.141592653589793
TURN = 2.0 * PI  # radians
DEGREES = 180.0 / PI  # degrees in a radian
RADIANS = PI / 180.0  # radians in a degree
ARCSECONDS = PI / 648_000.0  # radians in an arcsecond

# A quarter turn in two parts: the first has 33 bits, so that whole multiples of it stay exact.
_QUARTER_HIGH = 1.5707963267341256
_QUARTER_LOW = 6.077100506506192e-11

# Taylor's coefficients: of the sine and the cosine ±1/n!, of the arctangent 1/n.
_S3, _S5, _S7, _S9 = -1 / 6, 1 / 120, -1 / 5040, 1 / 362_880
_S11, _S13, _S15, _S17 = -1 / 39_916_800, 1 / 6_227_020_800, -1 / 1_307_674_368_000, 1 / 355_687_428_096_000
_C2, _C4, _C6, _C8 = -1 / 2, 1 / 24, -1 / 720, 1 / 40_320
_C10, _C12, _C14, _C16 = -1 / 3_628_800, 1 / 479_001_600, -1 / 87_178_291_200, 1 / 20_922_789_888_000
_A3, _A5, _A7, _A9, _A11, _A13 = 1 / 3, 1 / 5, 1 / 7, 1 / 9, 1 / 11, 1 / 13
_A15, _A17, _A19, _A21, _A23 = 1 / 15, 1 / 17, 1 / 19, 1 / 21, 1 / 23


@compiled
def sine_cosine(angle: float) -> tuple[float, float]:
    """Sine and cosine of an angle in radians, |angle| below a million.

    Reduced to an eighth of a turn either side of 0, where nine terms of Taylor's series are exact enough.
    """
    quarters = floor(angle * (2.0 / PI) + 0.5)
    x = (angle - quarters * _QUARTER_HIGH) - quarters * _QUARTER_LOW
    s = x * x
    sine = x * (
        1.0 + s * (_S3 + s * (_S5 + s * (_S7 + s * (_S9 + s * (_S11 + s * (_S13 + s * (_S15 + s * _S17)))))))
    )
    cosine = 1.0 + s * (
        _C2 + s * (_C4 + s * (_C6 + s * (_C8 + s * (_C10 + s * (_C12 + s * (_C14 + s * _C16))))))
    )
    turned = int(quarters) % 4
    if turned == 0:
        return sine, cosine
    if turned == 1:
        return cosine, -sine
    if turned == 2:
        return -sine, -cosine
    return -cosine, sine


@compiled
def arctangent(y: float, x: float) -> float:
    """The direction of (x, y) in radians, 0 ≤ result < TURN; 0 where both are 0."""
    if x == 0.0 and y == 0.0:
        return 0.0
    across, along = abs(y), abs(x)
    steep = across > along
    ratio = along / across if steep else across / along
    # tan(a/4) from tan a by halving twice: then 0 ≤ t < 0.2 and the series ends quickly.
    t = ratio / (1.0 + sqrt(1.0 + ratio * ratio))
    t = t / (1.0 + sqrt(1.0 + t * t))
    s = t * t
    series = _A13 - s * (_A15 - s * (_A17 - s * (_A19 - s * (_A21 - s * _A23))))
    series = _A3 - s * (_A5 - s * (_A7 - s * (_A9 - s * (_A11 - s * series))))
    angle = 4.0 * t * (1.0 - s * series)
    if steep:
        angle = PI / 2.0 - angle
    if x < 0.0:
        angle = PI - angle
    if y < 0.0:
        angle = TURN - angle
    return angle if angle < TURN else 0.0
