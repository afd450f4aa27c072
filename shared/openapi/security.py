"""The guards as security schemes, and the errors and headers that come with each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.callers.bell import NONCE, SIGNATURE, TIMESTAMP, WINDOW_SECONDS
from shared.errors import ApiError, Forbidden, RateLimited, Unauthenticated, Undecodable


@dataclass(frozen=True)
class Scheme:
    """One kind of guard."""

    tag: str
    definitions: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """Security schemes. A request must meet all of them."""
    refusals: tuple[type[ApiError], ...] = ()
    counted: bool = False
    """Whether calls count against a rate limit, and answers tell how many remain."""
    repeats: bool = False
    """Whether POST and PUT take an Idempotency-Key."""


def _bearer(description: str) -> dict[str, Any]:
    return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


SCHEMES: Mapping[str, Scheme] = {
    "nobody": Scheme("operators"),
    "member": Scheme(
        "members",
        {"member": _bearer("The member's Supabase access token. Anonymous sign-ins are refused.")},
        (Unauthenticated, RateLimited),
        counted=True,
        repeats=True,
    ),
    "admin": Scheme(
        "administrators",
        {"admin": _bearer("An access token with `app_metadata.connect_admin`: true.")},
        (Unauthenticated, Forbidden, RateLimited),
        repeats=True,
    ),
    "bell": Scheme(
        "schedule",
        {
            "bellTimestamp": _header(TIMESTAMP, f"Unix seconds, at most {WINDOW_SECONDS} from now."),
            "bellNonce": _header(NONCE, "A new lower-case UUID for every bell."),
            "bellSignature": _header(
                SIGNATURE,
                "Hex HMAC-SHA256 of `TIMESTAMP.NONCE.PATH.` followed by the exact body, with the bell key.",
            ),
        },
        (Unauthenticated, Undecodable),  # the signature covers the body, so it is read first
    ),
}
