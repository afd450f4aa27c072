"""What `scripts/chart` is asked for: one birth from options, or many moments from JSON lines."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
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
from shared.engine.charts.telling import instant
from shared.engine.charts.zones import UnknownZone, zone
from shared.places.resolve import AmbiguousPlace, Place, PlaceError, resolve

ACCURACIES = ("exact", "approximate", "unknown")
_DATED = ("date", "time", "accuracy", "fold", "place", "tz")  # that a line with "utc" cannot have
_FIELDS = ("id", *_DATED, "lat", "lon")  # that a line without it may have


class Refused(Exception):
    """The command cannot answer; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment (seconds since 1970 UTC) or several at degrees north and east.

    `named` is what its chart says before all else: the line's name, and what was understood.
    """

    at: float | Moments
    lat: float
    lon: float
    named: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Wall:
    """Date and time as they were written, and how to name one of these fields in a complaint."""

    date: str
    time: str | None
    approximate: bool
    fold: int | None
    called: Callable[[str], str]


def one(options: argparse.Namespace) -> Moment:
    """The moment, or the moments where the time is not exact, that the options describe. Raises Refused."""
    place, lat, lon, tz = _place(options)
    if options.utc is not None:
        for name in ("date", "time", "fold", "approximate"):
            if getattr(options, name) not in (None, False):
                raise Refused(f"--utc is the whole moment: leave --{name} out")
        return _understood(_utc(options.utc, "--utc", named_utc=False), lat, lon, place=place)
    if options.date is None:
        raise Refused("say when: --date with --time, or --utc")
    if tz is None:
        raise Refused("say in which time zone: --place, or --tz such as Europe/Berlin")
    if options.time is None and (options.fold is not None or options.approximate):
        raise Refused("--fold and --approximate need a --time")
    wall = _Wall(options.date, options.time, options.approximate, options.fold, lambda name: f"--{name}")
    return _understood(_at(wall, tz), lat, lon, place=place, tz=tz)


def many(lines: Iterable[str]) -> list[Moment]:
    """The moments of JSON lines, as the command's help describes them; empty lines are passed over.

    Raises Refused for the first line that is not so.
    """
    moments = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            moments.append(_line(line))
        except (Refused, ValueError, RecursionError, OverflowError) as error:
            reason: object = error
            if isinstance(error, json.JSONDecodeError | RecursionError):
                reason = "is not JSON"
            elif isinstance(error, OverflowError):
                reason = "holds a number that is too large"
            raise Refused(f"line {number}: {reason}; nothing was printed") from None
    return moments


def utc_of(text: str) -> float:
    """Seconds since 1970 of an ISO moment named utc: without an offset it is UTC. Raises Refused."""
    return _utc(text, "the utc", named_utc=True)


def _line(line: str) -> Moment:
    asked = json.loads(line, parse_constant=_no_constant)
    if not isinstance(asked, dict):
        raise Refused(
            'is not an object such as {"id": 1, "utc": "1990-05-17T12:30:00Z", "lat": 52, "lon": 13}'
        )
    named = {"id": asked["id"]} if "id" in asked else {}
    if "utc" not in asked:
        return _dated_line(asked, named)
    for key in _DATED:
        if key in asked:
            raise Refused(f'has "utc" and "{key}", and "utc" is the whole moment: leave one of them out')
    for key in ("lat", "lon"):
        if key not in asked:
            raise Refused(f'has no "{key}"')
    check_place(asked["lat"], asked["lon"])
    if not isinstance(asked["utc"], str):
        raise Refused("the utc is not a text such as 1990-05-17T12:30:00Z")
    return Moment(utc_of(asked["utc"]), float(asked["lat"]), float(asked["lon"]), named)


def _dated_line(asked: dict[str, Any], named: dict[str, Any]) -> Moment:
    """The birth of a line with a date."""
    unknown = [key for key in asked if key not in _FIELDS]
    if unknown:
        known = ", ".join(("utc", *_FIELDS[1:]))
        raise Refused(f"has an unknown field {json.dumps(unknown[0])}; known are id, {known}")
    if "date" not in asked:
        raise Refused('has no "utc" and no "date"')
    for key in ("date", "time", "accuracy", "place", "tz"):
        if key in asked and not isinstance(asked[key], str):
            raise Refused(f'the "{key}" is not a text')
    clock, accuracy = asked.get("time"), asked.get("accuracy")
    if accuracy not in (None, *ACCURACIES):
        raise Refused(f'the "accuracy" is not one of {", ".join(ACCURACIES)}')
    if clock is not None and accuracy == "unknown":
        raise Refused('has a "time" of which the "accuracy" is unknown: leave one of them out')
    for key in ("accuracy", "fold"):
        if clock is None and key in asked and asked[key] != "unknown":
            raise Refused(f'has "{key}" without "time"')
    fold = asked.get("fold")
    if "fold" in asked and (type(fold) is not int or fold not in (0, 1)):
        raise Refused('the "fold" is not 0 or 1')
    wall = _Wall(asked["date"], clock, accuracy == "approximate", fold, lambda name: f'"{name}"')
    if "place" in asked:
        for key in ("lat", "lon", "tz"):
            if key in asked:
                raise Refused(f'has "place" and "{key}": leave one of them out')
        place = _resolved(asked["place"], 'the "place"')
        return _understood(
            _at(wall, place.tz), place.lat, place.lon, named=named, place=place.name, tz=place.tz
        )
    for key in ("lat", "lon", "tz"):
        if key not in asked:
            raise Refused(f'has no "{key}", and no "place"')
    check_place(asked["lat"], asked["lon"])
    _check_zone(asked["tz"], 'the "tz"')
    lat, lon = float(asked["lat"]), float(asked["lon"])
    return _understood(_at(wall, asked["tz"]), lat, lon, named=named, tz=asked["tz"])


def _understood(
    at: float | Moments,
    lat: float,
    lon: float,
    *,
    named: dict[str, Any] | None = None,
    place: str | None = None,
    tz: str | None = None,
) -> Moment:
    """A moment whose chart says where and when it was taken to be."""
    told: dict[str, Any] = {"place": place, "lat": lat, "lon": lon, "tz": tz}
    told["utc"] = instant(at.start if isinstance(at, Moments) else at)
    return Moment(
        at, lat, lon, {**(named or {}), **{key: value for key, value in told.items() if value is not None}}
    )


def _at(wall: _Wall, tz: str) -> float | Moments:
    """The moment of a wall time in a known zone, or its moments where it is not exact."""
    called = wall.called
    day = _read(date.fromisoformat, wall.date, called("date"), "YYYY-MM-DD")
    if not FIRST <= day <= LAST:
        raise Refused(f"{called('date')} lies outside {FIRST} to {LAST}")
    if wall.time is None:
        return whole_day(day, tz)
    clock = _read(time.fromisoformat, wall.time, called("time"), "HH:MM or HH:MM:SS")
    if clock.tzinfo is not None:
        raise Refused(
            f"{called('time')} is the time on the wall, without a zone; a moment goes into {called('utc')}"
        )
    try:
        seconds = moment(day, clock, tz, wall.fold)
    except WallTimeError as error:
        fold = called("fold")
        hint = f"add {fold} 0 for the offset before the change, or {fold} 1 for the one after"
        raise Refused(f"{error}; {hint}") from None
    return around(seconds) if wall.approximate else float(seconds)


def _no_constant(name: str) -> NoReturn:
    raise Refused(f"{name} is not a number")


def _utc(text: str, called: str, *, named_utc: bool) -> float:
    """Seconds since 1970 of an ISO moment; without an offset it is refused, or UTC where named so."""
    at = _read(datetime.fromisoformat, text, called, "1990-05-17T12:30:00Z")
    if at.tzinfo is None:
        if not named_utc:
            raise Refused(f"{called} {text} does not say that it is universal time: add Z, or an offset")
        at = at.replace(tzinfo=UTC)
    if not FIRST.year <= at.year <= LAST.year:
        raise Refused(f"{called} lies outside {FIRST} to {LAST}")
    return float(at.timestamp())


def _read(read: Any, text: str, name: str, shape: str) -> Any:
    try:
        return read(text)
    except ValueError:
        raise Refused(f"{name} is not a possible {shape}") from None


def _place(options: argparse.Namespace) -> tuple[str | None, float, float, str | None]:
    """Name, degrees north and east, and zone, the first and the last where they are known."""
    if options.tz is not None:
        _check_zone(options.tz, "--tz")
    if options.place is None:
        if options.lat is None or options.lon is None:
            raise Refused("say where: --place, or --lat and --lon")
        try:
            check_place(options.lat, options.lon)
        except ValueError as error:
            raise Refused(str(error)) from None
        return None, options.lat, options.lon, options.tz
    if options.lat is not None or options.lon is not None:
        raise Refused("say where in one way: --place, or --lat and --lon")
    place = _resolved(options.place, "--place")
    return place.name, place.lat, place.lon, options.tz or place.tz


def _check_zone(name: str, called: str) -> None:
    try:
        zone(name)
    except UnknownZone as error:
        raise Refused(f"{called}: {error}") from None


def _resolved(name: str, called: str) -> Place:
    try:
        return resolve(name)
    except PlaceError as error:
        meant = "which one" if isinstance(error, AmbiguousPlace) else "perhaps"
        listed = f"; {meant}: {'; '.join(error.candidates)}" if error.candidates else ""
        raise Refused(f"{called}: {error}{listed}") from None
