"""Wall times to universal time: offsets of history, skipped and repeated times, days of any length."""

import os
import time as clocks
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from shared.engine.charts import Birth, BirthError, compute
from shared.engine.charts.birth import (
    Moments,
    RepeatedTime,
    SkippedTime,
    moment,
    moments_of,
    whole_day,
)
from shared.engine.charts.zones import UnknownZone, release, zone
from tests.engine.charts.people import born, unknown


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("tz", "wall", "universal"),
    [
        ("Europe/Berlin", "1990-05-17T14:30", "1990-05-17T12:30"),
        # Double summer time in the war (UK), and the Soviet hour in Berlin: tz database, `europe`.
        ("Europe/London", "1943-07-01T12:00", "1943-07-01T10:00"),
        ("Europe/Berlin", "1945-06-01T12:00", "1945-06-01T09:00"),
        # British Standard Time, the winter an hour ahead.
        ("Europe/London", "1970-01-15T12:00", "1970-01-15T11:00"),
        # Bombay time before India's: tz database, `asia`.
        ("Asia/Kolkata", "1943-06-01T12:00", "1943-06-01T05:30"),
        ("Asia/Kathmandu", "1980-01-01T12:00", "1980-01-01T06:30"),
        ("Asia/Kathmandu", "1990-01-01T12:00", "1990-01-01T06:15"),
        # Local mean time, to the second.
        ("Europe/Paris", "1905-01-01T12:00:00", "1905-01-01T11:50:39"),
        ("Africa/Monrovia", "1960-01-01T12:00:00", "1960-01-01T12:44:30"),
        # Zones that the package merges into Brussels and Berlin: Amsterdam's own time, the Norwegian
        # summer of 1960, Sweden without summer time in 1947: tz database, `backzone`.
        ("Europe/Amsterdam", "1930-01-15T12:00:00", "1930-01-15T11:40:28"),
        ("Europe/Amsterdam", "1935-07-01T12:00:00", "1935-07-01T10:40:28"),
        ("Europe/Amsterdam", "1950-07-01T12:00", "1950-07-01T11:00"),
        ("Europe/Oslo", "1960-07-01T12:00", "1960-07-01T10:00"),
        ("Europe/Berlin", "1960-07-01T12:00", "1960-07-01T11:00"),
        ("Europe/Stockholm", "1947-07-01T12:00", "1947-07-01T11:00"),
        ("Europe/Stockholm", "1990-07-01T12:00", "1990-07-01T10:00"),
        ("Atlantic/Reykjavik", "1960-07-01T12:00", "1960-07-01T12:00"),
        ("Atlantic/Reykjavik", "1960-01-01T12:00", "1960-01-01T13:00"),
        ("America/New_York", "2049-07-01T12:00", "2049-07-01T16:00"),
        ("Etc/GMT+5", "2000-01-01T12:00", "2000-01-01T17:00"),
    ],
)
def test_offsets_of_history(tz: str, wall: str, universal: str) -> None:
    at = datetime.fromisoformat(wall)
    assert moment(at.date(), at.time(), tz) == utc(universal)


def test_zones_come_from_the_pinned_package_and_leave_the_process_alone() -> None:
    import zoneinfo

    before = zoneinfo.TZPATH, zoneinfo.ZoneInfo("Europe/Berlin")
    assert zone("Europe/Berlin") is zone("Europe/Berlin")
    assert zone("Europe/Berlin") is not before[1]
    assert (zoneinfo.TZPATH, zoneinfo.ZoneInfo("Europe/Berlin")) == before
    assert release().startswith("tzdata 20")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Berlin",
        "europe/berlin",
        "Europe",
        "../zoneinfo/Europe/Berlin",
        "/etc/localtime",
        "Europe/Berlin\n",
        "tzdata.zi",
        "zone.tab",
        "Europe/Berlin/x",
        "Europe//Berlin",
        "a" * 5000,
        "Europe\\Berlin",
        "\0",
    ],
)
def test_unknown_zones(name: str) -> None:
    with pytest.raises(UnknownZone, match="IANA"):
        zone(name)


SPRING = date(1990, 3, 25), time(2, 30), "Europe/Berlin"
AUTUMN = date(1990, 9, 30), time(2, 30), "Europe/Berlin"


def test_a_skipped_time_is_refused_unless_a_reading_is_chosen() -> None:
    with pytest.raises(SkippedTime, match="does not exist"):
        moment(*SPRING)
    assert moment(*SPRING, fold=0) == utc("1990-03-25T01:30")
    assert moment(*SPRING, fold=1) == utc("1990-03-25T00:30")
    assert moment(SPRING[0], time(1, 59, 59), SPRING[2]) + 1 == utc("1990-03-25T01:00")
    assert moment(SPRING[0], time(3), SPRING[2]) == utc("1990-03-25T01:00")


def test_a_repeated_time_is_refused_unless_a_reading_is_chosen() -> None:
    with pytest.raises(RepeatedTime, match="came twice"):
        moment(*AUTUMN)
    assert moment(*AUTUMN, fold=0) == utc("1990-09-30T00:30")
    assert moment(*AUTUMN, fold=1) == utc("1990-09-30T01:30")
    assert moment(AUTUMN[0], time(3), AUTUMN[2]) == utc("1990-09-30T02:00")


