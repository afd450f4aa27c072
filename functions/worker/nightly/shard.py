"""One piece of a run over everybody: keeping members, their lists, everybody's proposals, put in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from functions.worker.batch import IN_THE_WAY
from functions.worker.job_run import STEP_SECONDS, instant
from functions.worker.nightly.pool import PAGE, hash_of, pages_of, pool_of
from shared.callers.database import Database
from shared.engine import Pool, PoolError, Rules, RulesError, rank
from shared.engine.pool.parsing import readable
from shared.engine.runs.lists import candidates, listed
from shared.engine.runs.manifest import manifest, moved_prices
from shared.errors import ApiError, Internal, Unavailable
from shared.logs import describe, log

PART = 2000
"""Proposals, or prices, that are stored in one call."""


class Pieces:
    """One worker's work on pieces. The pool of a run is loaded once for all of them that read it alike."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loaded: tuple[Any, dict[str, Any]] | None = None

    def work(self, claimed: dict[str, Any]) -> bool:
        """Do the piece that `claim_shard` answered; whether it is done now, or was already by another worker.

        Raises Unavailable when the database is away; the piece is another worker's once its lease is over.
        Whatever else goes wrong gives it back at once.
        """
        held = {"run_id": claimed["runId"], "number": claimed["number"], "attempt": claimed["attempt"]}
        try:
            self._do(claimed, held)
            return True
        except Unavailable as error:
            if not (error.reason or "").endswith(IN_THE_WAY):
                raise
            # Two pieces got in each other's way: this one is taken anew.
            log("WARNING", "shard in the way", run=claimed["runId"], shard=claimed["number"])
            self._call("fail_shard", held | {"error": f"Unavailable {error.reason}"})
            return False
        except Exception as error:
            # Given back with its reason: after a few attempts the run is failed and says why.
            log("ERROR", "shard failed", run=claimed["runId"], shard=claimed["number"], **describe(error))
            # Messages of ours hold no value of anybody's; others might.
            ours = isinstance(error, PoolError | RulesError)
            said = f"{type(error).__name__}: {error}" if ours else type(error).__name__
            if isinstance(error, ApiError):
                said = f"{said} {error.reason or error.code}"
            self._call("fail_shard", held | {"error": said})
            return False

    def _do(self, claimed: dict[str, Any], held: dict[str, Any]) -> None:
        match claimed["work"]:
            case "ready":
                self._call("ready_shard", held)
            case "enter":
                self._call("enter_shard", held)
            case "compare":
                self._call("compare_shard", held)
            case "scores":
                self._scores(claimed, held)
            case "proposals":
                self._proposals(claimed, held)
            case "put_in_place":
                while self._call("clear_shard", held).get("dropped"):
                    pass
                self._call("put_scores_in_place", held)
                while self._call("drop_old_scores", {})["dropped"]:
                    pass
            case "requeue":
                self._call("requeue_shard", held)
            case other:
                raise Internal(reason=f"no worker knows how to do {other}")

    def _scores(self, claimed: dict[str, Any], held: dict[str, Any]) -> None:
        loaded = self._pool(claimed, held)
        if loaded is None:
            return
        pool: Pool = loaded["pool"]
        first, last = claimed["first"], claimed["last"]
        members = np.array([at for at, id_ in enumerate(pool.ids) if first <= id_ <= last], dtype=np.int64)
        found = candidates(pool, loaded["rules"], loaded["now"], members)
        self._call("store_scores", held | {"lists": listed(pool, found, members)})

    def _proposals(self, claimed: dict[str, Any], held: dict[str, Any]) -> None:
        loaded = self._pool(claimed, held)
        if loaded is None:
            return
        pool, rules = loaded["pool"], loaded["rules"]
        ranking = rank(pool, rules, loaded["now"])
        proposals = [proposal.as_json() for proposal in ranking.proposals]
        prices = moved_prices(pool, ranking)
        statement = ranking.statement.as_json() | {
            "offered": len(proposals),
            "manifest": manifest(rules, loaded["hash"], ranking),
        }
        parts = [{"proposals": part} for part in _parts(proposals)]
        parts += [{"proposals": [], "prices": part} for part in _parts(prices)]
        for part in parts:
            if self._call("store_proposals", held | part)["late"]:
                return
        self._call("store_proposals", held | {"proposals": [], "statement": statement})

    def _pool(self, claimed: dict[str, Any], held: dict[str, Any]) -> dict[str, Any] | None:
        """`{pool, rules, now, hash}` as the run sees it; None when the piece is another worker's by now."""
        wanted = (claimed["runId"], claimed["eventId"], claimed["work"])
        if self._loaded is not None and self._loaded[0] == wanted:
            return self._loaded[1]
        self._loaded = None  # before the next is loaded: two would not fit where one does
        told: dict[str, Any] = {}

        def page(beyond: str | None) -> dict[str, Any]:
            answer = self._call("load_shard", held | {"after": beyond, "most": PAGE})
            if answer["late"]:
                raise _Late
            told.update(answer)
            page: dict[str, Any] = answer["page"]
            return page

        try:
            answer = pool_of(pages_of(page))
        except _Late:
            return None
        rules = Rules.parse(told.get("settings"))
        pool, kept = readable(answer)
        if spoilt := len(answer["members"]["rows"]) - len(kept):
            log("WARNING", "members that cannot be read", count=spoilt)
        loaded = {"pool": pool, "rules": rules, "now": instant(told.get("now")), "hash": hash_of(answer)}
        self._loaded = (wanted, loaded)
        return loaded

    def _call(self, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self._database.call(None, function, arguments, read_seconds=STEP_SECONDS).body


class _Late(Exception):
    """The piece is another worker's by now."""


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), PART):
        yield rows[start : start + PART]
