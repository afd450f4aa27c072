"""The headers of requests and of answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.http.idempotency import HEADER as IDEMPOTENCY_KEY
from shared.http.idempotency import REPLAYED
from shared.openapi.security import Scheme


def _header(schema: dict[str, Any], description: str, *, always: bool) -> dict[str, Any]:
    return {"description": description, "required": always, "schema": schema}


_NUMBER = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "X-Request-Id": (_TEXT, "Names this request in the logs."),
    "RateLimit-Limit": (_NUMBER, "Calls of this kind in a window."),
    "RateLimit-Remaining": (_NUMBER, "How many of them are left."),
    "RateLimit-Reset": (_NUMBER, "Seconds until the window ends."),
    "Retry-After": ({"type": "integer", "minimum": 1}, "Seconds after which to try again."),
    "WWW-Authenticate": (_TEXT, "`Bearer`."),
    REPLAYED: (
        {"type": "string", "enum": ["true"]},
        "There when this is the stored answer to an earlier request with the same `Idempotency-Key`.",
    ),
    "Content-Disposition": (_TEXT, "A file name, for a browser to save it under."),
    "ETag": (_TEXT, "Changes whenever the document does."),
    "Cache-Control": (_TEXT, "How long the document may be kept."),
}
_SOMETIMES = ".sometimes"
"""Ending of the name of a header that only some of the answers carry."""

HEADERS: dict[str, Any] = {
    **{name: _header(*kind, always=True) for name, kind in _KINDS.items() if name != REPLAYED},
    **{
        f"{name}{_SOMETIMES}": _header(*kind, always=False)
        for name, kind in _KINDS.items()
        if name.startswith(("RateLimit", "Idempotent", "Retry"))
    },
}

RATE_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def headers(always: Iterable[str], sometimes: Iterable[str] = ()) -> dict[str, Any]:
    """References to the headers of an answer.

    >>> headers(["ETag"], sometimes=["Retry-After"])["Retry-After"]
    {'$ref': '#/components/headers/Retry-After.sometimes'}
    """
    named = {name: name for name in always} | {name: f"{name}{_SOMETIMES}" for name in sometimes}
    return {name: {"$ref": f"#/components/headers/{called}"} for name, called in named.items()}


def success_headers(scheme: Scheme, method: str, *, cached: bool, own: Iterable[str] = ()) -> dict[str, Any]:
    """The headers of a success. `cached`: clients may keep it. `own`: headers that the route adds."""
    replays = [REPLAYED] if scheme.repeats and method in ("POST", "PUT") else []
    return headers(
        [
            "X-Request-Id",
            *(RATE_LIMITS if scheme.counted else ()),
            *(["ETag", "Cache-Control"] if cached else []),
            *own,
        ],
        replays,
    )


def request_id() -> dict[str, Any]:
    """The header parameter of every route."""
    return {
        "name": "X-Request-Id",
        "in": "header",
        "required": False,
        "description": "A name for this request in logs: 8 to 64 letters, digits, dots, dashes or "
        "underscores. "
        "Anything else is replaced by a new one.",
        "schema": {"type": "string"},
        "example": "app-1.4.2_00042",
    }


def idempotency_key() -> dict[str, Any]:
    """The header parameter of routes that change something."""
    return {
        "name": IDEMPOTENCY_KEY,
        "in": "header",
        "required": False,
        "description": "Drawn anew for each thing to be done and sent again with each retry: for 24 hours "
        "the same key with the same body gets the stored answer, and nothing is done twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
    }


IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the document one has.",
    "schema": {"type": "string"},
}
