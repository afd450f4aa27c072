"""The only file that talks to PostgREST: one SQL function per call, always by POST.

Why not the supabase client: it swallows response headers, and the rate limits live in them
(`RateLimit-*`); it retries silently; and it builds a TLS context per client (30 to 65 ms), while a
client shared between callers would carry the identity of one into the request of another.
So this is one pooled `httpx.HTTPTransport` per process, and identity travels in the headers of each
single request. A transport is the part of an `httpx.Client` that is wanted here: it follows no redirect,
which would carry a member's token somewhere else, keeps no cookie, which would ride on the next member's
request, and takes a third less of the processor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    """One Supabase project, seen with one key.

    `url`: the project's address without a trailing slash. `key`: sent as `apikey` with every
    request (publishable or anon for members, service for the worker). `service`: whether calls
    without a member's token may use the key itself as identity.
    """

    url: str
    key: str = field(repr=False)
    service: bool = False

    def call(
        self,
        token: str | None,
        function: str,
        args: Mapping[str, Any] | None = None,
        *,
        read_seconds: float = READ_SECONDS,
    ) -> Answer:
        """Run one SQL function as the member `token` belongs to, or as the service when None.

        Raises the ApiError the answer stands for; Unavailable when there was no answer. A time-out
        leaves open whether the function ran: only calls that are safe to repeat are repeated, and
        never here.
        """
        headers = {"apikey": self.key, "Content-Type": "application/json", "User-Agent": USER_AGENT}
        trace = current()
        if trace is not None:
            headers |= trace.headers
        identity = token if token is not None else self._own_identity()
        if identity is not None:
            headers["Authorization"] = f"Bearer {identity}"
        timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS, pool=POOL_SECONDS)
        request = httpx.Request(
            "POST",
            _address(self.url, function),
            content=_written(args or {}),
            headers=headers,
            extensions={"timeout": timeout.as_dict()},
        )
        try:
            response = _POOL.get().handle_request(request)
            response.read()
        except httpx.TransportError as error:
            # `from None`: the message of a transport error may hold the address, never needed.
            raise Unavailable(reason=f"database unreachable: {type(error).__name__}") from None
        return _read(response, as_service=token is None)

    def _own_identity(self) -> str | None:
        """The bearer token of the service: its key when that is a JWT. `sb_…` keys are not."""
        if not self.service:
            raise Internal(reason="a call without a member's token where no service key may be")
        return None if self.key.startswith("sb_") else self.key


def _written(args: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8. Escapes would make a text of another alphabet three times as long, and bodies are
    bounded."""
    return json.dumps(args, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _read(response: httpx.Response, *, as_service: bool) -> Answer:
    headers = {name: response.headers[name] for name in FORWARDED if name in response.headers}
    try:
        body = response.json()
    except ValueError:
        body = None
    if not response.is_success or (isinstance(body, dict) and body.get("ok") is False):
        raise from_database(response.status_code, body, headers, as_service=as_service)
    if not isinstance(body, dict):
        raise Internal(reason="database answered without a JSON object")
    return Answer(body, headers)
