"""From bytes and query strings to values, refusing what two readers could read differently.

Python's own reader takes NaN, keeps the last of two equal keys and turns 1e999 into infinity; the
database or a gateway may do otherwise. A text with two meanings is refused instead.
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
    """Where a value takes one of a few shapes, a model of each: for the OpenAPI document alone."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        strict=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )


def example(**members: Any) -> dict[str, Any]:
    """The `json_schema_extra` of a model, with a body or query as somebody may send it."""
    return {"examples": [members]}


Model = TypeVar("Model", bound=Closed)


class _Ambiguous(ValueError):
    """JSON to some readers and not to others; the text says what is wrong, never what was sent."""


def decode(raw: bytes) -> Any:
    """The value of one JSON text. Raises Undecodable."""
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
    """InvalidBody for `[{field, problem}]`; the first makes the detail."""
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
    """`preferredGenders[2]`. A key we do not know is named only when it looks like a name."""
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
