"""POST /jobs/charts: computes the charts that are missing or were made by another version.

Each chart is a task of kind `charts`. The night puts the tasks, and any number of workers take them
under leases; where a worker is killed, its tasks are another's. The matcher computes the charts of the
members it takes from the queue, so that no member is proposed without theirs; this job is for a backfill,
and for the night after a new version.
"""

from __future__ import annotations

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from functions.worker.job_run import STEP_SECONDS, JobRun
from functions.worker.ring import Ring, Run
from shared.callers.database import Database
from shared.engine.charts import Birth, BirthError, chart_version, compute
from shared.errors import Internal, Unavailable
from shared.http.response_models import Count, sample
from shared.logs import log

AT_ONCE = 2000
"""Members looked at, and tasks taken, per round: about a second of work, a few megabytes."""


class ChartsMade(
    Run,
    json_schema_extra=sample(
        runId="c2b6e0d4-9d0e-4f43-8b8a-6f1f2d3c4b5a",
        chartVersion="4c1a7be20d93",
        planned=13,
        stored=12,
        skipped=0,
        impossible=1,
        seconds={"charts": 0.1},
    ),
):
    """How many tasks were put, and how many charts were stored, had lost their ground meanwhile, and cannot
    be computed."""

    chart_version: str | None = None
    planned: Count = 0
    stored: Count = 0
    skipped: Count = 0
    impossible: Count = 0


@dataclass(frozen=True)
class Stored:
    """What became of births: charts stored, charts that had lost their ground, and the members without a
    chart, by reason."""

    stored: int
    skipped: int
    impossible: dict[str, list[str]]


def charts(database: Database, ring: Ring) -> dict[str, Any]:
    """Put the tasks, unless tasks that wait have rung, then work them off.

    Raises Unavailable when the database is away, Internal when its births cannot be read.
    """
    version = chart_version()
    worker = f"charts-{uuid.uuid4().hex[:12]}"
    with JobRun.opened(database, "charts", ring, version, worker) as run:
        tasks = ChartTasks(database, worker, run.beat)
        if ring.trigger != "tasks":
            tasks.plan()
        tasks.work_off()
        run.done("charts", **tasks.did)
        run.finish(dict(tasks.did))
    return {"runId": run.id, "chartVersion": version, **tasks.did, "seconds": run.seconds}


class ChartTasks:
    """One worker's charts, for a run of its own or as a step of the night; `did` counts."""

    def __init__(self, database: Database, worker: str, beat: Callable[[], None]) -> None:
        self.did = Counter(dict.fromkeys(("planned", "stored", "skipped", "impossible"), 0))
        self._database, self._worker, self._beat = database, worker, beat

    def plan(self) -> None:
        """Put a task for each chart that is due, page by page over all members."""
        beyond: str | None = None
        while True:
            page = self._database.call(
                None,
                "plan_charts",
                {"chart_version": chart_version(), "most": AT_ONCE, "beyond": beyond},
                read_seconds=STEP_SECONDS,
            ).body
            self.did["planned"] += page["put"]
            beyond = page["next"]
            if beyond is None:
                return
            self._beat()

    def work_off(self) -> None:
        """Take tasks until no more can be taken. Tasks of a round that fails are given back."""
        database = self._database
        asked = {"chart_version": chart_version(), "worker": self._worker, "most": AT_ONCE}
        while True:
            taken = database.call(None, "claim_births", asked, read_seconds=STEP_SECONDS).body
            claims = taken["claimed"]
            if not claims:
                return
            try:
                _do(database, claims, taken["births"], self.did)
            except Unavailable:
                raise  # their leases run out, and another worker takes them
            except Exception as error:
                database.call(None, "fail_tasks", {"claims": _named(claims), "error": type(error).__name__})
                raise
            self._beat()


def _do(database: Database, claims: list[dict[str, Any]], births: dict[str, Any], did: Counter[str]) -> None:
    """One round: the charts of the births, then the end of each task. A task whose birth is not due any more
    has nothing left to do."""
    parked: set[str] = set()
    if births["id"]:
        made = store_charts(database, births)
        did.update(stored=made.stored, skipped=made.skipped)
        for reason, members in made.impossible.items():
            lost = [claim for claim in claims if claim["user"] in members]
            database.call(None, "park_tasks", {"claims": _named(lost), "error": reason})
            did["impossible"] += len(members)
            parked.update(members)
    done = [claim for claim in claims if claim["user"] not in parked]
    database.call(None, "finish_tasks", {"claims": _named(done)})


def _named(claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": claim["id"], "attempt": claim["attempt"]} for claim in claims]


def store_charts(database: Database, births: dict[str, Any]) -> Stored:
    """Compute the charts of these births and store them. Raises Internal when the births cannot be read."""
    made, impossible = _made(births)
    answer = database.call(
        None,
        "store_birth_charts",
        {"chart_version": chart_version(), "charts": made},
        read_seconds=STEP_SECONDS,
    ).body
    return Stored(answer["stored"], answer["skipped"], impossible)


def _made(columns: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """The charts of these births as they are stored, and the members that have none, by reason. A birth
    without a chart (a zone this release does not know) holds up no other."""
    births = _births(columns)
    named = list(zip(columns["id"], columns["hash"], strict=True))
    impossible: defaultdict[str, list[str]] = defaultdict(list)
    while True:
        try:
            charts_made = compute(births)
            break
        except BirthError as error:
            log("WARNING", "birth without a chart", job="charts", reason=error.reason)
            impossible[error.reason].append(named[error.position][0])
            del births[error.position], named[error.position]
    made = [
        {
            "id": id_,
            "hash": hash_,
            "radix": chart.radix_json(),
            "design": chart.design_json(),
            "packed": chart.packed(),
        }
        for (id_, hash_), chart in zip(named, charts_made, strict=True)
    ]
    return made, dict(impossible)


def _births(columns: dict[str, Any]) -> list[Birth]:
    try:
        return [
            Birth(
                datetime.date.fromisoformat(date),
                None if time is None else datetime.time.fromisoformat(time),
                accuracy,
                lat,
                lon,
                tz,
            )
            for date, time, accuracy, lat, lon, tz in zip(
                *(columns[name] for name in ("date", "time", "accuracy", "lat", "lon", "tz")), strict=True
            )
        ]
    except (KeyError, TypeError, ValueError):
        raise Internal(reason="the database answered births that cannot be read") from None
