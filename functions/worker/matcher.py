"""POST /matcher: one run of the matcher. Load the pool, rank it, store the proposals.

Every step is safe to repeat and two runs at once are harmless: the database checks each proposal again,
under lock, when it is stored. pg_net stops waiting after a few seconds; the run goes on and its row in
`job_runs` tells how it ended.
"""

from __future__ import annotations

import datetime
import time
from types import TracebackType
from typing import Any, Literal

from shared.database import Database
from shared.decoding import Closed
from shared.engine import Pool, Rules, engine_version, rank
from shared.errors import ApiError, Internal
from shared.logs import log

STEP_SECONDS = 120.0
"""How long one database call of a run may take: bulk work, bounded by SQL's own statement time-out."""


class Ring(Closed):
    """What a bell says. Nothing in it steers the run: `trigger` tells `job_runs` who rang."""

    job: Literal["matcher"] = "matcher"
    trigger: Literal["schedule", "hand"] = "schedule"


def matcher(database: Database, ring: Ring) -> dict[str, Any]:
    """What the run did, in counts and seconds.

    Raises Unavailable when the database is away, Internal when its pool cannot be read.
    """
    version = engine_version()
    started = time.perf_counter()
    loaded = database.call(
        None, "load_pool", {"engine_version": version, "trigger": ring.trigger}, read_seconds=STEP_SECONDS
    )
    with _Run(database, loaded.body.get("runId")) as run:
        pool = Pool.parse(loaded.body)
        rules = Rules.parse(loaded.body.get("settings"))
        now = _instant(loaded.body.get("now"))
        load_s = run.done("load", started, members=len(pool))

        started = time.perf_counter()
        ranking = rank(pool, rules, now)
        did = ranking.statement
        rank_s = run.done("rank", started, pairs=did.eligible_pairs, proposals=did.proposed)

        started = time.perf_counter()
        stored = database.call(
            None,
            "store_proposals",
            {
                "run_id": run.id,
                "engine_version": version,
                "proposals": [proposal.as_json() for proposal in ranking.proposals],
                "statement": did.as_json(),
            },
            read_seconds=STEP_SECONDS,
        ).body
        store_s = run.done("store", started, stored=stored.get("stored"), skipped=stored.get("skipped"))
    return {
        "runId": run.id,
        "engineVersion": version,
        "members": did.members,
        "eligiblePairs": did.eligible_pairs,
        "proposed": stored.get("stored"),
        "skipped": stored.get("skipped"),
        "membersWithoutCandidates": did.members_without_candidates,
        "seconds": {"load": load_s, "rank": rank_s, "store": store_s},
    }


class _Run:
    """The run's row in `job_runs`: whatever ends the block early is recorded there, by class name only."""

    def __init__(self, database: Database, run_id: Any) -> None:
        if not isinstance(run_id, str):
            raise Internal(reason="load_pool answered without a run")
        self.id = run_id
        self._database = database

    def __enter__(self) -> _Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            return
        try:
            self._database.call(None, "fail_job_run", {"run_id": self.id, "error": kind.__name__})
        except ApiError as unrecorded:
            # The first error is the one to answer with; the row stays open until SQL gives it up.
            log("ERROR", "run not recorded", job="matcher", run=self.id, code=unrecorded.code)

    def done(self, step: str, started: float, **fields: Any) -> float:
        """Log one finished step and return its seconds."""
        seconds = round(time.perf_counter() - started, 3)
        log("INFO", "step", job="matcher", run=self.id, step=step, seconds=seconds, **fields)
        return seconds


def _instant(text: Any) -> datetime.datetime:
    """The database's clock, with its zone. Raises Internal."""
    try:
        now = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Internal(reason="load_pool answered without a time") from None
    if now.tzinfo is None:
        raise Internal(reason="load_pool answered a time without a zone")
    return now
