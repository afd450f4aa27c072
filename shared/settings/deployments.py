"""The settings of each deployment, read from its environment once at start and frozen.

A deployment refuses to start if a setting is missing or if it holds a forbidden one (`faults_of`).
`Misconfigured` lists all faults in one sentence, says what to do, and quotes no value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.chat.moderation.outside import ModerationSettings
from shared.chat.sealing import KeyRing, MalformedRing
from shared.http.cors import Cors, RefusedOrigins
from shared.http.front import MOST_REQUESTS_AT_ONCE, REQUESTS_AT_ONCE, Front
from shared.settings.refused import CONNECT, WORKER, address_fault, faults_of, role_of

MIN_SECRET_BYTES = 32
_DASHBOARD = "the dashboard has it under Project Settings"


class Misconfigured(Exception):
    """The environment does not allow this deployment to start."""

    def __init__(self, deployment: str, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(f"{deployment} refuses to start: " + "; ".join(faults) + ".")


@dataclass(frozen=True, slots=True)
class ConnectSettings:
    """Settings of `connect`, which serves members: publishable key, keys of tokens, keys of messages."""

    supabase_url: str
    publishable_key: str = field(repr=False)
    jwt_secret: str | None = field(repr=False)
    jwks_url: str | None
    message_keys: KeyRing = field(repr=False)
    front: Front
    moderation: ModerationSettings | None = None
    """The outside model that judges messages; None: only our own rules judge them."""

    @property
    def issuer(self) -> str:
        """The `iss` every accepted token carries."""
        return f"{self.supabase_url}/auth/v1"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one call of the matcher does."""

    batch_size: int = 20
    """Members taken from the queue at once, 1 to 1,000."""
    max_runtime_ms: int = 45_000
    """After this time the call takes no more members and finishes those it has. 100 to 3,600,000."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Settings of `worker`, for the schedule and administrators: service key, keys of bells and tokens."""

    supabase_url: str
    service_key: str = field(repr=False)
    bell_key: bytes = field(repr=False)
    jwt_secret: str | None = field(repr=False)
    jwks_url: str | None
    limits: Limits
    front: Front

    @property
    def issuer(self) -> str:
        """The `iss` every accepted token carries."""
        return f"{self.supabase_url}/auth/v1"


def connect_settings(environment: Mapping[str, str]) -> ConnectSettings:
    """The settings of `connect`. Raises Misconfigured."""
    faults = faults_of(CONNECT, environment)
    url = _project(environment, faults)
    key = _first(environment, "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY")
    if not key:
        faults.append(f"SUPABASE_PUBLISHABLE_KEY or SUPABASE_ANON_KEY is missing: {_DASHBOARD}")
    secret, jwks = _token_keys(environment, faults)
    ring = KeyRing({})
    try:
        ring = KeyRing.parse(environment.get("CONNECT_MESSAGE_KEYS", ""))
    except MalformedRing as error:
        faults.append(
            f"CONNECT_MESSAGE_KEYS {error}: it holds id:key entries, each key from `openssl rand -base64 32`"
        )
    front = _front(environment, faults)
    moderation = _moderation(environment, faults)
    if faults:
        raise Misconfigured("connect", faults)
    return ConnectSettings(url, key, secret, jwks, ring, front, moderation)


def worker_settings(environment: Mapping[str, str]) -> WorkerSettings:
    """The settings of `worker`. Raises Misconfigured."""
    faults = faults_of(WORKER, environment)
    url = _project(environment, faults)
    key = _first(environment, "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY")
    if not key:
        faults.append(f"SUPABASE_SERVICE_ROLE_KEY or SUPABASE_SECRET_KEY is missing: {_DASHBOARD}")
    bell = environment.get("CONNECT_BELL_KEY", "").encode()
    if len(bell) < MIN_SECRET_BYTES:
        faults.append(
            f"CONNECT_BELL_KEY is missing or shorter than {MIN_SECRET_BYTES} bytes: make one with"
            " `openssl rand -hex 32` and put the same into Vault"
        )
    secret, jwks = _token_keys(environment, faults)
    limits = Limits(
        batch_size=_count(environment, "BATCH_SIZE", Limits().batch_size, 1, 1000, faults),
        max_runtime_ms=_count(environment, "MAX_RUNTIME_MS", Limits().max_runtime_ms, 100, 3_600_000, faults),
    )
    front = _front(environment, faults)
    if faults:
        raise Misconfigured("worker", faults)
    return WorkerSettings(url, key, bell, secret, jwks, limits, front)


