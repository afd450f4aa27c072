"""POST /jobs/funnel: counts, for everybody, how many candidates each of their own filters leaves.

Rung once a night: members read the snapshot, so that changing a filter and reading again tells nothing new.
Up to nineteen people are left out of each member's counts, drawn anew each night.
"""

from __future__ import annotations

import secrets
from typing import Any

from functions.worker.job_run import STEP_SECONDS, JobRun, instant
from functions.worker.nightly.pool import PAGE, Page, pages_of, pool_of
from functions.worker.ring import Ring, Run
from shared.callers.database import Database
from shared.engine import engine_version
from shared.engine.filters.funnel import funnel, shown
from shared.engine.filters.funnel_shown import FEW, sentences
from shared.engine.pool.parsing import readable
from shared.errors import NotFound
from shared.http.response_models import Count, sample
from shared.words import language_of


class FunnelsCounted(
    Run,
    json_schema_extra=sample(
        runId="c2b6e0d4-9d0e-4f43-8b8a-6f1f2d3c4b5a",
        engineVersion="6f1d0c2b9a87",
        members=4800,
        pairsRemoved={"mode": 5200000, "age": 3900000},
        stored=4800,
    ),
):
    """How many members there are, whose funnel was stored, and how many pairs each rule removed."""

    engine_version: str | None = None
    members: Count = 0
    pairs_removed: dict[str, Count] | None = None
    stored: Count = 0


def funnel_job(database: Database, ring: Ring) -> dict[str, Any]:
    """How many members' funnels were counted and stored, and how many pairs each rule removed of all.

    Counted in the pool of the latest run over everybody; without one, nobody's are.
    """
    version = engine_version()
    with JobRun.opened(database, "funnel", ring, version) as run:
        if run.running:
            return run.already()
        try:
            night = database.call(None, "load_run").body
        except NotFound:
            run.finish({"members": 0})
            return {"runId": run.id, "engineVersion": version, "seconds": run.seconds}
        pool, _ = readable(pool_of(pages_of(_pages(database, night["runId"]))))
        run.done("load", members=len(pool))
        counts = funnel(pool, instant(night.get("now")))
        run.done("count")
        stored = 0
        for start in range(0, max(len(pool), 1), PAGE):
            members = range(start, min(start + PAGE, len(pool)))
            stored += database.call(
                None,
                "store_funnels",
                {
                    "run_id": run.id,
                    "pool_of": night["runId"],
                    "engine_version": version,
                    "funnels": [
                        {
                            "id": pool.ids[at],
                            "funnel": told(
                                shown(counts, at, secrets.randbelow(FEW)), pool.primary_languages[at]
                            ),
                        }
                        for at in members
                    ],
                    "last": start + PAGE >= len(pool),
                },
                read_seconds=STEP_SECONDS,
            ).body["stored"]
        run.done("store", stored=stored)
        run.finish({"members": len(pool), "stored": stored})
    return {
        "runId": run.id,
        "engineVersion": version,
        "members": len(pool),
        "pairsRemoved": counts.removed(),
        "stored": stored,
        "seconds": run.seconds,
    }


def _pages(database: Database, run_id: str) -> Page:
    def page(beyond: str | None) -> dict[str, Any]:
        asked = {"run_id": run_id, "after": beyond, "most": PAGE}
        return database.call(None, "load_run_page", asked, read_seconds=STEP_SECONDS).body

    return page


def told(counted: dict[str, Any], language: str) -> dict[str, Any]:
    """What the member is shown, with the sentences for it in their first language where there are any."""
    return counted | {"sentences": sentences(counted, language_of(language))}
