"""Doing things once: the hashes of an `Idempotency-Key` and its body, which go to the database.

The app draws a key for each action and sends it again with every retry. The database keeps the answer under
the key for a day, in the transaction of the change itself. It gets hashes only: a key may tell something
about its app, and a body holds texts of members. The hashes are HMACs under keys derived from this
deployment's secrets, so a dump of the database reveals neither. While secrets rotate, a request has one pair
of hashes per secret. So an instance that knows only the old secret still finds an answer kept by another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import InvalidBody

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
"""Header of a kept answer that is sent again."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_INFO = b"connect idempotency v1"

Hashes = list[dict[str, str]]
"""`[{key, body}]` in hexadecimal, one pair per secret."""


class Replayed(Exception):
    """This request was answered earlier, so nothing is done. `body`: the answer of that time."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        super().__init__("answered before")


def well_formed(key: str) -> str:
    """The key as sent. Raises InvalidBody unless it is 1 to 255 visible ASCII characters.

    >>> well_formed("order-17")
    'order-17'
    """
    if not _KEY.fullmatch(key):
        raise InvalidBody(f"{HEADER}: 1 to 255 visible ASCII characters, no spaces.")
    return key


class Fingerprints:
    """Makes hashes of keys and bodies, a pair for each of the deployment's `secrets` (32 bytes or more)."""

    def __init__(self, secrets: Iterable[bytes]) -> None:
        self._keys = [HKDF(SHA256(), 32, salt=None, info=_INFO).derive(secret) for secret in secrets]

    def of(self, user_id: str, key: str, route: str, body: Any) -> Hashes:
        """The hashes of one request of one member. Bodies that are equal as JSON have equal hashes.

        >>> prints = Fingerprints([b"s" * 32])
        >>> route = "PUT /connect/profile"
        >>> prints.of("a", "key", route, {"x": 1, "y": 2}) == prints.of("a", "key", route, {"y": 2, "x": 1})
        True
        """
        sent = json.dumps([user_id, route, body], sort_keys=True, separators=(",", ":")).encode()
        named = json.dumps([user_id, key], separators=(",", ":")).encode()
        return [{"key": _hmac(k, b"key", named), "body": _hmac(k, b"body", sent)} for k in self._keys]


def _hmac(key: bytes, kind: bytes, text: bytes) -> str:
    return hmac.new(key, kind + b"\0" + text, hashlib.sha256).hexdigest()
