"""GET /health of the worker: whether the matcher can work and is being rung."""

from __future__ import annotations

from typing import Any

from shared.database import Database
from shared.errors import Unavailable

ANSWER_SECONDS = 5.0
"""A database that needs longer for one row is not healthy."""


def health(database: Database) -> dict[str, Any]:
    """Times of the last tick and run, as the database knows them.

    Raises Unavailable, with the same members, when the database calls something overdue; Unavailable
    without them when it is away.
    """
    found = database.call(None, "worker_health", read_seconds=ANSWER_SECONDS).body
    overdue = sorted(name for name, value in found.items() if name.endswith("Overdue") and value)
    if overdue:
        raise Unavailable("The schedule is behind.", extras=found, reason=", ".join(overdue))
    return {"service": "worker", **found}
