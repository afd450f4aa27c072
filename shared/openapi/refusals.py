"""The errors that a route can give, and the answers that carry them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from shared.errors import (
    ERRORS,
    ApiError,
    BodyTooLarge,
    IdempotencyConflict,
    IdempotencyMismatch,
    Internal,
    InvalidBody,
    Unauthenticated,
    Unavailable,
    Undecodable,
)
from shared.http.edge import Route
from shared.openapi.headers import RATE_LIMITS, headers
from shared.openapi.security import Scheme

_EDGE = (InvalidBody, Internal, Unavailable)
"""The errors of every route: an unknown query parameter, a fault of ours, an unavailable service."""
_WITH_BODY = (Undecodable, BodyTooLarge)
_WITH_KEY = (IdempotencyConflict, IdempotencyMismatch)
_NEVER_COUNTED = (Undecodable, BodyTooLarge, Unauthenticated, Internal, Unavailable)
"""These refusals come without an answer of the database, so they carry no rate limit headers."""


def refusals_of(route: Route, scheme: Scheme, method: str) -> dict[int, list[type[ApiError]]]:
    """The errors a route can give, by status. 405 is not among them: it is the answer to unknown methods."""
    repeats = scheme.repeats and method in ("POST", "PUT")
    possible = {
        *_EDGE,
        *scheme.refusals,
        *route.refusals,
        *(_WITH_BODY if route.body is not None else ()),
        *(_WITH_KEY if repeats else ()),
    }
    by_status: dict[int, list[type[ApiError]]] = {}
    for kind in sorted(possible, key=lambda kind: (kind.status, ERRORS.index(kind))):
        by_status.setdefault(kind.status, []).append(kind)
    return by_status


def name_of(kind: type[ApiError]) -> str:
    """The name of an error in the document.

    >>> name_of(BodyTooLarge)
    'BodyTooLarge'
    """
    return kind.__name__


def problem(kind: type[ApiError]) -> dict[str, Any]:
    """The schema of one error: RFC 9457 with `ok` and `code`; further members may follow."""
    members: dict[str, Any] = {
        "type": {"const": f"urn:connect:problem:{kind.code}", "type": "string"},
        "title": {"const": kind.title, "type": "string"},
        "status": {"const": kind.status, "type": "integer"},
        "detail": {"type": "string", "description": "What happened, in a sentence."},
        "ok": {"const": False, "type": "boolean"},
        "code": {"const": kind.code, "type": "string"},
    }
    required = list(members)
    if issubclass(kind, InvalidBody):
        members["errors"] = {
            "type": "array",
            "description": "Field by field, where fields are at fault.",
            "items": {"$ref": "#/components/schemas/FieldProblem"},
        }
        members["candidates"] = {
            "type": "array",
            "description": "Places that may have been meant.",
            "items": {"type": "string"},
        }
    return {
        "type": "object",
        "description": _about(kind),
        "properties": members,
        "required": required,
    }


FIELD_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What is wrong with one field.",
    "properties": {
        "field": {"type": "string", "examples": ["preferredGenders[2]"]},
        "problem": {"type": "string", "examples": ["is required"]},
    },
    "required": ["field", "problem"],
    "additionalProperties": False,
}


def refused(kinds: Sequence[type[ApiError]], scheme: Scheme) -> tuple[str, dict[str, Any]]:
    """`(name, answer)` of the errors that share a status. The answer's description lists them all."""
    counted = scheme.counted and not any(kind in _NEVER_COUNTED for kind in kinds)
    always = ["X-Request-Id"]
    if kinds[0].default_retry_after is not None:
        always.append("Retry-After")
    if Unauthenticated in kinds:
        always.append("WWW-Authenticate")
    sometimes = list(RATE_LIMITS if counted else ())
    if IdempotencyConflict in kinds:
        sometimes.append("Retry-After")
    refs = [{"$ref": f"#/components/schemas/{name_of(kind)}Problem"} for kind in kinds]
    return "Or".join(name_of(kind) for kind in kinds) + ("Counted" if counted else ""), {
        "description": " ".join(f"`{kind.code}`: {_about(kind)}" for kind in kinds),
        "headers": headers(always, sometimes),
        "content": {"application/problem+json": {"schema": refs[0] if len(refs) == 1 else {"oneOf": refs}}},
    }


def _about(kind: type[ApiError]) -> str:
    return inspect.getdoc(kind) or ""
