"""POST /jobs/funnel: counts, for everybody, how many candidates each of their own filters leaves.

Rung once a night: members read the snapshot, so that changing a filter and reading again tells nothing new.
Up to nineteen people are left out of each member's counts, drawn anew each night.
"""

from __future__ import annotations

import secrets
from typing import Any

from functions.worker.job_run import STEP_SECONDS, JobRun, instant
from functions.worker.pool import load_pool
from functions.worker.ring import Ring, Run
from shared.answers import Count
from shared.database import Database
from shared.engine import engine_version
from shared.engine.funnel import funnel, shown
from shared.engine.funnel_shown import FEW, sentences
from shared.engine.languages import language_of
from shared.engine.readable import readable


class FunnelsCounted(Run):
    """How many members there are, whose funnel was stored, and how many pairs each rule removed."""

    engine_version: str | None = None
    members: Count = 0
    pairs_removed: dict[str, Count] | None = None
    stored: Count = 0


def funnel_job(database: Database, ring: Ring) -> dict[str, Any]:
    """How many members' funnels were counted and stored, and how many pairs each rule removed of all."""
    version = engine_version()
    loaded = load_pool(database, ring, "funnel")
    with JobRun(database, "funnel", loaded) as run:
        if run.running:
            return run.already()
        pool, _ = readable(loaded.get("pool"))
        run.done("load", members=len(pool))
        counts = funnel(pool, instant(loaded.get("now")))
        run.done("count")
        stored = database.call(
            None,
            "store_funnels",
            {
                "run_id": run.id,
                "engine_version": version,
                "funnels": [
                    {
                        "id": id_,
                        "funnel": told(shown(counts, at, secrets.randbelow(FEW)), pool.primary_languages[at]),
                    }
                    for at, id_ in enumerate(pool.ids)
                ],
            },
            read_seconds=STEP_SECONDS,
        ).body
        run.done("store", stored=stored.get("stored"))
    return {
        "runId": run.id,
        "engineVersion": version,
        "members": len(pool),
        "pairsRemoved": counts.removed(),
        **stored,
        "seconds": run.seconds,
    }


def told(counted: dict[str, Any], language: str) -> dict[str, Any]:
    """What the member is shown, with the sentences for it in their first language where there are any."""
    return counted | {"sentences": sentences(counted, language_of(language))}
