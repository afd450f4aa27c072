"""Who may start work: only a bell that is signed, recent and not yet answered."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from shared.bell import BellRefused, verify
from shared.database import Database
from shared.errors import Unauthenticated
from shared.incoming import Incoming

_REFUSAL = "A bell with a valid signature is needed."
"""One sentence for every kind of refusal: whoever forges learns nothing from trying."""


@dataclass(frozen=True, slots=True)
class Rung:
    """The guard of every route that does work. `key`: what bells are signed with.

    Who rings is always the schedule, so what it hands to the route is not a person but the database.
    """

    key: bytes = field(repr=False)
    database: Database

    def __call__(self, incoming: Incoming) -> Database:
        """The database, the bell's nonce claimed. Raises Unauthenticated; Unavailable when nobody can claim.

        The body is covered by the signature, so it is read here, before it is judged. A bell that
        could not be claimed for want of a database is not used up: the same one may ring again.
        """
        now = datetime.datetime.now(datetime.UTC)
        try:
            bell = verify(self.key, incoming.headers, incoming.path, incoming.body(), now)
        except BellRefused as refused:
            raise Unauthenticated(_REFUSAL, reason=str(refused)) from None
        claim = {"nonce": bell.nonce, "rung_at": bell.rung_at.isoformat()}
        if self.database.call(None, "claim_bell", claim).body.get("fresh") is not True:
            raise Unauthenticated(_REFUSAL, reason="replayed bell")
        return self.database
