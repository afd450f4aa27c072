"""Public keys of the token issuer, fetched from its JWKS document and kept.

    fresh (10 min)   answer from memory
    unknown kid      fetch again, at most every 30 s: rotation is seen, guessing kids is cheap
    fetch fails      the last good document serves for 24 h; one attempt per 30 s
    nothing usable   Unavailable with Retry-After; attempts are at least 5 s apart

One thread fetches while others wait, a few at most, or go on with what they have. A document that cannot be
read counts as a failed fetch. Only keys that can verify are taken, and only their public members.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from jose import jwk
from jose.backends.base import Key
from jose.exceptions import JOSEError

from shared.errors import Unavailable
from shared.logs import log
from shared.version import USER_AGENT

FRESH_SECONDS = 600.0
STALE_SECONDS = 86_400.0
REFETCH_SECONDS = 30.0
RETRY_SECONDS = 5.0
FETCH_TIMEOUT_SECONDS = 3.0
"""For each wait, and for the whole of a document that comes in pieces."""
WAITING = 8
"""How many threads of a process wait for the one that fetches: strangers choose the names of keys."""
MAX_DOCUMENT_BYTES = 64 * 1024
MIN_RSA_BITS = 2048

_HEADERS = {"Accept": "application/json", "User-Agent": USER_AGENT}

Keys = Mapping[tuple[str, str], Key]

# kty → the one algorithm we use it with and the members that make the public key. Symmetric keys
# are absent: a secret in a public document is no secret.
_KINDS = {"EC": ("ES256", ("kty", "crv", "x", "y")), "RSA": ("RS256", ("kty", "n", "e"))}


@dataclass(frozen=True, slots=True)
class _Held:
    keys: Keys
    since: float


class Jwks:
    """The keys behind one address, by (alg, kid)."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._held: _Held | None = None
        self._attempted = float("-inf")
        self._fetching = threading.Lock()
        self._places = threading.Semaphore(WAITING)

    def find(self, alg: str, kid: str) -> Key | None:
        """The key, or None when the issuer has no such key. Raises Unavailable without any keys, and where
        too many wait for new ones."""
        held = self._usable()
        known = held.keys.get((alg, kid)) if held else None
        if held is None or known is None or self._age(held) >= FRESH_SECONDS:
            # With a key in hand nobody waits for the one who fetches.
            if known is not None:
                self._refresh(wait=False)
            elif self._places.acquire(blocking=False):
                try:
                    self._refresh(wait=True)
                finally:
                    self._places.release()
            else:
                raise Unavailable(reason="token keys are being fetched")
            held = self._usable()
        if held is None:
            raise Unavailable(reason="no token keys")
        return held.keys.get((alg, kid))

    def _usable(self) -> _Held | None:
        held = self._held
        return held if held is not None and self._age(held) < STALE_SECONDS else None

    def _age(self, held: _Held) -> float:
        return self._clock() - held.since

    def _due(self) -> bool:
        pause = REFETCH_SECONDS if self._usable() else RETRY_SECONDS
        return self._clock() - self._attempted >= pause

    def _refresh(self, *, wait: bool) -> None:
        if not self._due() or not self._fetching.acquire(blocking=wait):
            return
        try:
            # Whoever waited here finds the attempt already made.
            if self._due():
                keys = fetch(self._url)
                if keys:
                    self._held = _Held(keys, self._clock())
                # Counted from the end: a slow failure must not be due again at once.
                self._attempted = self._clock()
        finally:
            self._fetching.release()


def fetch(url: str) -> Keys:
    """The usable keys of the document at `url`; none when it cannot be had or read."""
    until = time.monotonic() + FETCH_TIMEOUT_SECONDS
    try:
        with (
            httpx.Client(timeout=FETCH_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers=_HEADERS) as response,
        ):
            raw = b""
            for part in response.iter_bytes():
                if time.monotonic() > until:
                    raise ValueError("document too slow")
                raw += part
                if len(raw) > MAX_DOCUMENT_BYTES:
                    raise ValueError("document too large")
        response.raise_for_status()
        keys = read(httpx.Response(200, content=raw).json())
        if not keys:
            raise ValueError("no usable key")
        return keys
    except (httpx.HTTPError, ValueError, RecursionError) as error:
        log("WARNING", "token keys could not be fetched", error=type(error).__name__)
        return {}


def read(document: Any) -> Keys:
    """The keys of a JWKS document that can verify ES256 or RS256, by (alg, kid)."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a key set")
    keys: dict[tuple[str, str], Key] = {}
    twice: set[tuple[str, str]] = set()
    for entry in entries:
        made = _key(entry)
        if made is None:
            continue
        name, key = made
        if name in keys:
            twice.add(name)
        keys[name] = key
    # Two keys under one name leave no exactly-one key to choose.
    return {name: key for name, key in keys.items() if name not in twice}


def _key(entry: Any) -> tuple[tuple[str, str], Key] | None:
    """((alg, kid), key) of one entry, or None for anything but a public verification key."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or not entry["kid"]:
        return None
    kind = _KINDS.get(entry["kty"]) if isinstance(entry.get("kty"), str) else None
    if kind is None or entry.get("use", "sig") != "sig":
        return None
    alg, members = kind
    operations = entry.get("key_ops", ["verify"])
    if entry.get("alg", alg) != alg or not isinstance(operations, list):
        return None
    if "verify" not in operations or (alg == "ES256" and entry.get("crv") != "P-256"):
        return None
    if not all(isinstance(entry.get(member), str) for member in members):
        return None
    try:
        key = jwk.construct({member: entry[member] for member in members}, alg)
    except (JOSEError, ValueError, TypeError):
        return None
    if alg == "RS256" and key.prepared_key.key_size < MIN_RSA_BITS:
        return None
    return (alg, entry["kid"]), key
