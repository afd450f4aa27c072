"""The moment of the design chart: when the Sun stood exactly 88° before its place at birth."""

from __future__ import annotations

from math import floor

from shared.engine.charts.earth import dynamical, nutation
from shared.engine.charts.ephemeris import Tables
from shared.engine.charts.sky import apparent_sun
from shared.engine.compiled import compiled

DESIGN_ARC = 88.0  # degrees
_MEAN_DAYS = 89.3  # the arc takes 86.6 to 92.0 days
_MEAN_SPEED = 0.98565  # degrees a day
_PRECISE = 1e-9  # degrees: a tenth of a millisecond


@compiled
def design_moment(tables: Tables, ut1: float, longitude: float) -> float:
    """UT1 days from J2000 when the Sun stood DESIGN_ARC before `longitude`, where it stands at `ut1`.

    The secant method. The Sun's speed changes by less than 0.06 % in a day, so that of the first error,
    3 days at most, 0.1 is left, then 0.0001, and after two more steps less than the clock can tell.
    """
    before = ut1 - _MEAN_DAYS
    ahead_before = _ahead(tables, before, longitude)
    moment = before - ahead_before / _MEAN_SPEED
    for _ in range(8):
        ahead = _ahead(tables, moment, longitude)
        if abs(ahead) < _PRECISE:
            break
        speed = (ahead - ahead_before) / (moment - before)
        before, ahead_before = moment, ahead
        moment -= ahead / speed
    return moment


@compiled
def _ahead(tables: Tables, ut1: float, longitude: float) -> float:
    """Degrees, −180..180, that the Sun has passed the place sought."""
    day = dynamical(tables, ut1)
    ahead = apparent_sun(tables, day, nutation(tables, day)[0]) - (longitude - DESIGN_ARC)
    return ahead - floor(ahead / 360.0 + 0.5) * 360.0
