"""POST /matcher: works off the queue until all is done or the time is up.

Every step is safe to repeat, and any number of workers may run at once: each takes work under a lease, and
what it stores is fenced by the attempt it took. pg_net stops waiting after a few seconds; the work goes on,
and its row in `job_runs` tells how it ended. A tick that finds nothing to do leaves no row.
"""

from __future__ import annotations

import time
import uuid
from contextlib import ExitStack
from typing import Any

from functions.worker.batch import COUNTS, Batch
from functions.worker.job_run import JobRun
from functions.worker.ring import Ring
from shared.callers.database import Database
from shared.engine import engine_version
from shared.engine.charts import chart_version
from shared.http.response_models import Answer, Count, Part, Uuid, sample
from shared.logs import log
from shared.settings.deployments import Limits

BEAT_SECONDS = 30.0
"""How often a long call gives a sign of life."""


class Work(Part):
    """What one call did.

    `finished` is false when its time was up before its work; `superseded` when a newer engine is at work.
    `runId` and `seconds` are there when it took members from the queue.
    """

    engine_version: str
    batches: Count
    completed: Count
    again: Count
    proposed: Count
    listed: Count
    improved: Count
    charts: Count
    quiz: Count
    failed: Count
    parked: Count
    late: Count
    finished: bool
    superseded: bool = False
    run_id: Uuid | None = None
    seconds: dict[str, float] | None = None


class Worked(
    Work,
    Answer,
    json_schema_extra=sample(
        engineVersion="6f1d0c2b9a87",
        batches=2,
        completed=23,
        again=0,
        proposed=9,
        listed=410,
        improved=3,
        charts=1,
        quiz=0,
        failed=0,
        parked=0,
        late=0,
        finished=True,
        runId="c2b6e0d4-9d0e-4f43-8b8a-6f1f2d3c4b5a",
        seconds={"load": 0.21, "match": 0.04, "complete": 0.18},
    ),
):
    """The same, as the answer to a bell."""


class Matcher:
    """The handler of the route, with the limits of its deployment."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def __call__(self, database: Database, ring: Ring) -> dict[str, Any]:
        """What was done, in counts and seconds. Raises Unavailable when the database is away."""
        return Worker(database, self._limits).work_off(ring)


class Worker:
    """One call's work: it takes from the queue under a name of its own."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self.name = f"worker-{uuid.uuid4().hex[:12]}"
        self._database = database
        self._limits = limits
        self._until = time.monotonic() + limits.max_runtime_ms / 1000

    def work_off(self, ring: Ring) -> dict[str, Any]:
        """What was done until nobody was free to be taken, or the time was up.

        Raises Cancelled when somebody has cancelled the run; what was stored until then stays.
        """
        batch: Batch | None = None
        run: JobRun | None = None
        batches = 0
        done = superseded = False
        told = time.monotonic()
        with ExitStack() as open_run:
            while time.monotonic() < self._until:
                claimed = self._claim()
                superseded = bool(claimed["superseded"])
                done = not claimed["claimed"]
                if done:
                    break
                if run is None or batch is None:
                    opened = JobRun.opened(self._database, "matcher", ring, engine_version(), self.name)
                    run = open_run.enter_context(opened)
                    batch = Batch(self._database, run.id)
                batch.work(claimed)
                batches += 1
                if time.monotonic() > told + BEAT_SECONDS:
                    run.beat()
                    told = time.monotonic()
        did = {
            "engineVersion": engine_version(),
            "batches": batches,
            **dict.fromkeys(COUNTS, 0),
            **({} if batch is None else batch.did),
            "finished": done,
        }
        if superseded:
            log("WARNING", "superseded", job="matcher", engine=engine_version())
            did["superseded"] = True
        if run is not None and batch is not None:
            did["seconds"] = {name: round(seconds, 3) for name, seconds in batch.seconds.items()}
            run.finish(did)
            did["runId"] = run.id
        return did

    def _claim(self) -> dict[str, Any]:
        return self._database.call(
            None,
            "claim_matchmaking",
            {
                "worker": self.name,
                "engine_version": engine_version(),
                "chart_version": chart_version(),
                "batch_size": self._limits.batch_size,
            },
        ).body
