"""Refuses dangerous environments: keys that a deployment does not need, keys in the wrong place, misspelt
names, one secret used for two things, and addresses without https.

Every fault is one clause that names the setting and says what to do. It never quotes a value.
"""

from __future__ import annotations

import base64
import difflib
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_COMMON = (
    *("SUPABASE_URL", "SUPABASE_JWT_SECRET", "SUPABASE_JWKS_URL"),
    *("CONNECT_CORS_ORIGINS", "CONNECT_REQUESTS_AT_ONCE"),
)
_PUBLISHABLE = ("SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY")
_SERVICE = ("SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY")
_ALIKE = 0.84  # similarity of a typing error, 0..1; other words are less alike


@dataclass(frozen=True, slots=True)
class Deployment:
    """The variables that a deployment reads, and the forbidden ones with the reason."""

    name: str
    reads: tuple[str, ...]
    forbidden: Mapping[str, str]
    secrets: tuple[str, ...]


_SQL_ONLY = "remove it: only SQL reads it, from Vault"
CONNECT = Deployment(
    "connect",
    reads=(
        *(*_COMMON, *_PUBLISHABLE, "CONNECT_MESSAGE_KEYS"),
        *("CONNECT_MODERATION_URL", "CONNECT_MODERATION_KEY", "CONNECT_MODERATION_MODEL"),
    ),
    forbidden=dict.fromkeys((*_SERVICE, "DATABASE_URL"), "members reach this deployment, so remove it")
    | {"CONNECT_BELL_KEY": "only the worker answers bells, so remove it", "CONNECT_ERASURE_KEY": _SQL_ONLY},
    secrets=("SUPABASE_JWT_SECRET", "CONNECT_MESSAGE_KEYS"),
)
WORKER = Deployment(
    "worker",
    reads=(*_COMMON, *_SERVICE, "CONNECT_BELL_KEY", "BATCH_SIZE", "MAX_RUNTIME_MS"),
    forbidden={
        "CONNECT_MESSAGE_KEYS": "with the service key beside it every chat could be read, so remove it",
        "CONNECT_ERASURE_KEY": _SQL_ONLY,
    },
    secrets=("SUPABASE_JWT_SECRET", "CONNECT_BELL_KEY", *_SERVICE),
)
_ANYWHERE = {*CONNECT.reads, *WORKER.reads, *CONNECT.forbidden, *WORKER.forbidden}


def faults_of(deployment: Deployment, environment: Mapping[str, str]) -> list[str]:
    """Everything that makes this environment dangerous for this deployment.

    >>> faults_of(WORKER, {"CONNECT_BEL_KEY": "x"})
    ['CONNECT_BEL_KEY is no setting: did you mean CONNECT_BELL_KEY?']
    """
    faults = [
        f"{n} must not be set here: {why}" for n, why in deployment.forbidden.items() if environment.get(n)
    ]
    faults += _unread(environment)
    faults += _too_much_power(environment) if deployment is CONNECT else _too_little_power(environment)
    faults += _reused(deployment, environment)
    return faults


def _unread(environment: Mapping[str, str]) -> Iterator[str]:
    """Names with our prefixes that no deployment reads. A misspelt setting would silently have no effect."""
    for name in sorted(environment):
        if name in _ANYWHERE or not name.startswith(("CONNECT_", "SUPABASE_")):
            continue
        alike = difflib.get_close_matches(name, sorted(_ANYWHERE), n=1, cutoff=_ALIKE)
        if alike:
            yield f"{name} is no setting: did you mean {alike[0]}?"
        elif name.startswith("CONNECT_"):
            yield f"{name} is no setting: remove it"


def _too_much_power(environment: Mapping[str, str]) -> Iterator[str]:
    """Values under any name that give access to the rows of more than one member."""
    for name, value in sorted(environment.items()):
        if name in CONNECT.forbidden:
            continue
        if "sb_secret_" in value:
            yield f"{name} holds a secret key: put the publishable key there"
        elif re.search(r"postgres(ql)?://", value):
            yield f"{name} holds a database address: remove it, this deployment calls the data API only"
        elif role_of(value) == "service_role":
            yield f"{name} holds a service role key: put the publishable or anon key there"
    for name in _PUBLISHABLE:
        if role_of(environment.get(name, "")) not in (None, "anon", "service_role"):
            yield f"{name} holds somebody's token: put the publishable or anon key there"


def _too_little_power(environment: Mapping[str, str]) -> Iterator[str]:
    """A key of the wrong kind in the place of the service key. With it every job would fail later."""
    for name in _SERVICE:
        value = environment.get(name, "").strip()
        if value.startswith("sb_publishable_") or role_of(value) not in (None, "service_role"):
            yield f"{name} holds a key without the service's power: put the secret or service role key there"


def _reused(deployment: Deployment, environment: Mapping[str, str]) -> Iterator[str]:
    """Secrets that share a value. A service that checks one of them could sign with the other."""
    parts = {
        name: {part.strip().split(":", 1)[-1] for part in environment.get(name, "").split(",")} - {""}
        for name in deployment.secrets
    }
    for place, name in enumerate(deployment.secrets):
        for other in deployment.secrets[:place]:
            if parts[name] & parts[other]:
                yield f"{name} and {other} hold the same secret: make a new one for each"


def role_of(value: str) -> str | None:
    """The role a JWT claims, unverified; None if `value` is not a JWT.

    >>> role_of("e30.eyJyb2xlIjoiYW5vbiJ9.x"), role_of("sb_publishable_x")
    ('anon', None)
    """
    segments = value.strip().split(".")
    if len(segments) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(segments[1] + "=" * (-len(segments[1]) % 4)))
    except ValueError:
        return None
    role = claims.get("role") if isinstance(claims, dict) else None
    return role if isinstance(role, str) else None


def address_fault(name: str, text: str) -> str | None:
    """The fault of an address that tokens or keys are sent to; None if there is none.

    >>> address_fault("SUPABASE_URL", "https://x.supabase.co"), address_fault("SUPABASE_URL", "x")
    (None, 'SUPABASE_URL is not an http(s) address')
    """
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https") or parts.username or any(map(str.isspace, text)):
        return f"{name} is not an http(s) address"
    if parts.scheme == "http" and not _is_near(host):
        return f"{name} is http to another machine, where anybody on the way reads along: use https"
    return None


def _is_near(host: str) -> bool:
    """Whether a host is this machine, in a private network, or has a name that no public machine can have."""
    try:
        address = ipaddress.ip_address(host)
        return address.is_loopback or address.is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".internal", ".test"))
