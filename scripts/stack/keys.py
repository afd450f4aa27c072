"""The secrets of one stack, made once and kept in its home, and the tokens signed with them."""

import base64
import secrets
import time
import uuid
from dataclasses import asdict, dataclass
from json import dumps
from typing import Any

from jose import jwt

from scripts.stack.home import Home, read_json, write_private

_TEN_YEARS = 10 * 365 * 24 * 3600  # what hosted projects give their legacy keys


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything secret about one stack. Text, so that it survives as JSON."""

    jwt_secret: str
    anon_key: str
    service_role_key: str
    message_keys: str  # "id:base64(32 bytes)", comma-separated, the newest first
    bell_key: str
    erasure_key: str
    admin_id: str
    supabase_admin_password: str
    postgres_password: str
    authenticator_password: str


def load_keys(home: Home) -> Keys:
    """The keys of this home, made when it has none yet."""
    kept = read_json(home.keys)
    if kept:
        return Keys(**kept)
    keys = _make()
    write_private(home.keys, dumps(asdict(keys), indent=2) + "\n")
    return keys


def _make() -> Keys:
    secret = secrets.token_urlsafe(48)
    return Keys(
        jwt_secret=secret,
        anon_key=_project_key(secret, "anon"),
        service_role_key=_project_key(secret, "service_role"),
        message_keys="k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        bell_key=secrets.token_urlsafe(48),
        erasure_key=secrets.token_urlsafe(48),
        admin_id=str(uuid.uuid4()),
        supabase_admin_password=secrets.token_hex(16),
        postgres_password=secrets.token_hex(16),
        authenticator_password=secrets.token_hex(16),
    )


def _project_key(secret: str, role: str) -> str:
    now = int(time.time())
    claims = {"iss": "supabase", "ref": "local", "role": role, "iat": now, "exp": now + _TEN_YEARS}
    return str(jwt.encode(claims, secret, algorithm="HS256"))


def sign_token(secret: str, supabase_url: str, user_id: str, *, seconds: int = 86_400, **claims: Any) -> str:
    """A member's access token as the hosted Auth server makes it, valid for `seconds`.

    Further `claims` replace the usual ones; a claim given as None is left out.
    """
    now = int(time.time())
    usual: dict[str, Any] = {
        "iss": f"{supabase_url}/auth/v1",
        "sub": user_id,
        "aud": "authenticated",
        "role": "authenticated",
        "iat": now,
        "exp": now + seconds,
        "is_anonymous": False,
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {},
    }
    whole = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return str(jwt.encode(whole, secret, algorithm="HS256"))


def admin_token(keys: Keys, supabase_url: str) -> str:
    """A token that `/admin/*` accepts, valid for a month."""
    return sign_token(
        keys.jwt_secret,
        supabase_url,
        keys.admin_id,
        seconds=30 * 86_400,
        app_metadata={"provider": "email", "providers": ["email"], "connect_admin": True},
    )
