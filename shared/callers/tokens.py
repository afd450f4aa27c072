"""From a bearer token to a user id.

The key is chosen from our own table by the token's (alg, kid) and only ever used with its own
algorithm, so a token cannot choose how it is verified. Every refusal is the same Unauthenticated:
what was wrong goes to nobody. Anonymous sign-ins and any role but `authenticated` are refused.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from jose import jwk, jwt
from jose.backends.base import Key
from jose.exceptions import JOSEError

from shared.callers.jwks import Jwks
from shared.errors import Unauthenticated

AUDIENCE = ROLE = "authenticated"
LEEWAY_SECONDS = 10
MAX_TOKEN_CHARACTERS = 8192
MAX_KID_CHARACTERS = 200

# One scheme, one space, three base64url segments: no padding, no white space, no second token.
_BEARER = re.compile(r"[Bb]earer (([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# `jku`, `x5u`, `jwk` and `x5c` would bring their own key, `crit` and `b64` other rules.
_HEADER = {"alg", "kid", "typ"}
_OPTIONS = {f"require_{claim}": True for claim in ("exp", "sub", "aud", "iss")} | {"leeway": LEEWAY_SECONDS}


class Verifier:
    """Verifies tokens of one issuer: HS256 by `secret`, ES256 and RS256 by `jwks`, or both."""

    def __init__(self, issuer: str, secret: str | None, jwks: Jwks | None) -> None:
        self._issuer = issuer
        self._secret = jwk.construct(secret, "HS256") if secret else None
        self._jwks = jwks

    def verify(self, authorization: str) -> tuple[str, str]:
        """`(user id, token)` of an Authorization header. Raises Unauthenticated or Unavailable."""
        claims, token = self.read(authorization)
        return claims["sub"], token

    def read(self, authorization: str) -> tuple[Mapping[str, Any], str]:
        """`(claims, token)`, the claims being those of a signed-in person. Raises as `verify`."""
        if len(authorization) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated
        match = _BEARER.fullmatch(authorization)
        if match is None:
            raise Unauthenticated
        token = match[1]
        alg, kid = _chosen(match[2])
        key = self._key(alg, kid)
        if key is None:
            raise Unauthenticated
        claims = self._claims(token, alg, key)
        _require_person(claims)
        return claims, token

    def _key(self, alg: str, kid: str | None) -> Key | None:
        """The one key for (alg, kid). The shared secret has no kid of its own: any names it."""
        if alg == "HS256":
            return self._secret
        if alg in ("ES256", "RS256") and kid is not None and self._jwks is not None:
            return self._jwks.find(alg, kid)
        return None

    def _claims(self, token: str, alg: str, key: Key) -> Mapping[str, Any]:
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,  # a Key is taken as it is; a text would first be tried as JSON
                algorithms=[alg],
                audience=AUDIENCE,
                issuer=self._issuer,
                options=_OPTIONS,
            )
        # Claims of odd types (an infinite `exp`, a list as `iss`) leave python-jose as these.
        except (JOSEError, ValueError, TypeError, OverflowError, RecursionError):
            raise Unauthenticated from None
        return claims


def _chosen(segment: str) -> tuple[str, str | None]:
    """(alg, kid) of a token's header, which must hold nothing but alg, kid and typ, once each."""
    try:
        raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        pairs = json.loads(raw, object_pairs_hook=list)
        names = [name for name, _ in pairs]
        header = dict(pairs)
    except (ValueError, TypeError, RecursionError):
        raise Unauthenticated from None
    if not raw.lstrip().startswith(b"{") or len(set(names)) != len(names) or set(names) - _HEADER:
        raise Unauthenticated
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or not isinstance(header.get("typ", "JWT"), str):
        raise Unauthenticated
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= MAX_KID_CHARACTERS):
        raise Unauthenticated
    return alg, kid


def _require_person(claims: Mapping[str, Any]) -> None:
    """Raise Unauthenticated unless these are the claims of a signed-in person."""
    subject, expires = claims.get("sub"), claims.get("exp")
    if not isinstance(subject, str) or not _UUID.fullmatch(subject):
        raise Unauthenticated
    # python-jose takes "99" for a time; a token that says so was not made by the issuer.
    if not isinstance(expires, int | float):
        raise Unauthenticated
    if claims.get("role") != ROLE or claims.get("is_anonymous", False) is not False:
        raise Unauthenticated
