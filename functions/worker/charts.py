"""POST /jobs/charts: computes the charts that are missing or were made by another version.

The matcher does the same at the start of each run, so that nobody is proposed without their chart; this
job is for a backfill, and for the night after a new version.
"""

from __future__ import annotations

import datetime
from typing import Any

from functions.worker.job_run import STEP_SECONDS, JobRun
from functions.worker.ring import Ring, Run
from shared.callers.database import Database
from shared.engine.charts import Birth, BirthError, chart_version, compute
from shared.errors import Internal
from shared.http.response_models import Count, sample
from shared.logs import log

AT_ONCE = 2000
"""Members looked at per round: about a second of work, a few megabytes."""


class ChartsMade(
    Run,
    json_schema_extra=sample(
        runId="c2b6e0d4-9d0e-4f43-8b8a-6f1f2d3c4b5a",
        chartVersion="4c1a7be20d93",
        stored=12,
        skipped=0,
        impossible=1,
        seconds={"load": 0.05, "compute": 0.01, "store": 0.04},
    ),
):
    """How many charts were stored, had lost their ground meanwhile, and cannot be computed."""

    chart_version: str | None = None
    stored: Count = 0
    skipped: Count = 0
    impossible: Count = 0


def charts(database: Database, ring: Ring) -> dict[str, Any]:
    """How many charts were stored, and how many had lost their ground meanwhile.

    Raises Unavailable when the database is away, Internal when its births cannot be read.
    """
    version = chart_version()
    with JobRun.opened(database, "charts", ring, version) as run:
        if run.running:
            return run.already()
        did = refresh_charts(database, run)
        run.done("charts", **did)
        run.finish(did)
    return {"runId": run.id, "chartVersion": version, **did, "seconds": run.seconds}


def refresh_charts(database: Database, run: JobRun) -> dict[str, int]:
    """Compute and store, round by round, until no birth is left that waits for its chart.

    A birth without a chart (a zone this release does not know) is left out and logged, and tried again
    next time; it holds up nobody else.
    """
    did = {"stored": 0, "skipped": 0, "impossible": 0}
    beyond: str | None = None
    while True:
        births = database.call(
            None,
            "load_births",
            {"chart_version": chart_version(), "most": AT_ONCE, "beyond": beyond},
            read_seconds=STEP_SECONDS,
        ).body
        if births["id"]:
            for name, count in store_charts(database, births).items():
                did[name] += count
        # Onwards by id: what has no chart, or lost its ground meanwhile, does not come again in this run.
        beyond = births["next"]
        if beyond is None:
            return did
        run.beat()


def store_charts(database: Database, births: dict[str, Any]) -> dict[str, int]:
    """Compute the charts of these births and store them: how many were stored, had lost their ground
    meanwhile, and have no chart. Raises Internal when the births cannot be read."""
    made = _made(births)
    answer = database.call(
        None,
        "store_birth_charts",
        {"chart_version": chart_version(), "charts": made},
        read_seconds=STEP_SECONDS,
    ).body
    return {
        "stored": answer["stored"],
        "skipped": answer["skipped"],
        "impossible": len(births["id"]) - len(made),
    }


def _made(columns: dict[str, Any]) -> list[dict[str, Any]]:
    """The charts of these births as they are stored, without those that have none."""
    births = _births(columns)
    named = list(zip(columns["id"], columns["hash"], strict=True))
    while True:
        try:
            charts_made = compute(births)
            break
        except BirthError as error:
            log("WARNING", "birth without a chart", job="charts", reason=error.reason)
            del births[error.position], named[error.position]
    return [
        {
            "id": id_,
            "hash": hash_,
            "radix": chart.radix_json(),
            "design": chart.design_json(),
            "packed": chart.packed(),
        }
        for (id_, hash_), chart in zip(named, charts_made, strict=True)
    ]


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
        raise Internal(reason="load_births answered births that cannot be read") from None
