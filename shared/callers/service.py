"""The worker's calls of SQL functions: the official client, one per process, with one identity for ever.

The client writes the request and reads the answer. What it sends goes through the pool of
`shared.callers.database`, so limits, time-outs and the reading of errors are those of members' calls.
Retries are off: a call that timed out may have run. The client's own `APIError` knows neither status nor
headers, so the response is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import httpx
from postgrest import APIError

from shared.callers.database import READ_SECONDS, Answer, Database, answer_of, send
from supabase import Client, ClientOptions, create_client


class Service(Database):
    """One Supabase project, seen with its service key: calls without a token have the key's own identity."""

    __slots__ = ()

    def call(
        self,
        token: str | None,
        function: str,
        args: Mapping[str, Any] | None = None,
        *,
        read_seconds: float = READ_SECONDS,
    ) -> Answer:
        """Run one SQL function as the service, or as the administrator `token` belongs to. Raises as for
        members; a refusal of our own key is Internal."""
        if token is not None:
            return super().call(token, function, args, read_seconds=read_seconds)
        exchange = _Exchange(read_seconds)
        before = _EXCHANGE.set(exchange)
        body: Any = None
        try:
            # A refusal, or an answer that is no text: read below. As a cause it would put the database's
            # own words into the log.
            with suppress(APIError, UnicodeDecodeError):
                body = _client(self.url, self.key).rpc(function, dict(args or {})).execute().data
        finally:
            _EXCHANGE.reset(before)
        return answer_of(exchange.response, body, as_service=True)


class _Exchange:
    """One call on its way through the client: how long it may take, and the response."""

    response: httpx.Response

    def __init__(self, read_seconds: float) -> None:
        self.read_seconds = read_seconds


_EXCHANGE: ContextVar[_Exchange] = ContextVar("exchange")


class _Pooled(httpx.BaseTransport):
    """Sends what the client of this process asks, through the pool of this process."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The response, also kept in the exchange. The client puts every key behind `Bearer`; `sb_…` keys
        are no tokens, so they go in `apikey` alone."""
        if request.headers.get("Authorization", "").startswith("Bearer sb_"):
            del request.headers["Authorization"]
        exchange = _EXCHANGE.get()
        exchange.response = send(request, exchange.read_seconds)
        return exchange.response


@lru_cache(maxsize=1)
def _client(url: str, key: str) -> Client:
    # Holds no connection of its own, so it may be shared by threads and outlive a fork.
    http = httpx.Client(transport=_Pooled(), trust_env=False)
    options = ClientOptions(
        httpx_client=http, postgrest_client_retry=False, auto_refresh_token=False, persist_session=False
    )
    return create_client(url, key, options)
