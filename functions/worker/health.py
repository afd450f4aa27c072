"""GET /health of the worker: whether the matcher is rung, keeps up, and has what it needs.

Anybody may ask, and nobody is counted, so however many ask, the database is asked once in a while.
"""

from __future__ import annotations

from typing import Any, Literal

from shared.callers.database import Database
from shared.errors import Unavailable
from shared.http.response_models import Answer, Moment, Part, sample
from shared.lately import Lately

ANSWER_SECONDS = 5.0
"""A database that needs longer for one row is not healthy."""
KEPT_SECONDS = 2.0
"""What is told of minutes may be so old."""
_WRONG = ("Overdue", "Missing", "Failed", "Unknown")
"""How the names end whose value, if there is one, turns health red."""


class Found(Part):
    """When work was last done, and what is overdue, missing, failed or unknown."""

    last_tick_at: Moment | None
    last_run_at: Moment | None
    last_night_at: Moment | None
    scheduled: bool
    tick_overdue: bool
    work_overdue: bool
    job_overdue: bool
    night_overdue: bool | None
    secrets_missing: list[str]
    jobs_failed: list[str]
    wording_unknown: bool


class WorkerHealth(
    Found,
    Answer,
    json_schema_extra=sample(
        service="worker",
        lastTickAt="2026-11-30T12:00:00.000000Z",
        lastRunAt="2026-11-30T11:58:02.000000Z",
        lastNightAt="2026-11-30T02:48:21.000000Z",
        scheduled=True,
        tickOverdue=False,
        workOverdue=False,
        jobOverdue=False,
        nightOverdue=False,
        secretsMissing=[],
        jobsFailed=[],
        wordingUnknown=False,
    ),
):
    """Everything is in order."""

    service: Literal["worker"]


class Health:
    """Times of the last tick, run and night, as the database knows them, and what is late or missing."""

    def __init__(self, kept_seconds: float = KEPT_SECONDS) -> None:
        self._found: Lately[dict[str, Any]] = Lately(kept_seconds, kept_seconds + ANSWER_SECONDS)

    def __call__(self, database: Database) -> dict[str, Any]:
        """The answer. Raises Unavailable, with the same members, when the database finds something wrong;
        Unavailable without them when it is away."""
        health = self._found.get(
            lambda: database.call(None, "worker_health", read_seconds=ANSWER_SECONDS).body
        )
        wrong = sorted(n for n, value in health.items() if n.endswith(_WRONG) and value)
        if wrong:
            raise Unavailable(
                "Something is overdue, missing, failed or unknown.", extras=health, reason=", ".join(wrong)
            )
        return {"service": "worker", **health}
