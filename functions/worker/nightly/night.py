"""A night in one worker's hands: its steps in their order, each noted when it is over.

Whatever a step stores may be stored again, so a worker that takes a night over begins with the first step
that is not noted. The pool is loaded once: lists, proposals and funnels are made from the same scored pairs.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np

from functions.worker.attempts import insist, said
from functions.worker.charts import ChartTasks
from functions.worker.interests import index_all
from functions.worker.job_run import STEP_SECONDS
from functions.worker.lists import packed
from functions.worker.nightly.funnel import funnels
from functions.worker.nightly.pool import Loaded, load
from functions.worker.quiz import make_all
from shared.callers.database import Database
from shared.engine import Pool
from shared.engine.filters.fits import dealt, enough
from shared.engine.runs.lists import lists_of
from shared.engine.runs.manifest import manifest, moved_prices
from shared.engine.runs.night import Night as Found
from shared.engine.runs.night import night
from shared.engine.runs.ranking import Ranking
from shared.errors import NotFound, Unavailable
from shared.logs import describe, log

OWNERS = 2500
"""Members whose lists are stored in one call."""
PART = 2000
"""Proposals, or prices, or funnels, that are stored in one call."""

Progress = Callable[[str, float], None]
"""Told a step's name and how far the night is then, 0 to 1."""

_UNTIL = {
    "charts": 0.05,
    "quiz": 0.06,
    "interests": 0.07,
    "enter": 0.3,
    "compare": 0.31,
    "rank": 0.85,
    "place": 0.93,
    "requeue": 0.95,
    "funnel": 1.0,
}
"""The steps, and how far a night is after each."""
_LISTS = ("enter", "compare", "rank", "place", "requeue")
_MAY_FAIL = ("charts", "quiz", "interests")
"""Steps that make signals: without them the night goes on with those of yesterday."""


class Late(Exception):
    """The night is another worker's by now, or was stopped."""


