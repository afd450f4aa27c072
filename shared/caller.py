"""A member who is asking: who they are, and the only way to ask the database for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shared.auth import Verifier
from shared.database import Database
from shared.incoming import Incoming
from shared.jwks import Jwks
from shared.messages import KeyRing
from shared.settings import ConnectSettings


@dataclass(frozen=True, slots=True)
class Caller:
    """One member during one request. `headers`: the rate limits their latest call told."""

    user_id: str
    token: str = field(repr=False)
    database: Database = field(repr=False)
    message_keys: KeyRing = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    def call(self, function: str, **args: Any) -> dict[str, Any]:
        """What the SQL function answers this member; raises the ApiError it refuses with."""
        answer = self.database.call(self.token, function, args)
        self.headers.update(answer.headers)
        return answer.body


class Members:
    """The guard of `/connect/*`: a verified bearer token makes a Caller."""

    def __init__(self, settings: ConnectSettings) -> None:
        jwks = Jwks(settings.jwks_url) if settings.jwks_url else None
        self._verifier = Verifier(settings.issuer, settings.jwt_secret, jwks)
        self._database = Database(settings.supabase_url, settings.publishable_key)
        self._message_keys = settings.message_keys

    def __call__(self, incoming: Incoming) -> Caller:
        user_id, token = self._verifier.verify(incoming.headers.get("Authorization", ""))
        return Caller(user_id, token, self._database, self._message_keys)