def _front(environment: Mapping[str, str], faults: list[str]) -> Front:
    cors = Cors()
    try:
        cors = Cors.parse(environment.get("CONNECT_CORS_ORIGINS", ""))
    except RefusedOrigins as error:
        faults.append(f"CONNECT_CORS_ORIGINS {error}")
    return Front(
        cors,
        _count(environment, "CONNECT_REQUESTS_AT_ONCE", REQUESTS_AT_ONCE, 1, MOST_REQUESTS_AT_ONCE, faults),
    )


def _moderation(environment: Mapping[str, str], faults: list[str]) -> ModerationSettings | None:
    """The outside model, if one of its variables is set. Then a missing address or key is a fault, because
    the operator wants the model."""
    names = ("CONNECT_MODERATION_URL", "CONNECT_MODERATION_KEY", "CONNECT_MODERATION_MODEL")
    if not any(name in environment for name in names):
        return None
    url = _address(environment, names[0], faults)
    if urlsplit(url).query or urlsplit(url).fragment:
        faults.append(f"{names[0]} has more than a path: name the part before /moderations")
    key = environment.get(names[1], "").strip()
    if not key:
        faults.append(f"{names[1]} is missing")
    elif not re.fullmatch(r"[!-~]+", key):
        faults.append(f"{names[1]} holds characters that no header can carry")
    model = environment.get(names[2], "").strip()
    if names[2] in environment and not re.fullmatch(r"[A-Za-z0-9._:/-]{1,100}", model):
        faults.append(f"{names[2]} is not the name of a model")
    return ModerationSettings(url, key, model or None)


def _count(
    environment: Mapping[str, str], name: str, usual: int, least: int, most: int, faults: list[str]
) -> int:
    """A whole number; `usual` if it is not set."""
    text = environment.get(name, "").strip()
    if not text:
        return usual
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
        faults.append(f"{name} is not a whole number from {least:,} to {most:,}: without it, {usual:,} holds")
        return usual
    return int(text)


def _address(environment: Mapping[str, str], name: str, faults: list[str]) -> str:
    """An http(s) address without a trailing slash."""
    text = environment.get(name, "").strip().rstrip("/")
    fault = address_fault(name, text) if text else f"{name} is missing: {_DASHBOARD}"
    if fault is not None:
        faults.append(fault)
    return text


def _project(environment: Mapping[str, str], faults: list[str]) -> str:
    """The address of the Supabase project, without a path."""
    url = _address(environment, "SUPABASE_URL", faults)
    if url.endswith(("/rest/v1", "/auth/v1")):
        faults.append("SUPABASE_URL names a part of the project: leave out its path")
    return url


def _first(environment: Mapping[str, str], *names: str) -> str:
    return next((environment[n].strip() for n in names if environment.get(n, "").strip()), "")


def _token_keys(environment: Mapping[str, str], faults: list[str]) -> tuple[str | None, str | None]:
    """The keys that verify tokens: the HS256 secret, the address of public keys, or both."""
    secret = _token_secret(environment, faults)
    jwks = environment.get("SUPABASE_JWKS_URL", "").strip() or None
    if jwks is not None:
        _address(environment, "SUPABASE_JWKS_URL", faults)
    elif "SUPABASE_JWT_SECRET" not in environment:
        faults.append(
            "SUPABASE_JWT_SECRET or SUPABASE_JWKS_URL is missing: with signing keys, the latter is the"
            " project's address with /auth/v1/.well-known/jwks.json"
        )
    return secret, jwks


def _token_secret(environment: Mapping[str, str], faults: list[str]) -> str | None:
    """The HS256 secret. With an empty secret any caller could sign tokens, so an empty value is a fault."""
    secret = environment.get("SUPABASE_JWT_SECRET")
    if secret is None:
        return None
    if len(secret.encode()) < MIN_SECRET_BYTES:
        faults.append(
            f"SUPABASE_JWT_SECRET is empty or shorter than {MIN_SECRET_BYTES} bytes, so that anybody could"
            " sign: remove it where SUPABASE_JWKS_URL is enough"
        )
    elif "-----BEGIN" in secret or secret.startswith("ssh-"):
        faults.append(
            "SUPABASE_JWT_SECRET is a key file, not a secret: public keys come by SUPABASE_JWKS_URL"
        )
    elif role_of(secret) is not None or secret.startswith("sb_"):
        faults.append(
            "SUPABASE_JWT_SECRET holds a project key, which anybody may know: put the JWT secret there"
        )
    return secret
