"""An administrator who is asking: who they are, and the only way to ask the database for them.

Both deployments have administrators: the worker, which holds the service key, for almost everything;
connect, which holds the key ring, for reading evidence as text. Neither holds both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.callers.allowance import Allowance, Allowances
from shared.callers.database import READ_SECONDS, Database
from shared.callers.jwks import Jwks
from shared.callers.tokens import Verifier
from shared.chat.sealing import KeyRing
from shared.errors import Forbidden
from shared.http.idempotency import Fingerprints, Hashes
from shared.http.request import Incoming
from shared.settings.deployments import ConnectSettings, WorkerSettings


@dataclass(frozen=True, slots=True)
class Admin:
    """One administrator during one request. The database sees their own token and asks it again."""

    user_id: str
    token: str = field(repr=False)
    database: Database = field(repr=False)
    fingerprints: Fingerprints = field(repr=False)
    allowance: Allowance = field(repr=False)
    read_seconds: float = READ_SECONDS
    message_keys: KeyRing = field(default=KeyRing({}), repr=False)
    """Empty at the worker, which must not read messages."""
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    hashes: Hashes | None = field(default=None, repr=False)

    def keyed(self, key: str, route: str, body: Any) -> Admin:
        """The same administrator with a request that is to be done once."""
        return replace(self, hashes=self.fingerprints.of(self.user_id, key, route, body))

    def call(self, function: str, **args: Any) -> dict[str, Any]:
        """What the SQL function answers them, once per key; raises the ApiError it refuses with."""
        if self.hashes is not None:
            args = {"keys": self.hashes, "name": function, "args": args}
            function = "call_once_as_admin"
        return self.read(function, **args)

    def read(self, function: str, **args: Any) -> dict[str, Any]:
        """The same for what changes nothing: asked anew whatever the key, and each time put on record.

        What a report says must not lie among the answers that are kept for a retry.
        """
        answer = self.database.call(self.token, function, args, read_seconds=self.read_seconds)
        self.headers.update(answer.headers)
        return answer.body


class Admins:
    """The guard of `/admin/*`: a verified bearer token with `app_metadata.connect_admin` makes an Admin."""

    def __init__(
        self,
        settings: WorkerSettings | ConnectSettings,
        database: Database,
        *,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        jwks = Jwks(settings.jwks_url) if settings.jwks_url else None
        self._verifier = Verifier(settings.issuer, settings.jwt_secret, jwks)
        self._database = database
        self._read_seconds = read_seconds
        self._allowances = Allowances()
        if isinstance(settings, ConnectSettings):
            self._ring, secrets = settings.message_keys, settings.message_keys.secrets
        else:
            self._ring, secrets = KeyRing({}), (settings.bell_key,)
        self._fingerprints = Fingerprints(secrets)

    def __call__(self, incoming: Incoming) -> Admin:
        """Raises Unauthenticated, Forbidden for a token without the claim, Unavailable; RateLimited for who
        was refused too often."""
        claims, token = self._verifier.read(incoming.headers.get("Authorization", ""))
        allowance = self._allowances.of(claims["sub"])
        about = claims.get("app_metadata")
        # Only the issuer writes app_metadata; a text "true" is none of its.
        if not isinstance(about, Mapping) or about.get("connect_admin") is not True:
            allowance.take()
            raise Forbidden("This is for administrators.")
        return Admin(
            claims["sub"],
            token,
            self._database,
            self._fingerprints,
            allowance,
            self._read_seconds,
            self._ring,
        )
