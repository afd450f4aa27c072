"""The bell: how the schedule tells the worker to start, and how the worker knows it is the schedule.

A bell is a POST with three headers:

    X-Connect-Timestamp   unix seconds
    X-Connect-Nonce       a uuid, used once
    X-Connect-Signature   hex HMAC-SHA256(key, "TIMESTAMP.NONCE.PATH." + the exact bytes of the body)

What is sent can be read by others (pg_net queues it in a table), so it is worth nothing to them: it fits
one path and one body, for five minutes, and once. That a nonce is used once is the database's to say; this
file does the rest. It needs no secret but the key, never the service key.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Protocol

TIMESTAMP = "X-Connect-Timestamp"
NONCE = "X-Connect-Nonce"
SIGNATURE = "X-Connect-Signature"

WINDOW_SECONDS = 300
"""How far the bell's clock may be from ours, in either direction."""
MAX_BODY_BYTES = 1024
"""A bell says which job and who rings, in a few dozen bytes."""

_SECONDS = re.compile(r"[0-9]{1,11}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]{64}")


class Headers(Protocol):
    """Anything that gives a header's value by its name: a dict, or the headers of a request."""

    def get(self, key: str, /) -> str | None: ...


class BellRefused(Exception):
    """Not a bell we answer. Its text is one fixed phrase for logs, without anything that was sent."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What the headers of a bell say, before its body is looked at: everything but whether it is true."""

    nonce: str
    seconds: str
    signature: str = field(repr=False)

    def signed(self, key: bytes, path: str, body: bytes) -> Bell:
        """The bell, for `path` with exactly `body`. Raises BellRefused; ValueError for an empty key.

        The signature is compared in constant time.
        """
        expected = _signature(key, self.seconds, self.nonce, path, body)
        if not hmac.compare_digest(expected.encode(), self.signature.encode()):
            raise BellRefused("forged bell")
        return Bell(self.nonce, datetime.datetime.fromtimestamp(int(self.seconds), datetime.UTC))


@dataclass(frozen=True, slots=True)
class Bell:
    """A bell whose signature is right and whose time is now; its nonce is not claimed yet."""

    nonce: str
    rung_at: datetime.datetime
    """With zone UTC, whole seconds."""


def signed_headers(key: bytes, path: str, body: bytes, now: datetime.datetime, nonce: str) -> dict[str, str]:
    """The three headers of a bell for `path` (as the worker sees it, `/matcher`) with exactly `body`.

    `now` has a zone; `nonce` is a new lower-case uuid. Raises ValueError for an empty key.
    """
    seconds = str(int(now.timestamp()))
    return {
        TIMESTAMP: seconds,
        NONCE: nonce,
        SIGNATURE: _signature(key, seconds, nonce, path, body),
    }


def announced(headers: Headers, declared: int | None, now: datetime.datetime) -> Announced:
    """What `headers` announce. `declared`: how many bytes the body has, as they say. Raises BellRefused."""
    seconds, nonce, signature = (headers.get(name) for name in (TIMESTAMP, NONCE, SIGNATURE))
    if seconds is None or nonce is None or signature is None:
        raise BellRefused("bell without signature")
    if not (_SECONDS.fullmatch(seconds) and _UUID.fullmatch(nonce) and _HEX.fullmatch(signature)):
        raise BellRefused("malformed bell")
    if declared is None or declared > MAX_BODY_BYTES:
        raise BellRefused("long bell")
    if abs(now.timestamp() - int(seconds)) > WINDOW_SECONDS:
        raise BellRefused("stale bell")
    return Announced(nonce, seconds, signature)


def _signature(key: bytes, seconds: str, nonce: str, path: str, body: bytes) -> str:
    if not key:
        raise ValueError("a bell needs a key")
    signed = f"{seconds}.{nonce}.{path}.".encode() + body
    return hmac.new(key, signed, hashlib.sha256).hexdigest()
