"""Loading the pool: the first call of every job that looks at everybody."""

from __future__ import annotations

from typing import Any

from functions.worker.job_run import STEP_SECONDS
from functions.worker.ring import Ring
from shared.database import Database
from shared.engine import engine_version
from shared.engine.charts import chart_version


def load_pool(database: Database, ring: Ring, job: str) -> dict[str, Any]:
    """The answer of `load_pool`, which opens the job's run: runId, now, settings, inputHash, pool."""
    asked = {
        "engine_version": engine_version(),
        "chart_version": chart_version(),
        "trigger": ring.trigger,
        "job": job,
    }
    return database.call(None, "load_pool", asked, read_seconds=STEP_SECONDS).body
