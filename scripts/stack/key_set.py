"""The keys tokens are accepted from: one file for PostgREST, and its public half, which the proxy serves.

A hosted project serves the public half at the same address. The HS256 secret is in the first file alone.
"""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.stack.home import Home, read_json, write_private
from scripts.stack.keys import Keys

ADDRESS = "/auth/v1/.well-known/jwks.json"
"""Below SUPABASE_URL."""
_PUBLIC = ("kty", "crv", "x", "y", "n", "e", "kid", "alg", "use")


def path(home: Home) -> Path:
    """What PostgREST reads: `notify pgrst, 'reload config'` makes it read again."""
    return home.path / "jwks.json"


def public_path(home: Home) -> Path:
    """What anybody may read."""
    return home.path / "jwks.public.json"


def ensure(home: Home, keys: Keys) -> Path:
    """The file with at least the keys in use and on standby; what was added to it before stays."""
    kept = accepted(home)
    if not any(key.get("kty") == "oct" for key in kept):
        secret = base64.urlsafe_b64encode(keys.jwt_secret.encode()).rstrip(b"=").decode()
        kept = [{"kty": "oct", "alg": "HS256", "k": secret}, *kept]
    known = {key.get("kid") for key in kept}
    ours = [json.loads(text) for text in (keys.signing, keys.standby) if text]
    keep(home, kept + [public(key) for key in ours if key["kid"] not in known])
    return path(home)


def accepted(home: Home) -> list[dict[str, Any]]:
    """Every key of the file, the HS256 secret included."""
    found: list[dict[str, Any]] = read_json(path(home)).get("keys", [])
    return found


def keep(home: Home, accepted: list[dict[str, Any]]) -> None:
    """Write both files."""
    known = [public(key) for key in accepted if key.get("kty") != "oct"]
    write_private(public_path(home), json.dumps({"keys": known}) + "\n")
    write_private(path(home), json.dumps({"keys": accepted}) + "\n")


def public(key: Mapping[str, str]) -> dict[str, str]:
    """The public half of a JWK: named members only, so that a private one can never slip through."""
    return {name: key[name] for name in _PUBLIC if name in key}
