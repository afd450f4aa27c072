"""GET /health of the worker: whether the matcher is rung, keeps up, and has what it needs."""

from __future__ import annotations

from typing import Any, Literal

from shared.answers import Answer, Moment, Part
from shared.database import Database
from shared.errors import Unavailable

ANSWER_SECONDS = 5.0
"""A database that needs longer for one row is not healthy."""


class Found(Part):
    """When work was last done, and what is overdue or missing."""

    last_tick_at: Moment | None
    last_run_at: Moment | None
    last_night_at: Moment | None
    scheduled: bool
    tick_overdue: bool
    work_overdue: bool
    job_overdue: bool
    night_overdue: bool | None
    secrets_missing: list[str]


class WorkerHealth(Found, Answer):
    """Everything is in order."""

    service: Literal["worker"]


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
