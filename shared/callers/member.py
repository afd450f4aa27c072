"""A member who is asking: who they are, and the only way to ask the database for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from shared.callers.allowance import Allowance, Allowances
from shared.callers.database import Database
from shared.callers.jwks import Jwks
from shared.callers.tokens import Verifier
from shared.chat.moderation.kinds import Risk
from shared.chat.moderation.moderator import Moderator
from shared.chat.moderation.outside import ModerationApi
from shared.chat.sealing import KeyRing
from shared.http.idempotency import REPLAYED, Fingerprints, Hashes, Replayed
from shared.http.overload import outside
from shared.http.request import Incoming
from shared.settings.deployments import ConnectSettings


@dataclass(frozen=True, slots=True)
class Caller:
    """One member during one request. `headers`: what their latest call told the caller (rate limits)."""

    user_id: str
    token: str = field(repr=False)
    database: Database = field(repr=False)
    message_keys: KeyRing = field(repr=False)
    fingerprints: Fingerprints = field(repr=False)
    allowance: Allowance = field(repr=False)
    moderator: Moderator = field(default=Moderator(), repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    hashes: Hashes | None = field(default=None, repr=False)

    def keyed(self, key: str, route: str, body: Any) -> Caller:
        """The same member with a request that is to be done once."""
        return replace(self, hashes=self.fingerprints.of(self.user_id, key, route, body))

    def call(self, function: str, **args: Any) -> dict[str, Any]:
        """What the SQL function answers this member; raises the ApiError it refuses with.

        With an idempotency key it runs once; later the same is answered again.
        """
        return self._told(function, args, decides=True)

    def ask(self, function: str, **args: Any) -> dict[str, Any]:
        """The same for a question that comes before the change a request is for.

        Raises Replayed when that change has been made under the key of this request.
        """
        body = self._told(function, args, decides=False)
        if REPLAYED in self.headers:
            raise Replayed(body)
        return body

    def _told(self, function: str, args: dict[str, Any], *, decides: bool) -> dict[str, Any]:
        if self.hashes is not None:
            args = {"keys": self.hashes, "name": function, "args": args, "decides": decides}
            function = "call_once"
        answer = self.database.call(self.token, function, args)
        self.headers.update(answer.headers)
        return answer.body


class _Elsewhere(ModerationApi):
    """The outside model, whom nobody else waits for."""

    def judge(self, text: str) -> Risk:
        """As the model does."""
        with outside():
            return super().judge(text)


class Members:
    """The guard of `/connect/*`: a verified bearer token makes a Caller."""

    def __init__(self, settings: ConnectSettings) -> None:
        jwks = Jwks(settings.jwks_url) if settings.jwks_url else None
        self._verifier = Verifier(settings.issuer, settings.jwt_secret, jwks)
        self._database = Database(settings.supabase_url, settings.publishable_key)
        self._message_keys = settings.message_keys
        self._fingerprints = Fingerprints(settings.message_keys.secrets)
        self._moderator = Moderator(_Elsewhere(settings.moderation) if settings.moderation else None)
        self._allowances = Allowances()

    def __call__(self, incoming: Incoming) -> Caller:
        """Raises Unauthenticated, Unavailable; RateLimited for who was refused too often."""
        user_id, token = self._verifier.verify(incoming.headers.get("Authorization", ""))
        return Caller(
            user_id,
            token,
            self._database,
            self._message_keys,
            self._fingerprints,
            self._allowances.of(user_id),
            self._moderator,
        )