@pytest.mark.parametrize(
    ("birth", "start", "duration", "block"),
    [
        (born(), "1990-05-17T12:30", 0, 0),
        (born(time=time(14, 30, 15, 999_999)), "1990-05-17T12:30:15", 0, 0),
        (born(accuracy="approximate"), "1990-05-17T11:30", 7200, 3600),
        (unknown(), "1990-05-16T22:00", 86_400, 43_200),
        # Two readings, an hour apart; half of the instants at each.
        (born(date=SPRING[0], time=SPRING[1]), "1990-03-25T00:30", 3600, 0),
        (born(date=AUTUMN[0], time=AUTUMN[1]), "1990-09-30T00:30", 3600, 0),
        (born(date=AUTUMN[0], time=AUTUMN[1], accuracy="approximate"), "1990-09-29T23:30", 10_800, 7200),
        # A day of 23 hours and one of 25.
        (unknown(date=SPRING[0]), "1990-03-24T23:00", 82_800, 41_400),
        (unknown(date=AUTUMN[0]), "1990-09-29T22:00", 90_000, 45_000),
    ],
)
def test_moments_of_stored_births(birth: Birth, start: str, duration: int, block: int) -> None:
    assert moments_of([birth]) == [Moments(utc(start), duration, block)]


@pytest.mark.parametrize(
    ("tz", "day", "start", "end"),
    [
        # Midnight skipped: the day begins at one o'clock.
        ("America/Sao_Paulo", date(2010, 10, 17), "2010-10-17T03:00", "2010-10-18T02:00"),
        # Midnight comes twice: it belongs to the day that begins with the second one.
        ("America/Sao_Paulo", date(2010, 2, 21), "2010-02-21T03:00", "2010-02-22T03:00"),
        ("America/Sao_Paulo", date(2010, 2, 20), "2010-02-20T02:00", "2010-02-21T03:00"),
        # A change a minute after midnight, back into the day before.
        ("America/St_Johns", date(2000, 10, 29), "2000-10-29T03:30", "2000-10-30T03:30"),
    ],
)
def test_days_that_begin_oddly(tz: str, day: date, start: str, end: str) -> None:
    moments = whole_day(day, tz)
    assert (moments.start, moments.start + moments.duration) == (utc(start), utc(end))


@pytest.mark.parametrize(
    ("tz", "year"),
    [
        ("Europe/Berlin", 1945),
        ("America/St_Johns", 1988),
        ("America/Sao_Paulo", 1963),
        ("Africa/Cairo", 2010),
        ("Asia/Amman", 2002),
        ("Antarctica/Troll", 2010),
        ("Australia/Lord_Howe", 1990),
    ],
)
def test_the_days_of_a_year_cover_it_without_gaps(tz: str, year: int) -> None:
    days = [whole_day(date.fromordinal(date(year, 1, 1).toordinal() + at), tz) for at in range(365)]
    for one, next_one in pairwise(days):
        assert one.start + one.duration == next_one.start
        assert 20 * 3600 <= one.duration <= 28 * 3600


@pytest.mark.parametrize(
    ("tz", "day", "change"),
    [
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00"),
        ("Pacific/Kiritimati", date(1994, 12, 31), "1994-12-31T10:00"),
    ],
)
def test_a_date_that_was_skipped_is_the_day_before_the_change_or_the_one_after(
    tz: str, day: date, change: str
) -> None:
    assert whole_day(day, tz) == Moments(utc(change) - 86_400, 172_800, 86_400)
    (chart,) = compute([unknown(date=day, tz=tz, lat=-13.8, lon=-171.8)])
    assert not chart.exact


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"date": date(1899, 12, 31)}, "1900-01-01 to 2050-12-31"),
        ({"date": date(2051, 1, 1)}, "1900-01-01 to 2050-12-31"),
        ({"date": datetime(1990, 1, 1)}, "not a date"),
        ({"date": "1990-01-01"}, "not a date"),
        ({"lat": 90.001}, "latitude"),
        ({"lat": float("nan")}, "latitude"),
        ({"lat": None}, "latitude"),
        ({"lon": float("inf")}, "longitude"),
        ({"lon": -180.5}, "longitude"),
        ({"lon": True}, "longitude"),
        ({"tz": "Mars/Olympus"}, "IANA"),
        ({"tz": None}, "IANA"),
        ({"accuracy": "guessed"}, "accuracy"),
        ({"time": None}, "has no time"),
        ({"accuracy": "unknown"}, "has no time"),
        ({"time": time(12, tzinfo=UTC)}, "without a zone"),
        ({"time": "12:00"}, "without a zone"),
    ],
)
def test_births_that_have_no_chart(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(BirthError, match=reason) as refused:
        compute([born(), unknown(), born(**given)])
    assert refused.value.position == 2
    for value in given.values():
        if not isinstance(value, bool | type(None)) and str(value) not in ("unknown", "nan", "inf"):
            assert str(value) not in str(refused.value)


def test_the_first_and_the_last_day() -> None:
    for day in (date(1900, 1, 1), date(2050, 12, 31)):
        for tz, lon in (
            ("Pacific/Kiritimati", -157.4),
            ("Pacific/Pago_Pago", -170.7),
            ("Europe/London", 0.0),
        ):
            for birth in (
                born(date=day, time=time(0), tz=tz, lat=1.9, lon=lon),
                born(date=day, time=time(23, 59), tz=tz, lat=1.9, lon=lon, accuracy="approximate"),
                unknown(date=day, tz=tz, lat=1.9, lon=lon),
            ):
                (chart,) = compute([birth])
                assert np.isfinite(list(chart.radix_json()["longitudes"].values())).all()
                assert 86 < (chart.start - chart.design_start) / 86_400 < 93


def test_the_zone_of_the_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    here = compute([born(), unknown()])
    monkeypatch.setenv("TZ", "Pacific/Apia" if os.environ.get("TZ") != "Pacific/Apia" else "Asia/Tokyo")
    clocks.tzset()
    try:
        assert compute([born(), unknown()]) == here
    finally:
        monkeypatch.undo()
        clocks.tzset()
