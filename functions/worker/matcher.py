"""POST /matcher: one run of the matcher. Compute missing charts, load the pool, rank it, store the proposals.

Every step is safe to repeat and two runs at once are harmless: the database checks each proposal again,
under lock, when it is stored. pg_net stops waiting after a few seconds; the run goes on and its row in
`job_runs` tells how it ended.
"""

from __future__ import annotations

import time
from typing import Any

from functions.worker.charts import refresh_charts
from functions.worker.job_run import STEP_SECONDS, JobRun, instant
from functions.worker.pool import load_pool
from functions.worker.ring import Ring
from shared.database import Database
from shared.engine import Pool, Rules, engine_version, rank
from shared.engine.manifest import manifest, moved_prices


def matcher(database: Database, ring: Ring) -> dict[str, Any]:
    """What the run did, in counts and seconds.

    Raises Unavailable when the database is away, Internal when its pool cannot be read.
    """
    version = engine_version()
    began = time.perf_counter()
    charts = refresh_charts(database)
    charts_s = round(time.perf_counter() - began, 3)
    loaded = load_pool(database, ring, "matcher")
    with JobRun(database, "matcher", loaded.get("runId")) as run:
        pool = Pool.parse(loaded.get("pool"))
        rules = Rules.parse(loaded.get("settings"))
        now = instant(loaded.get("now"))
        run.done("load", members=len(pool), charts=charts["stored"])

        ranking = rank(pool, rules, now, run.done)
        did = ranking.statement
        stored = database.call(
            None,
            "store_proposals",
            {
                "run_id": run.id,
                "engine_version": version,
                "proposals": [proposal.as_json() for proposal in ranking.proposals],
                "statement": did.as_json() | {"manifest": manifest(rules, loaded["inputHash"], ranking)},
                "prices": moved_prices(pool, ranking),
            },
            read_seconds=STEP_SECONDS,
        ).body
        run.done("store", stored=stored.get("stored"), skipped=stored.get("skipped"))
    return {
        "runId": run.id,
        "engineVersion": version,
        "members": did.members,
        "charts": charts["stored"],
        "eligiblePairs": did.eligible_pairs,
        "proposed": stored.get("stored"),
        "skipped": stored.get("skipped"),
        "membersWithoutCandidates": did.members_without_candidates,
        "seconds": {"charts": charts_s, **run.seconds},
    }
