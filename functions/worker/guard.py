"""Who may start work: only a bell that is signed, recent and not yet answered."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from shared.callers.bell import Bell, BellRefused, announced
from shared.callers.database import Database
from shared.errors import Unauthenticated
from shared.http.request import Incoming

_REFUSAL = "A bell with a valid signature is needed."
"""One sentence for every kind of refusal: whoever forges learns nothing from trying."""


@dataclass(frozen=True, slots=True)
class Rung:
    """The guard of every route that does work. `key`: what bells are signed with."""

    key: bytes = field(repr=False)
    database: Database

    def __call__(self, incoming: Incoming) -> Heard:
        """A bell that is ours, its nonce not yet claimed. Raises Unauthenticated.

        What its headers say is judged first: of a caller who is not the schedule no body is looked at.
        """
        now = datetime.datetime.now(datetime.UTC)
        try:
            announcement = announced(incoming.headers, incoming.declared, now)
            bell = announcement.signed(self.key, incoming.path, incoming.body())
        except BellRefused as refused:
            raise Unauthenticated(_REFUSAL, reason=str(refused)) from None
        return Heard(bell, self.database)


@dataclass(frozen=True, slots=True)
class Heard:
    """A true bell. Who rings is always the schedule, so what a route is handed is not a person but the
    database."""

    bell: Bell
    database: Database

    def admitted(self) -> Database:
        """The database, the bell's nonce claimed. Raises Unauthenticated for one that was answered before;
        Unavailable when nobody can claim: such a bell is not used up, it may ring again."""
        claim = {"nonce": self.bell.nonce, "rung_at": self.bell.rung_at.isoformat()}
        if self.database.call(None, "claim_bell", claim).body.get("fresh") is not True:
            raise Unauthenticated(_REFUSAL, reason="replayed bell")
        return self.database
