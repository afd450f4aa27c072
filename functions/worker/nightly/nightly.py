"""POST /jobs/nightly: the night's work, as one run with steps.

The schedule opens a night; where its worker died or its time was up, the tick rings again, and another
worker goes on with the first step that is not done.
"""

from __future__ import annotations

import uuid
from typing import Any

from functions.worker.job_run import STEP_SECONDS
from functions.worker.nightly.night import Night, Progress
from functions.worker.ring import Only, Ring, Run
from shared.callers.database import Database
from shared.engine import engine_version
from shared.engine.charts import chart_version
from shared.http.response_models import Count, sample
from shared.logs import log


class NightDone(
    Run,
    json_schema_extra=sample(
        runId="c2b6e0d4-9d0e-4f43-8b8a-6f1f2d3c4b5a",
        engineVersion="6f1d0c2b9a87",
        finished=True,
        members=9600,
        listed=241000,
        stored=8200,
        seconds={
            "charts": 0.1,
            "quiz": 0.1,
            "interests": 0.1,
            "enter": 0.9,
            "rank": 3.1,
            "place": 0.2,
            "funnel": 0.9,
        },
    ),
):
    """A night: opened, gone on with (`resumed`), or refused to an older engine (`superseded`); what this call
    did of it, and whether it is over (`finished`). `unchanged`: the lists in use are as good as new."""

    engine_version: str
    resumed: bool = False
    superseded: bool = False
    finished: bool = False
    unchanged: bool = False
    members: Count | None = None
    listed: Count | None = None
    stored: Count | None = None


def nightly(database: Database, ring: Ring) -> dict[str, Any]:
    """The night, and what this worker did of it. Raises Unavailable when the database is away."""
    version = engine_version()
    opened: dict[str, Any] = {}
    if ring.trigger != "tasks":
        opened = open_night(database, ring.trigger, ring.only)
        log("INFO", "run opened", job="nightly", **opened)
        if not opened.get("runId"):
            return opened | {"engineVersion": version}
    night = claim(database)
    if night is None:
        return {"runId": None, "engineVersion": version} | opened
    finished = night.work()
    counts = ("unchanged", "members", "listed", "stored")
    told = {name: night.did[name] for name in counts if name in night.did}
    told |= {"runId": night.run_id, "engineVersion": version, "finished": finished, "seconds": night.seconds}
    return opened | told


def open_night(database: Database, trigger: str, only: Only | None = None) -> dict[str, Any]:
    """Begin a night, or join the one there is: `{runId}`, `{runId, resumed}`, `{runId: null, running}`, or
    `{runId: null, superseded}` for an older engine."""
    return database.call(
        None,
        "open_nightly",
        {
            "engine_version": engine_version(),
            "chart_version": chart_version(),
            "trigger": trigger,
            "part": only,
        },
        read_seconds=STEP_SECONDS,
    ).body


def claim(database: Database, told: Progress = lambda *_: None) -> Night | None:
    """The night that is open, if no other worker has it; `told` hears of its steps."""
    worker = f"night-{uuid.uuid4().hex[:12]}"
    asked = {"worker": worker, "engine_version": engine_version()}
    claimed = database.call(None, "claim_night", asked, read_seconds=STEP_SECONDS).body
    return Night(database, claimed, worker, told) if claimed.get("runId") else None
