"""The secrets of one stack, kept in its home, and the tokens signed with them."""

import base64
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from json import dumps, loads
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwk, jwt

from scripts.stack.home import Home, read_json, write_private

_TEN_YEARS = 10 * 365 * 24 * 3600  # what hosted projects give their legacy keys


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything secret about one stack. Text, so that it survives as JSON."""

    jwt_secret: str
    anon_key: str
    service_role_key: str
    message_keys: str  # "id:base64(32 bytes)", comma-separated; the first seals until settings name another
    bell_key: str
    erasure_key: str
    admin_id: str
    supabase_admin_password: str
    postgres_password: str
    authenticator_password: str
    # As on hosted projects: a key that signs tokens, and one known to everybody before it does. Private JWKs
    # as JSON; while `signing` is empty, `jwt_secret` signs.
    signing: str = ""
    standby: str = ""
    standby_since: float = 0.0  # Unix time
    # The newer kind of project keys: no tokens, the gateway turns them into roles.
    publishable_key: str = ""
    secret_key: str = ""

    @property
    def signing_key(self) -> "str | Mapping[str, str]":
        """What members' tokens are signed with now."""
        return loads(self.signing) if self.signing else self.jwt_secret


def load_keys(home: Home) -> Keys:
    """The keys of this home, made when it has none yet."""
    kept = read_json(home.keys)
    if not all(kept.get(name) for name in ("standby", "publishable_key", "secret_key")):
        fresh = {
            "standby": make_signing_key(),
            "standby_since": time.time(),
            "publishable_key": f"sb_publishable_{secrets.token_urlsafe(24)}",
            "secret_key": f"sb_secret_{secrets.token_urlsafe(24)}",
        }
        missing = {name: value for name, value in fresh.items() if not kept.get(name)}
        kept = {**(kept or asdict(_make())), **missing}
        keep_keys(home, Keys(**kept))
    return Keys(**kept)


def keep_keys(home: Home, keys: Keys) -> None:
    """Write the keys down, in one step."""
    write_private(home.keys, dumps(asdict(keys), indent=2) + "\n")


def make_signing_key() -> str:
    """A new ES256 key: a private JWK with an id, as JSON."""
    made: dict[str, str] = jwk.construct(_pem(), "ES256").to_dict()
    return dumps(made | {"kid": str(uuid.uuid4()), "use": "sig"})


def _pem() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def make_message_key() -> str:
    """A new key of a message ring, in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _make() -> Keys:
    secret = secrets.token_urlsafe(48)
    return Keys(
        jwt_secret=secret,
        anon_key=_project_key(secret, "anon"),
        service_role_key=_project_key(secret, "service_role"),
        message_keys="k1:" + make_message_key(),
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


def sign_token(
    key: str | Mapping[str, str], supabase_url: str, user_id: str, *, seconds: int = 86_400, **claims: Any
) -> str:
    """A member's access token as the hosted Auth server makes it, valid for `seconds`.

    `key`: the HS256 secret, or a private JWK with its `kid`, which signs with ES256. Further `claims`
    replace the usual ones; a claim given as None is left out.
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
    if isinstance(key, str):
        return str(jwt.encode(whole, key, algorithm="HS256"))
    return str(jwt.encode(whole, dict(key), algorithm="ES256", headers={"kid": key["kid"]}))


def admin_token(keys: Keys, supabase_url: str) -> str:
    """A token that `/admin/*` accepts, valid for a month."""
    return sign_token(
        keys.signing_key,
        supabase_url,
        keys.admin_id,
        seconds=30 * 86_400,
        app_metadata={"provider": "email", "providers": ["email"], "connect_admin": True},
    )
