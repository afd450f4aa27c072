"""Reads bytes and query strings. A text that two programs could read differently is refused.

Python's own reader takes NaN, keeps the last of two equal keys and turns 1e999 into infinity. The database
or a gateway may read such a text in another way.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from shared.errors import InvalidBody, Undecodable

MAX_PROBLEMS = 10


class Closed(BaseModel):
    """A body or query: camelCase on the wire, exact types, nothing unknown, immutable."""

    shapes: ClassVar[tuple[type[Closed], ...]] = ()
    """If a value takes one of a few shapes: a model of each. Only the OpenAPI document reads it."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        strict=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )


def example(**members: Any) -> dict[str, Any]:
    """The `json_schema_extra` of a model: an example of a body or query.

    >>> example(code="7KXM4PQ2")
    {'examples': [{'code': '7KXM4PQ2'}]}
    """
    return {"examples": [members]}


Model = TypeVar("Model", bound=Closed)


class _Ambiguous(ValueError):
    """Some programs read this JSON and others do not. The text names the fault, never what was sent."""


def decode(raw: bytes) -> Any:
    """The value of one JSON text. Raises Undecodable.

    >>> decode(b'{"minAge": 25}')
    {'minAge': 25}
    """
    if not raw.strip():
        raise Undecodable("The body is empty.")
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_float=_finite,
        )
    except UnicodeDecodeError:
        raise Undecodable("The body is not UTF-8.") from None
    except RecursionError:
        raise Undecodable("The body is nested too deeply.") from None
    except _Ambiguous as error:
        raise Undecodable(str(error)) from None
    except ValueError:  # malformed, or a number of 4,300 digits
        raise Undecodable from None


def fill(model: type[Model], value: Any) -> Model:
    """`value` as a `model`. Raises InvalidBody that names fields and never quotes values."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = [
            {"field": _field(e["loc"]), "problem": _sentence(e["type"], e["msg"])}
            for e in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    raise refused_fields(problems[:MAX_PROBLEMS])


def refused_fields(problems: list[dict[str, str]]) -> InvalidBody:
    """InvalidBody for `[{field, problem}]`. Its detail names the first of them.

    >>> refused_fields([{"field": "minAge", "problem": "is required"}]).detail
    'minAge: is required.'
    """
    first = problems[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return InvalidBody(f"{first['field']}: {first['problem']}.{more}", extras={"errors": problems})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Ambiguous("The body names a key twice.")
    return made


def _refuse(_constant: str) -> Any:
    raise _Ambiguous("NaN and Infinity are not numbers of JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Ambiguous("The body holds a number that is too large.")
    return number


def _field(loc: tuple[int | str, ...]) -> str:
    """A field's path, as `preferredGenders[2]`. An unknown key is quoted only if it looks like a name."""
    path = ""
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        elif re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", step):
            path += f".{step}" if path else step
        else:
            path += ".?" if path else "?"
    return path or "body"


def _sentence(kind: str, message: str) -> str:
    match kind:
        case "extra_forbidden":
            return "is not a field of this request"
        case "missing":
            return "is required"
        case "model_type" | "model_attributes_type":
            return "must be a JSON object"
        case "value_error":
            return message.removeprefix("Value error, ")
        case _:
            return message[:1].lower() + message[1:]
