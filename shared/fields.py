"""The kinds of values that appear in more than one body, and what each takes."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, StringConstraints

from shared.languages import LANGUAGES

Item = TypeVar("Item")

Gender = Literal["female", "male", "non_binary"]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_TOKEN = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_EVENT_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,39}")
_EARLIEST_BIRTH = date(1900, 1, 1)


def _id(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise ValueError("must be a UUID")
    return text.lower()


def _line(text: str) -> str:
    return _plain(text, line_ends="")


def _lines(text: str) -> str:
    return _plain(text, line_ends="\n")


def _plain(text: str, line_ends: str) -> str:
    """Text a person can see. Control characters forge log lines and NUL cannot be stored."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Zl", "Zp") and character not in line_ends:
            raise ValueError("must not hold control characters")
    if not any(c.isprintable() and not c.isspace() for c in text):
        raise ValueError("must hold at least one visible character")
    return text


def _date_of_birth(text: str) -> str:
    try:
        born = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        born = None
    if born is None:
        raise ValueError("must be a date as YYYY-MM-DD")
    if not _EARLIEST_BIRTH <= born <= datetime.now(UTC).date():
        raise ValueError("must lie between 1900-01-01 and today")
    return text


def _time_of_day(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError("must be a time as HH:MM or HH:MM:SS")
    return text


def _future(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC) if _MOMENT.fullmatch(text) else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise ValueError("must be a date and time with offset, as 2030-01-31T12:00:00Z")
    if moment <= datetime.now(UTC):
        raise ValueError("must lie in the future")
    return moment.isoformat()


def _zone(text: str) -> str:
    if text not in _zones():
        raise ValueError("must be the name of an IANA time zone, such as Europe/Berlin")
    return text


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Read from disk on first use: most requests name no zone."""
    from zoneinfo import available_timezones

    return frozenset(available_timezones() - {"Factory", "localtime"})


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError("must be a lower-case ISO 639 language code, such as en")
    return text


def _version(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise ValueError("must be 1 to 32 letters, digits, dots, dashes or underscores")
    return text


def _token(text: str) -> str:
    if len(text) > 50 or not _TOKEN.fullmatch(text):
        raise ValueError("must be lower-case words joined by underscores, at most 50 characters")
    return text


def _event_code(text: str) -> str:
    if not _EVENT_CODE.fullmatch(text):
        raise ValueError("must be 4 to 40 letters, digits, dashes or underscores")
    return text


def distinct(items: list[Item]) -> list[Item]:
    """The list itself; an item given twice is refused."""
    if len(set(items)) != len(items):
        raise ValueError("must not name anything twice")
    return items


Id = Annotated[str, AfterValidator(_id)]
BirthDate = Annotated[str, AfterValidator(_date_of_birth)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
Future = Annotated[str, AfterValidator(_future)]
Zone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, AfterValidator(_language)]
Version = Annotated[str, AfterValidator(_version)]
ReasonTag = Annotated[str, AfterValidator(_token)]

# Trimmed first, so that lengths count what is kept.
EventCode = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_event_code)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(_line)]
PlaceName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), AfterValidator(_line)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(_line)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), AfterValidator(_lines)]
Why = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), AfterValidator(_lines)]
Message = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_lines)]
