"""GET /health of the worker: whether the matcher is rung, keeps up, and has what it needs."""

from __future__ import annotations

from typing import Any

from shared.database import Database
from shared.errors import Unavailable

ANSWER_SECONDS = 5.0
"""A database that needs longer for one row is not healthy."""


def health(database: Database) -> dict[str, Any]:
    """Times of the last tick, run and night, as the database knows them, and what is late or missing.

    Raises Unavailable, with the same members, when the database calls something overdue or lacks a secret;
    Unavailable without them when it is away.
    """
    found = database.call(None, "worker_health", read_seconds=ANSWER_SECONDS).body
    wrong = sorted(name for name, value in found.items() if name.endswith(("Overdue", "Missing")) and value)
    if wrong:
        raise Unavailable("Something is overdue or missing.", extras=found, reason=", ".join(wrong))
    return {"service": "worker", **found}
