"""POST /jobs/interests: brings the catalogue up to date, weighs interests, and makes current what matching
reads of members' interests.

The night does the same as one of its steps. A member's own change takes effect in the transaction that
stores it. So this job finds new weights, and changes that had to wait for the night. It writes only what
is different, so it may run at any time and as often as wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.worker.job_run import STEP_SECONDS, JobRun
from functions.worker.ring import Ring, Run
from shared.callers.database import Database
from shared.http.response_models import Count, sample

AT_ONCE = 2000
"""Members looked at in one call."""


class InterestsIndexed(
    Run,
    json_schema_extra=sample(
        runId="c2b6e0d4-9d0e-4f43-8b8a-6f1f2d3c4b5a",
        catalogued=0,
        weighed=4,
        looked=1200,
        indexed=37,
        seconds={"interests": 0.4},
    ),
):
    """How many interests differed from the catalogue, and how many weigh something else now; how many members
    were looked at, and of how many matching reads something else now."""

    catalogued: Count = 0
    weighed: Count = 0
    looked: Count = 0
    indexed: Count = 0


def interests(database: Database, ring: Ring) -> dict[str, Any]:
    """Index all members' interests. Raises Unavailable when the database is away."""
    with JobRun.opened(database, "interests", ring, None) as run:
        if run.running:
            return run.already()
        did = index_all(database, run.beat)
        run.done("interests", **did)
        run.finish(did)
    return {"runId": run.id, **did, "seconds": run.seconds}


def index_all(database: Database, beat: Callable[[], None]) -> dict[str, Any]:
    """The same within a run that is open: counts of what was done."""
    did = database.call(None, "weigh_interests", {}, read_seconds=STEP_SECONDS).body
    did |= {"looked": 0, "indexed": 0}
    beyond: str | None = None
    while True:
        asked = {"most": AT_ONCE, "beyond": beyond}
        page = database.call(None, "index_interests", asked, read_seconds=STEP_SECONDS).body
        did["looked"] += page["looked"]
        did["indexed"] += page["indexed"]
        beyond = page["next"]
        if beyond is None:
            return did
        beat()
