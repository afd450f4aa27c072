"""From the clock on the wall at birth to moments of universal time.

A wall time usually names one moment. In spring an hour is skipped: the clock that showed it had not been
put forward, or had been too early. In autumn an hour comes twice. Either way the time has two readings,
the offset before the change and the one after it. Asked for one chart, `moment` refuses and says so; a
member's stored birth counts half for each reading (`moments_of`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Literal, NamedTuple

from shared.engine.charts.zones import UnknownZone, zone

Accuracy = Literal["exact", "approximate", "unknown"]

FIRST, LAST = date(1900, 1, 1), date(2050, 12, 31)
MARGIN = 3600  # seconds either side of an approximate time
INSTANTS = 48  # that stand for an uncertain time
_EPOCH = datetime(1970, 1, 1).toordinal()
_DAY = 86_400


class BirthError(ValueError):
    """No chart can be computed for the birth at this position; the reason holds none of its values."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"birth {position}: {reason}")
        self.position = position
        self.reason = reason


class WallTimeError(ValueError):
    """This wall time names no moment, or two.

    WallTimeError
      ├─ SkippedTime    the clocks were put forward over it
      └─ RepeatedTime   the clocks were put back, and it came twice
    """


class SkippedTime(WallTimeError):
    """The clocks were put forward over this time."""


class RepeatedTime(WallTimeError):
    """The clocks were put back, and this time came twice."""


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth as members give it: wall time at a place (degrees north and east, IANA zone).

    `exact` is to the minute, `approximate` to the hour either side, `unknown` has no time.
    """

    date: date
    time: time | None
    accuracy: Accuracy
    lat: float
    lon: float
    tz: str


class Moments(NamedTuple):
    """Which moments a birth may have had: INSTANTS of them, or one where `duration` is 0.

    Half of the instants are the midpoints of equal parts of the first `block` seconds after `start`
    (seconds since 1970 UTC), half those of the last `block` seconds before `start + duration`.
    """

    start: int
    duration: int
    block: int


def moments_of(births: Sequence[Birth]) -> list[Moments]:
    """The moments of each birth; raises BirthError for the first that is not possible."""
    moments = []
    for position, birth in enumerate(births):
        try:
            moments.append(_moments(birth))
        except ValueError as error:
            raise BirthError(position, str(error)) from None
    return moments


def moment(day: date, clock: time, tz: str, fold: int | None = None) -> int:
    """Seconds since 1970 UTC of a wall time in a zone.

    `fold` chooses where a time has two readings: 0 the offset before the clocks were changed, 1 the one
    after. Without it SkippedTime or RepeatedTime is raised; UnknownZone and ValueError (dates) always.
    """
    _check_date(day)
    before, after = _readings(day, clock, tz)
    if before == after or fold is not None:
        return after if fold else before
    if before > after:
        raise SkippedTime("this wall time does not exist: the clocks were put forward over it")
    raise RepeatedTime("this wall time came twice: the clocks were put back")


def around(seconds: int) -> Moments:
    """The moments of an approximate time: an hour either side."""
    return Moments(seconds - MARGIN, 2 * MARGIN, MARGIN)


def whole_day(day: date, tz: str) -> Moments:
    """From midnight to midnight at a zone: 23, 24 or 25 hours, as long as the day was there."""
    _check_date(day)
    start = _midnight(day, tz)
    duration = _midnight(day + timedelta(days=1), tz) - start
    if duration <= 0:
        # The whole date was skipped, as islands did when the date line moved past them: it has two
        # readings as a skipped hour has, the day before the change and the one after it.
        return Moments(start - _DAY, 2 * _DAY, _DAY)
    return Moments(start, duration, duration // 2)


def check_place(lat: float, lon: float) -> None:
    """Raises ValueError unless these are degrees north and east on the globe."""
    if not (_number(lat) and -90.0 <= lat <= 90.0):
        raise ValueError("the latitude is not a number from -90 to 90")
    if not (_number(lon) and -180.0 <= lon <= 180.0):
        raise ValueError("the longitude is not a number from -180 to 180")


def _number(value: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _check_date(day: date) -> None:
    if not isinstance(day, date) or isinstance(day, datetime):
        raise ValueError("the birth date is not a date")
    if not FIRST <= day <= LAST:
        raise ValueError("the birth date lies outside 1900-01-01 to 2050-12-31")


def _moments(birth: Birth) -> Moments:
    _check_date(birth.date)
    check_place(birth.lat, birth.lon)
    if birth.accuracy not in ("exact", "approximate", "unknown"):
        raise ValueError("the accuracy of the birth time is not exact, approximate or unknown")
    if (birth.time is None) != (birth.accuracy == "unknown"):
        raise ValueError("a known birth time has an accuracy, an unknown one has no time")
    if birth.time is None:
        return whole_day(birth.date, birth.tz)
    first, second = sorted(_readings(birth.date, birth.time, birth.tz))
    between = second - first
    if birth.accuracy == "exact":
        return Moments(first, between, 0)
    if between == 0:
        return around(first)
    return Moments(first - MARGIN, between + 2 * MARGIN, 2 * MARGIN)


def _midnight(day: date, tz: str) -> int:
    """The moment from which on it is this date, or a later one, for good."""
    before, after = _readings(day, time(0), tz)
    if before <= after:
        return after  # where midnight comes twice, the day before ends with the second
    # Midnight is skipped: the date begins when the clocks were changed.
    low, high = after, before
    offset = _offset(tz, low - 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(tz, middle) == offset else (low, middle)
    return high if _offset(tz, low) == offset else low


def _offset(tz: str, moment: int) -> timedelta | None:
    """Offset from universal time at seconds since 1970."""
    return (
        (datetime(1970, 1, 1, tzinfo=zone("Etc/UTC")) + timedelta(seconds=moment))
        .astimezone(zone(tz))
        .utcoffset()
    )


def _readings(day: date, clock: time, tz: str) -> tuple[int, int]:
    """Seconds since 1970 with the offset before a change of the clocks, and with the one after."""
    if not isinstance(clock, time) or clock.tzinfo is not None:
        raise ValueError("the birth time is not a wall time without a zone")
    if not isinstance(tz, str):
        raise UnknownZone("the time zone is not an IANA name such as Europe/Berlin")
    at = datetime.combine(day, clock.replace(microsecond=0, fold=0), zone(tz))
    wall = (day.toordinal() - _EPOCH) * _DAY + clock.hour * 3600 + clock.minute * 60 + clock.second
    before, after = at.utcoffset(), at.replace(fold=1).utcoffset()
    if before is None or after is None:  # never so for a zone of the package
        raise UnknownZone("the time zone has no offset then")
    return wall - _seconds(before), wall - _seconds(after)


def _seconds(offset: timedelta) -> int:
    return offset.days * _DAY + offset.seconds
