"""One call of one SQL function, always by POST, through one pool of connections per process.

Members' calls are written here by hand. The official client cannot carry them: it swallows response headers,
and the rate limits live in them (`RateLimit-*`); and a client holds one identity, while each of these
requests has another, in headers of its own. The worker's identity never changes: its calls go through the
official client (`shared.callers.service`), over the same pool and with the same reading of answers.

The pool is an `httpx.HTTPTransport`, the part of an `httpx.Client` that members' calls need. It follows no
redirect, which would carry a member's token somewhere else, keeps no cookie, which would ride on the next
member's request, and takes a third less of the processor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx

from shared.errors import Internal, Unavailable, from_database
from shared.http.idempotency import REPLAYED
from shared.per_process import PerProcess
from shared.tracing import current
from shared.version import USER_AGENT

FORWARDED = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", REPLAYED)

CONNECT_SECONDS = 2.0
POOL_SECONDS = 2.0
READ_SECONDS = 10.0  # above the 8 s after which the database itself ends a member's statement

_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=30.0)

# trust_env: settings decide where requests go, not SSL_CERT_FILE of whoever started us.
_POOL = PerProcess(lambda: httpx.HTTPTransport(limits=_LIMITS, trust_env=False))


@lru_cache(maxsize=256)
def _address(url: str, function: str) -> httpx.URL:
    return httpx.URL(f"{url}/rest/v1/rpc/{function}")


def close() -> None:
    """Close the pool of this process, if it has one (tests, orderly ends)."""
    _POOL.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function returned: one JSON object, and the headers to pass on to the caller."""

    body: dict[str, Any]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Database:
    """One Supabase project, as members see it.

    `url`: the project's address without a trailing slash. `key`: sent as `apikey` with every
    request (publishable or anon for members, service for the worker).
    """

    url: str
    key: str = field(repr=False)

    def call(
        self,
        token: str | None,
        function: str,
        args: Mapping[str, Any] | None = None,
        *,
        read_seconds: float = READ_SECONDS,
    ) -> Answer:
        """Run one SQL function as the person `token` belongs to. Only a `Service` may call without one.

        Raises the ApiError the answer stands for; Unavailable when there was no answer. A time-out
        leaves open whether the function ran: only calls that are safe to repeat are repeated, and
        never here.
        """
        if token is None:
            raise Internal(reason="a call without a member's token where no service key may be")
        request = httpx.Request(
            "POST",
            _address(self.url, function),
            content=_written(args or {}),
            headers={
                "apikey": self.key,
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
            },
        )
        return answer_of(send(request, read_seconds))


def send(request: httpx.Request, read_seconds: float) -> httpx.Response:
    """The whole response to a request, which tells who sends it and for which request of a caller. Raises
    Unavailable."""
    request.headers["User-Agent"] = USER_AGENT
    trace = current()
    if trace is not None:
        request.headers.update(trace.headers)
    timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS, pool=POOL_SECONDS)
    request.extensions["timeout"] = timeout.as_dict()
    try:
        response = _POOL.get().handle_request(request)
        response.read()
    except httpx.TransportError as error:
        # `from None`: the message of a transport error may hold the address, never needed.
        raise Unavailable(reason=f"database unreachable: {type(error).__name__}") from None
    return response


def answer_of(response: httpx.Response, body: Any = None, *, as_service: bool = False) -> Answer:
    """What a response says; `body`: its JSON, where that is decoded already. Raises the ApiError it stands
    for. `as_service`: our own key was used, so its refusal is our fault."""
    headers = {name: response.headers[name] for name in FORWARDED if name in response.headers}
    if body is None:
        with suppress(ValueError):
            body = response.json()
    if not response.is_success or (isinstance(body, dict) and body.get("ok") is False):
        raise from_database(response.status_code, body, headers, as_service=as_service)
    if not isinstance(body, dict):
        raise Internal(reason="database answered without a JSON object")
    return Answer(body, headers)


def _written(args: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8. Escapes would make a text of another alphabet three times as long, and bodies are
    bounded."""
    return json.dumps(args, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
