"""POST /jobs/match_scores: renews everybody's lists and proposals, in pieces that every worker may take.

The run is opened here; then this worker takes pieces like any other. What its time does not reach is done by
the next ticks, and a run whose worker died goes on where it was.
"""

from __future__ import annotations

from typing import Any

from functions.worker.charts import charts
from functions.worker.job_run import STEP_SECONDS
from functions.worker.matcher import Work, Worker
from functions.worker.ring import Ring, Run
from shared.callers.database import Database
from shared.engine import engine_version
from shared.engine.charts import chart_version
from shared.http.response_models import Count, sample
from shared.logs import log
from shared.settings.deployments import Limits


class ScoresRenewed(
    Run,
    json_schema_extra=sample(
        runId="c2b6e0d4-9d0e-4f43-8b8a-6f1f2d3c4b5a",
        shards=4,
    ),
):
    """A run over everybody: opened with so many shards, gone on with (`resumed`), or refused to an older
    engine (`superseded`); and what this call did of it."""

    shards: Count | None = None
    resumed: bool = False
    superseded: bool = False
    worked: Work | None = None


class MatchScores:
    """The handler of the route, with the limits of its deployment."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def __call__(self, database: Database, ring: Ring) -> dict[str, Any]:
        """The run, and what this worker did of it. Raises Unavailable when the database is away."""
        charts(database, ring)  # whoever has none yet is seen with theirs
        opened = open_run(database, ring.trigger)
        log("INFO", "run opened", job="match_scores", **opened)
        if not opened.get("runId"):
            return opened
        return opened | {"worked": Worker(database, self._limits).work_off(ring)}


def open_run(database: Database, trigger: str) -> dict[str, Any]:
    """Begin a run, or go on with the one there is: `{runId, shards}`, `{runId, resumed}`,
    `{runId: null, superseded}` for an older engine."""
    return database.call(
        None,
        "open_match_scores",
        {"engine_version": engine_version(), "chart_version": chart_version(), "trigger": trigger},
        read_seconds=STEP_SECONDS,
    ).body
