"""The kinds of values that appear in more than one body, with their checks.

Each kind describes its check in JSON Schema, as far as that language can (`WithJsonSchema`). So the check and
the OpenAPI document use the same patterns.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from shared.languages import language_of
from shared.places.zones import zone_of

Item = TypeVar("Item")

SOME_ID = "3b90b6c2-2bb6-4cc0-b1f1-6a8550e6055f"
"""An id for examples."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_EARLIEST_BIRTH = date(1900, 1, 1)

# Clients read these patterns too, so they mean the same to Python, JavaScript and Rust.
_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
_VERSION = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"
_TOKEN = r"^[a-z]+(_[a-z]+)*$"  # noqa: S105 - a pattern, not a secret
# The spaces that are trimmed away. Languages disagree about \s, so each one is listed.
_SPACE = r"[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*"
_EVENT_CODE = rf"^{_SPACE}[A-Za-z0-9][A-Za-z0-9_-]{{3,39}}{_SPACE}$"
# Control characters forge log lines and NUL cannot be stored.
_CONTROL = r"\u007f-\u009f\u2028\u2029"
# Line ends of other systems. A text of lines may hold them, and tabs; it is stored with plain line ends.
_LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
# Marks that change the direction of writing. In a name or a reason they would garble the text beside it.
_TURNING = r"\u202a-\u202e\u2066-\u2069"
# Spaces of every width, joiners, fillers and marks: a text of these alone is invisible.
_BLANK = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
)
_LINE_OF = rf"[^\u0000-\u001f{_CONTROL}{_TURNING}]"
_LINES_OF = r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]"
_LINE = rf"^{_SPACE}{_LINE_OF}*[^{_BLANK}]{_LINE_OF}*{_SPACE}$"
_LINES = rf"^{_SPACE}{_LINES_OF}*[^{_BLANK}]{_LINES_OF}*{_SPACE}$"
# Invisible too (Unicode's Default_Ignorable_Code_Point, and blank signs). JavaScript cannot read them in a
# pattern without flags, so they are not in `_BLANK`.
_INVISIBLE = re.compile(
    "[\U00013441\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def _says(**schema: Any) -> WithJsonSchema:
    """The JSON Schema of a text."""
    return WithJsonSchema({"type": "string", **schema})


@lru_cache(maxsize=16)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled on first use, because a cold start needs none of the patterns."""
    return re.compile(pattern)


def _id(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise ValueError("must be a UUID")
    return text.lower()


def _whole(number: Any) -> Any:
    """JSON takes 4.0 for a whole number, and some clients can write one only in this way."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _line(text: str) -> str:
    return _plain(text, _LINE_OF)


def _lines(text: str) -> str:
    return _plain(_LINE_ENDS.sub("\n", text), _LINES_OF)


def _plain(text: str, character: str) -> str:
    """The text, if it has a visible character and no control characters."""
    if not _compiled(f"{character}*").fullmatch(text):
        raise ValueError("must not hold control characters")
    if not _compiled(rf"[^{_BLANK}]").search(_INVISIBLE.sub("", text)):
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
    if not _compiled(_TIME).fullmatch(text):
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
    zone = zone_of(text)
    if zone is None:
        raise ValueError("must be the name of an IANA time zone, such as Europe/Berlin")
    return zone


def _language(text: str) -> str:
    language = language_of(text)
    if language is None:
        raise ValueError("must be an ISO 639 code such as en, or a tag that begins with one, such as pt-BR")
    return language


def _version(text: str) -> str:
    if not _compiled(_VERSION).fullmatch(text):
        raise ValueError("must be 1 to 32 letters, digits, dots, dashes or underscores")
    return text


def _token(text: str) -> str:
    if len(text) > 40 or not _compiled(_TOKEN).fullmatch(text):
        raise ValueError("must be lower-case words joined by underscores, at most 40 characters")
    return text


def _event_code(text: str) -> str:
    if not _compiled(_EVENT_CODE).fullmatch(text):
        raise ValueError("must be 4 to 40 letters, digits, dashes or underscores")
    return text


def distinct(items: list[Item]) -> list[Item]:
    """The list itself. Raises ValueError if an item is given twice.

    >>> distinct(["de", "en"])
    ['de', 'en']
    """
    if len(set(items)) != len(items):
        raise ValueError("must not name anything twice")
    return items


WHOLE = BeforeValidator(_whole)
"""Makes an `int` field accept 4.0. It stands behind the bounds of the field."""

Id = Annotated[str, AfterValidator(_id), _says(format="uuid")]
BirthDate = Annotated[
    str,
    AfterValidator(_date_of_birth),
    _says(format="date", description="From 1900-01-01 to eighteen years ago."),
]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day), _says(pattern=_TIME)]
Future = Annotated[
    str, AfterValidator(_future), _says(format="date-time", description="A moment in the future.")
]
Zone = Annotated[
    str,
    AfterValidator(_zone),
    _says(format="time-zone", description="An IANA time zone, such as `Europe/Berlin`."),
]
Language = Annotated[str, AfterValidator(_language), _says(format="language")]
Version = Annotated[str, AfterValidator(_version), _says(pattern=_VERSION)]
Word = Annotated[str, AfterValidator(_token), _says(pattern=_TOKEN, maxLength=40)]
Industry = Annotated[
    str,
    AfterValidator(_token),
    _says(pattern=_TOKEN, maxLength=40, description="Lower-case words joined by underscores: `real_estate`."),
]
PartOfScore = Annotated[
    str,
    AfterValidator(_token),
    _says(
        pattern=_TOKEN,
        maxLength=40,
        format="part-of-score",
        description="A part of the score, such as `values`; a refusal names those there are.",
    ),
]
"""A name of `private.score_parts()`. The database checks it."""
Gender = Annotated[
    str,
    AfterValidator(_token),
    _says(
        pattern=_TOKEN,
        maxLength=40,
        format="gender",
        description="`female`, `male`, `non_binary` or `not_said`, unless the operator chose other words;"
        " a refusal names those there are.",
    ),
]
"""A word of `public.genders`. The database checks it."""

Unique = Field(json_schema_extra={"uniqueItems": True})
"""The JSON Schema of a list that `distinct` checks."""

_TRIMMED = StringConstraints(strip_whitespace=True)
EventCode = Annotated[str, _TRIMMED, AfterValidator(_event_code), _says(pattern=_EVENT_CODE)]


def _text(longest: int, check: Any, pattern: str, **more: Any) -> tuple[Any, ...]:
    """The length is counted as sent, before trimming, so that a client gets the same number."""

    def short_enough(text: Any) -> Any:
        if isinstance(text, str) and len(text) > longest:
            raise ValueError(f"must have at most {longest} characters")
        return text

    says = _says(minLength=1, maxLength=longest, pattern=pattern, **more)
    return BeforeValidator(short_enough), _TRIMMED, AfterValidator(check), says


Name = Annotated[str, *_text(80, _line, _LINE)]
PlaceName = Annotated[
    str,
    *_text(
        120,
        _line,
        _LINE,
        format="place",
        description="A place: `Berlin`, `Springfield, IL, US`, or degrees north and east: `48.137, 11.575`.",
    ),
]
Employer = Annotated[str, *_text(120, _line, _LINE)]
Headline = Annotated[str, *_text(120, _line, _LINE)]
Skill = Annotated[str, *_text(40, _line, _LINE)]
Reason = Annotated[str, *_text(100, _line, _LINE)]
Note = Annotated[str, *_text(1000, _lines, _LINES)]
Message = Annotated[str, *_text(2000, _lines, _LINES)]
Why = Annotated[str, *_text(1000, _lines, _LINES)]
