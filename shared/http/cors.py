"""CORS: only web pages of the origins that an operator names may read our answers.

If no origin is named, no CORS header is ever sent. An app that is no web page needs none. A page sends its
token in `Authorization` itself, so credentials (cookies) are never allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import flask

SENT_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id", "traceparent")
READ_HEADERS = (
    *("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"),
    *("X-Request-Id", "Idempotent-Replayed"),
)
REMEMBERED_SECONDS = 7200  # as long as any browser keeps a preflight's answer

# As a browser writes it: lower case, no default port, no path, no trailing slash.
_ORIGIN = re.compile(r"(https?)://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?")
_OWN_MACHINE = re.compile(r"localhost|127(\.\d{1,3}){3}|\[::1\]|.+\.localhost")


class RefusedOrigins(ValueError):
    """The text has an entry that is no origin or a forbidden one. The message does not quote it."""


@dataclass(frozen=True, slots=True)
class Cors:
    """The allowed origins, and the headers that tell a browser about them."""

    origins: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Cors:
        """From origins separated by commas; none from an empty text. Raises RefusedOrigins.

        >>> sorted(Cors.parse("https://app.example, http://localhost:3000").origins)
        ['http://localhost:3000', 'https://app.example']
        """
        return cls(frozenset(_checked(part.strip()) for part in text.split(",") if text.strip()))

    def tell(self, request: flask.Request, response: flask.Response) -> None:
        """Add the headers that a browser needs. Refusals carry them too, so that a page can read why."""
        if not self.origins:
            return
        response.vary.add("Origin")  # or a cache would serve one page's permission to another
        origin = request.headers.get("Origin")
        if origin not in self.origins:
            return
        response.headers["Access-Control-Allow-Origin"] = origin
        asked = request.headers.get("Access-Control-Request-Method")
        if request.method == "OPTIONS" and asked is not None:
            response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
            response.headers["Access-Control-Allow-Headers"] = _list(SENT_HEADERS)
            response.headers["Access-Control-Max-Age"] = str(REMEMBERED_SECONDS)
        else:
            response.headers["Access-Control-Expose-Headers"] = _list(READ_HEADERS)


def _checked(origin: str) -> str:
    if origin == "*":
        raise RefusedOrigins("says *, which lets any web page act with a member's token: name each origin")
    if origin == "null":
        raise RefusedOrigins("names null, which every sandboxed page can be")
    parts = _ORIGIN.fullmatch(origin)
    if parts is None:
        raise RefusedOrigins(
            "has an entry that is not an origin: scheme, host and, if not the usual one, port, in lower case,"
            " as https://app.example, without path or trailing slash"
        )
    if parts[1] == "http" and not _OWN_MACHINE.fullmatch(parts[2]):
        raise RefusedOrigins("names an http address that is not this machine: only https cannot be forged")
    if (parts[1], parts[4]) in (("http", ":80"), ("https", ":443")):
        raise RefusedOrigins("names a default port, which browsers leave out: leave it out too")
    return origin


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
