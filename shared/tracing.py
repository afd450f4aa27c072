"""Which request this is, from the app through the functions to the database's own log.

    X-Request-Id           the caller's own id where it is plain and short, else a new one
    traceparent            W3C: 00-TRACE-SPAN-FLAGS
    X-Cloud-Trace-Context  Cloud Run's: TRACE/SPAN;o=FLAG, where no traceparent came

What was found is known to everything that runs for the request: each log line carries it, and so does
each call of the database. Nothing in it says who is asking; the shapes are strict because the values
are the caller's to choose.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_CLOUD = re.compile(r"([0-9a-f]{32})(?:/(\d{1,20}))?(?:;o=(\d))?")
_NOTHING = re.compile(r"0+")


class Headers(Protocol):
    """Anything that gives a header's value by its name."""

    def get(self, key: str, /) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Trace:
    """One request: its id, and the trace it belongs to where the caller named one."""

    request_id: str
    parent: str | None = None
    """As `traceparent` says it."""

    @property
    def headers(self) -> dict[str, str]:
        """What a call made for this request carries."""
        named = {"X-Request-Id": self.request_id}
        return named if self.parent is None else named | {"traceparent": self.parent}

    def fields(self, project: str | None) -> dict[str, str]:
        """What a log line of this request carries; Cloud Logging joins lines by its own field name."""
        named = {"request_id": self.request_id}
        if self.parent is None:
            return named
        trace_id = self.parent.split("-")[1]
        if project is None:
            return named | {"trace_id": trace_id}
        return named | {"logging.googleapis.com/trace": f"projects/{project}/traces/{trace_id}"}


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace | None:
    """The request this thread is answering; None outside of one."""
    return _current.get()


@contextmanager
def answering(trace: Trace) -> Iterator[None]:
    """For as long as the block runs, this thread answers that request."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


def read(headers: Headers) -> Trace:
    """The request's id and trace. What is malformed is as if it had not been sent."""
    given = headers.get("X-Request-Id") or ""
    request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    return Trace(request_id, _parent(headers))


def _parent(headers: Headers) -> str | None:
    given = headers.get("traceparent") or ""
    parent = _PARENT.fullmatch(given)
    if parent:
        return None if _NOTHING.fullmatch(parent[1]) or _NOTHING.fullmatch(parent[2]) else given
    cloud = _CLOUD.fullmatch(headers.get("X-Cloud-Trace-Context") or "")
    if cloud is None or _NOTHING.fullmatch(cloud[1]):
        return None
    span = int(cloud[2] or 0) & 0xFFFF_FFFF_FFFF_FFFF
    # A trace without a span of its own is no traceparent: any one will do.
    return f"00-{cloud[1]}-{span or 1:016x}-{'01' if cloud[3] == '1' else '00'}"


def project_of(environment: Mapping[str, str]) -> str | None:
    """The cloud project whose log this is."""
    return environment.get("GOOGLE_CLOUD_PROJECT", "").strip() or None
