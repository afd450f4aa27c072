"""One batch of the queue: members of one pool, claimed, matched among those they may meet, and stored.

Everything a batch found is stored in one transaction that first asks whether the claim still holds, so a
batch may be cut off anywhere and done again by another worker. Whose data cannot be read fails alone.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from functions.worker.attempts import insist, said
from functions.worker.charts import store_charts
from functions.worker.job_run import STEP_SECONDS, instant
from functions.worker.lists import packed
from functions.worker.quiz import store_signals
from shared.callers.database import Database
from shared.engine import Pool, PoolError, Rules, engine_version
from shared.engine.charts import chart_version
from shared.engine.pool.parsing import readable
from shared.engine.runs.incremental import Update, updates, usual_scale
from shared.engine.runs.lists import candidates, lists_of
from shared.engine.runs.proposals import proposals
from shared.errors import Unavailable
from shared.logs import describe, log

COUNTS = (
    "completed",
    "again",
    "proposed",
    "listed",
    "improved",
    "charts",
    "quiz",
    "failed",
    "parked",
    "late",
)
"""What a batch counts: members done; members who asked again meanwhile; proposals; candidates on lists;
others queued because of somebody who changed; charts; members with new signals of the quiz; members given
back, and given up; lost claims."""
Claim = dict[str, Any]
"""`{id, attempt}` of a queue row, and `user`, as `claim_matchmaking` answers."""


class Batch:
    """Work on claims of one pool; counts what came of it.

    `run_id`: the run in `job_runs` that proposals are credited to.
    """

    def __init__(self, database: Database, run_id: str) -> None:
        self.did: Counter[str] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._database = database
        self._run_id = run_id

    def work(self, claimed: dict[str, Any]) -> None:
        """Do what `claim_matchmaking` answered. Raises Unavailable when the database is away; the claims
        are then another worker's once their lease is over."""
        claims: list[Claim] = claimed["claimed"]
        try:
            births = claimed.get("births") or {}
            if births.get("id"):
                stored = store_charts(self._database, births)
                self.did["charts"] += stored.stored
            answered = store_signals(self._database, claimed.get("quiz") or [], at_night=False)
            self.did["quiz"] += answered.get("stored", 0)
            self._match(claims)
        except Unavailable:
            raise
        except Exception as error:
            # Whatever it was, it must not stop the others: each is tried alone, and who fails is given back.
            if len(claims) == 1:
                self._fail(claims, error)
                return
            log("WARNING", "batch apart", **describe(error))
            for claim in claims:
                self.work({"claimed": [claim]})

    def _match(self, claims: Sequence[Claim]) -> None:
        began = time.perf_counter()
        named = [{"id": claim["id"], "attempt": claim["attempt"]} for claim in claims]
        loaded = self._call("load_candidates", {"claims": named, "chart_version": chart_version()})
        began = self._took("load", began)
        pool, asking, broken = _read(loaded)
        if broken & {claim["user"] for claim in claims}:
            spoilt = [claim for claim in claims if claim["user"] in broken]
            self._fail(spoilt, PoolError("a column cannot be read"))
            named = [n for n, claim in zip(named, claims, strict=True) if claim["user"] not in broken]
        if broken:
            log("WARNING", "members that cannot be read", count=len(broken))
        rules = Rules.parse(loaded.get("settings"))
        members = np.array(sorted(asking), dtype=np.int64)
        found = candidates(pool, rules, instant(loaded.get("now")), members)
        scale = loaded.get("scale") or usual_scale(found)
        # Who waits longest stands first in a pool, so that is the order in which they are placed.
        placed = updates(pool, found, members.tolist(), asking, scale)
        began = self._took("match", began)
        lists = packed(pool, lists_of(pool, found, members))
        made = _proposals(pool, placed)
        began = self._took("explain", began)
        stored = self._call(
            "complete_matchmaking",
            {
                "claims": named,
                "engine_version": engine_version(),
                "run_id": self._run_id,
                "lists": lists,
                "proposals": made,
                "prices": [
                    {"id": pool.ids[one.member], "price": one.price} for one in placed if one.price > 0
                ],
            },
        )
        self._took("store", began)
        self.did["proposed"] += stored["stored"]
        for name in ("completed", "again", "listed", "improved", "late"):
            self.did[name] += stored.get(name, 0)

    def _call(self, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            return self._database.call(None, function, arguments, read_seconds=STEP_SECONDS).body

        return insist(ask, "matcher", self._run_id)

    def _fail(self, claims: Sequence[Claim], error: Exception) -> None:
        log("ERROR", "members failed", count=len(claims), **describe(error))
        named = [{"id": claim["id"], "attempt": claim["attempt"]} for claim in claims]
        answer = self._database.call(None, "fail_matchmaking", {"claims": named, "error": said(error)}).body
        self.did["failed"] += answer["again"] + answer["parked"]
        self.did["parked"] += answer["parked"]

    def _took(self, step: str, began: float) -> float:
        now = time.perf_counter()
        self.seconds[step] += now - began
        return now


def _read(loaded: dict[str, Any]) -> tuple[Pool, dict[int, list[int]], set[str]]:
    """The pool of an answer of `load_candidates`; who asks, with whom they met, as positions in it; and the
    ids of members left out because they cannot be read."""
    pool, kept = readable(loaded["pool"])
    table = loaded["pool"]["members"]
    place = table["columns"].index("id")
    ids = [row[place] for row in table["rows"]]
    position = {id_: at for at, id_ in enumerate(pool.ids)}
    # From places in the answer to positions in the pool, which has an order of its own.
    there = {at: position[ids[at]] for at in kept}
    asking = {
        there[one["place"]]: [there[at] for at in one["met"] if at in there]
        for one in loaded["asking"]
        if one["place"] in there
    }
    return pool, asking, {id_ for at, id_ in enumerate(ids) if at not in there}


def _proposals(pool: Pool, placed: Sequence[Update]) -> list[dict[str, Any]]:
    """What `complete_matchmaking` takes, in the order in which members were placed."""
    pairs = [
        (one.member, other, z)
        for one in placed
        for other, z in zip(one.proposed.tolist(), one.proposed_z.tolist(), strict=True)
    ]
    low = np.array([min(i, j) for i, j, _ in pairs], dtype=np.int64)
    high = np.array([max(i, j) for i, j, _ in pairs], dtype=np.int64)
    z = np.array([value for _, _, value in pairs], dtype=np.float64)
    return [proposal.as_json() for proposal in proposals(pool, low, high, z)]
