"""The id and trace of a request, from the app through the functions to the log of the database.

    X-Request-Id           the caller's own id if it is plain and short, else a new one
    traceparent            W3C: 00-TRACE-SPAN-FLAGS
    X-Cloud-Trace-Context  Cloud Run's: TRACE/SPAN;o=FLAG, if there is no traceparent

Each log line of the request carries id and trace, and so does each call of the database. Neither names the
member. Callers choose these values, so their shapes are strict.
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
    """One request: its id, and the trace it belongs to if the caller named one."""

    request_id: str
    parent: str | None = None
    """In the form of `traceparent`."""

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a call made for this request.

        >>> Trace("app-00042").headers
        {'X-Request-Id': 'app-00042'}
        """
        named = {"X-Request-Id": self.request_id}
        return named if self.parent is None else named | {"traceparent": self.parent}

    def fields(self, project: str | None) -> dict[str, str]:
        """The fields of a log line of this request. With a `project`, they use Cloud Logging's field name."""
        named = {"request_id": self.request_id}
        if self.parent is None:
            return named
        trace_id = self.parent.split("-")[1]
        if project is None:
            return named | {"trace_id": trace_id}
        return named | {"logging.googleapis.com/trace": f"projects/{project}/traces/{trace_id}"}


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace | None:
    """The request that this thread is answering; None outside of a request."""
    return _current.get()


@contextmanager
def answering(trace: Trace) -> Iterator[None]:
    """While the block runs, `current()` gives this trace."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


def read(headers: Headers) -> Trace:
    """The request's id and trace. A malformed header counts as absent.

    >>> read({"X-Request-Id": "app-00042"})
    Trace(request_id='app-00042', parent=None)
    """
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
    # A traceparent needs a span. Without one, span 1 is taken.
    return f"00-{cloud[1]}-{span or 1:016x}-{'01' if cloud[3] == '1' else '00'}"


def project_of(environment: Mapping[str, str]) -> str | None:
    """The cloud project that this log belongs to; None outside of one.

    >>> project_of({"GOOGLE_CLOUD_PROJECT": "connect-prod"}), project_of({})
    ('connect-prod', None)
    """
    return environment.get("GOOGLE_CLOUD_PROJECT", "").strip() or None