class Night:
    """Work on the night that `claim_night` answered."""

    def __init__(
        self, database: Database, claimed: dict[str, Any], worker: str, told: Progress = lambda *_: None
    ) -> None:
        self.run_id: str = claimed["runId"]
        self.seconds: dict[str, float] = {}
        self.did: dict[str, Any] = {}
        self._database, self._worker, self._told = database, worker, told
        self._claimed, self._claim = claimed, claimed["claim"]
        self._unchanged = bool(claimed["unchanged"])
        only = claimed["only"]
        chosen = tuple(_UNTIL) if only is None else _LISTS if only == "lists" else (only,)
        self._steps = [step for step in chosen if step not in claimed["done"]]

    def work(self) -> bool:
        """Do the steps that are left; whether the night is over now.

        Raises Unavailable when the database is away; the night is another worker's once its lease is over.
        Whatever else goes wrong gives it back at once, with the reason.
        """
        # A pool is hundreds of thousands of small objects without circles: looking for some takes seconds.
        gc.disable()
        try:
            for step in self._steps:
                if self._unchanged and step in ("rank", "place", "requeue"):
                    continue
                self._step(step)
            self._call("end_night")
            return True
        except Late:
            log("WARNING", "night lost", run=self.run_id)
        except Unavailable:
            raise
        except Exception as error:
            log("ERROR", "night failed", run=self.run_id, **describe(error))
            self._database.call(None, "fail_night", {"claim": self._claim, "error": said(error)})
        finally:
            gc.enable()
        return False

    def _step(self, step: str) -> None:
        began = time.perf_counter()
        failed = None
        did: dict[str, Any] = {}
        try:
            did = insist(getattr(self, f"_{step}"), "nightly", self.run_id)
        except (Late, Unavailable):
            raise
        except Exception as error:
            if step not in _MAY_FAIL:
                raise
            log("ERROR", "step failed", run=self.run_id, step=step, **describe(error))
            failed = said(error)
        seconds = self.seconds[step] = round(time.perf_counter() - began, 3)
        self.did |= did
        until = _UNTIL[step]
        told = {"step": step, "progress": until, "did": did, "seconds": seconds, "error": failed}
        self._call("end_night_step", **told)
        log("INFO", "step", job="nightly", run=self.run_id, step=step, seconds=seconds)
        self._told(step, until)

    def _charts(self) -> dict[str, Any]:
        tasks = ChartTasks(self._database, self._worker, self._beat)
        tasks.plan()
        tasks.work_off()
        return {"charts": dict(tasks.did)}

    def _quiz(self) -> dict[str, Any]:
        return {"quiz": make_all(self._database, self._beat)}

    def _interests(self) -> dict[str, Any]:
        return {"interests": index_all(self._database, self._beat)}

    def _enter(self) -> dict[str, Any]:
        for first, last in self._claimed["pieces"]:
            self._call("enter_night", first_user=first, last_user=last)
        return {}

    def _compare(self) -> dict[str, Any]:
        answer = self._call("compare_night")
        self._unchanged = bool(answer["unchanged"])
        return {"runHash": answer["runHash"]} | ({"unchanged": True} if self._unchanged else {})

    def _rank(self) -> dict[str, Any]:
        loaded = self._loaded
        rules, now = loaded.rules, loaded.now
        fit = enough(loaded.pool, now, rules.min_fit)
        pool = dealt(loaded.pool, fit)
        self._call("store_fits", few=[pool.ids[at] for at in np.flatnonzero(~fit).tolist()])
        found = night(pool, rules, now, lambda _step: self._beat())
        # Lists are made while the market clears: each side waits for the database while the other computes.
        with ThreadPoolExecutor(1) as beside:
            listing = beside.submit(self._store_lists, loaded, found)
            stored = self._store_proposals(pool, found.ranking)
            listed = listing.result()
        return found.ranking.statement.as_json() | {
            "listed": listed,
            "offered": len(found.ranking.proposals),
            "stored": stored,
            "manifest": manifest(rules, loaded.hash, found.ranking),
        }

    def _store_proposals(self, pool: Pool, ranking: Ranking) -> int:
        stored = 0
        for part in _parts([proposal.as_json() for proposal in ranking.proposals]):
            stored = self._call("store_proposals", proposals=part)["storedByRun"]
        for part in _parts(moved_prices(pool, ranking)):
            stored = self._call("store_proposals", proposals=[], prices=part)["storedByRun"]
        return stored

    def _store_lists(self, loaded: Loaded, found: Found) -> int:
        listed = 0
        pool = loaded.pool
        pools = [(None, np.ones(len(pool), dtype=np.bool_)), *loaded.guests.items()]
        for event, among in pools:
            # All at once: a pair is then explained once.
            lists = lists_of(pool, found.found, np.flatnonzero(among), among)
            for start in range(0, len(lists.members), OWNERS):
                part = packed(pool, lists, start, start + OWNERS)
                listed += self._call("store_lists", event_id=event, lists=part)["listed"]
        if loaded.unreadable:
            log("WARNING", "members that cannot be read", count=len(loaded.unreadable["people"]))
            self._call("store_lists", event_id=None, lists=loaded.unreadable)
        return listed

    def _place(self) -> dict[str, Any]:
        self._call("clear_lists")
        self._call("put_lists_in_place")
        while self._database.call(None, "drop_old_lists", {}, read_seconds=STEP_SECONDS).body["dropped"]:
            self._beat()
        return {}

    def _requeue(self) -> dict[str, Any]:
        renewed = 0
        for first, last in self._claimed["pieces"]:
            renewed += self._call("requeue_night", first_user=first, last_user=last)["renewed"]
        return {"renewed": renewed}

    def _funnel(self) -> dict[str, Any]:
        try:
            loaded = self._loaded
        except NotFound:
            return {}  # there has been no night with lists yet
        stored = 0
        removed, told = funnels(loaded.pool, loaded.now)
        parts = list(_parts(told)) or [[]]
        for at, part in enumerate(parts):
            asked = {"pool_of": loaded.run_id, "funnels": part, "last": at == len(parts) - 1}
            stored += self._call("store_funnels", **asked)["stored"]
        return {"funnels": stored, "pairsRemoved": removed}

    @cached_property
    def _loaded(self) -> Loaded:
        """The pool that this run keeps; for funnels alone that of the latest run that kept one."""
        kept = None if self._claimed["only"] == "funnel" else self.run_id
        return load(self._database, kept, lambda: self._beat())

    def _beat(self) -> None:
        told = {"run_id": self.run_id}
        if not self._database.call(None, "beat_job_run", told).body.get("goOn"):
            raise Late

    def _call(self, function: str, **arguments: Any) -> dict[str, Any]:
        asked = {"claim": self._claim} | arguments
        answer = self._database.call(None, function, asked, read_seconds=STEP_SECONDS).body
        if answer["late"]:
            raise Late
        return answer


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), PART):
        yield rows[start : start + PART]
