"""What `scripts/chart` is asked for: one birth from options, or many moments from JSON lines."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, NoReturn

from shared.engine.charts.birth import (
    FIRST,
    LAST,
    Moments,
    WallTimeError,
    around,
    check_place,
    moment,
    whole_day,
)
from shared.engine.charts.zones import UnknownZone, zone
from shared.places import AmbiguousPlace, PlaceError, resolve


class Refused(Exception):
    """The command cannot answer; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment (seconds since 1970 UTC) or several at degrees north and east, and its line's name."""

    at: float | Moments
    lat: float
    lon: float
    named: dict[str, Any]


def one(options: argparse.Namespace) -> Moment:
    """The moment, or the moments where the time is not exact, that the options describe. Raises Refused."""
    lat, lon, tz = _place(options)
    if options.utc is not None:
        for name in ("date", "time", "fold", "approximate"):
            if getattr(options, name) not in (None, False):
                raise Refused(f"--utc is the whole moment: leave --{name} out")
        return Moment(_utc(options.utc), lat, lon, {})
    if options.date is None:
        raise Refused("say when: --date with --time, or --utc")
    day = _read(date.fromisoformat, options.date, "--date", "YYYY-MM-DD")
    if not FIRST <= day <= LAST:
        raise Refused(f"--date lies outside {FIRST} to {LAST}")
    if tz is None:
        raise Refused("say in which time zone: --place, or --tz such as Europe/Berlin")
    if options.time is None:
        if options.fold is not None or options.approximate:
            raise Refused("--fold and --approximate need a --time")
        return Moment(whole_day(day, tz), lat, lon, {})
    clock = _read(time.fromisoformat, options.time, "--time", "HH:MM or HH:MM:SS")
    if clock.tzinfo is not None:
        raise Refused("--time is the time on the wall, without a zone; a moment goes into --utc")
    try:
        seconds = moment(day, clock, tz, options.fold)
    except WallTimeError as error:
        hint = "add --fold 0 for the offset before the change, or --fold 1 for the one after"
        raise Refused(f"{error}; {hint}") from None
    return Moment(around(seconds) if options.approximate else float(seconds), lat, lon, {})


def many(lines: Iterable[str]) -> list[Moment]:
    """The moments of JSON lines `{"id", "utc", "lat", "lon"}`; other keys and empty lines are passed over.

    Raises Refused for the first line that is not so.
    """
    moments = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            moments.append(_line(line))
        except (Refused, ValueError, RecursionError) as error:
            reason = "is not JSON" if isinstance(error, json.JSONDecodeError | RecursionError) else error
            raise Refused(f"line {number}: {reason}; nothing was printed") from None
    return moments


def _line(line: str) -> Moment:
    asked = json.loads(line, parse_constant=_no_constant)
    if not isinstance(asked, dict):
        raise Refused(
            'is not an object such as {"id": 1, "utc": "1990-05-17T12:30:00Z", "lat": 52, "lon": 13}'
        )
    for key in ("utc", "lat", "lon"):
        if key not in asked:
            raise Refused(f'has no "{key}"')
    check_place(asked["lat"], asked["lon"])
    if not isinstance(asked["utc"], str):
        raise Refused("the utc is not a text such as 1990-05-17T12:30:00Z")
    named = {"id": asked["id"]} if "id" in asked else {}
    return Moment(_utc(asked["utc"]), float(asked["lat"]), float(asked["lon"]), named)


def _no_constant(name: str) -> NoReturn:
    raise Refused(f"{name} is not a number")


def _utc(text: str) -> float:
    """Seconds since 1970 of an ISO moment; without an offset it is taken as UTC, as its name says."""
    at = _read(datetime.fromisoformat, text, "the utc", "1990-05-17T12:30:00Z")
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    if not FIRST.year <= at.year <= LAST.year:
        raise Refused(f"the utc lies outside {FIRST} to {LAST}")
    return float(at.timestamp())


def _read(read: Any, text: str, name: str, shape: str) -> Any:
    try:
        return read(text)
    except ValueError:
        raise Refused(f"{name} is not a possible {shape}") from None


def _place(options: argparse.Namespace) -> tuple[float, float, str | None]:
    """Degrees north and east, and the zone where one is known."""
    if options.tz is not None:
        try:
            zone(options.tz)
        except UnknownZone as error:
            raise Refused(f"--tz: {error}") from None
    if options.place is None:
        if options.lat is None or options.lon is None:
            raise Refused("say where: --place, or --lat and --lon")
        try:
            check_place(options.lat, options.lon)
        except ValueError as error:
            raise Refused(str(error)) from None
        return options.lat, options.lon, options.tz
    if options.lat is not None or options.lon is not None:
        raise Refused("say where in one way: --place, or --lat and --lon")
    try:
        place = resolve(options.place)
    except PlaceError as error:
        meant = "which one" if isinstance(error, AmbiguousPlace) else "perhaps"
        listed = f"; {meant}: {'; '.join(error.candidates)}" if error.candidates else ""
        raise Refused(f"--place: {error}{listed}") from None
    return place.lat, place.lon, options.tz or place.tz
