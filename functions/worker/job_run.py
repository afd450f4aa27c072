"""A run's row in `job_runs`, from the Python side: how long its steps took, and that it failed."""

from __future__ import annotations

import datetime
import time
from types import TracebackType
from typing import Any

from functions.worker.ring import Ring
from shared.callers.database import Database
from shared.engine.columns import PoolError
from shared.errors import ApiError, Internal
from shared.logs import log

STEP_SECONDS = 50.0
"""How long one database call of a job may take: SQL's own time-outs end it at 45 s, and the platform's
gateway would cut it at 60."""


class Cancelled(Exception):
    """The run was cancelled, or given up because it showed no sign of life."""


class JobRun:
    """Inside the block: whatever ends it early is recorded in `job_runs`, by class name only. A pool that
    cannot be read says which column and row, which holds no value of anybody's."""

    def __init__(self, database: Database, job: str, opened: dict[str, Any]) -> None:
        """`opened`: the answer of the call that opened the run, `{runId}`, or `{runId: null, running}`."""
        run_id, running = opened.get("runId"), opened.get("running")
        if not isinstance(run_id or running, str):
            raise Internal(reason=f"the database opened no run of {job}")
        self.id: str = run_id or ""
        self.running: str | None = None if run_id else running
        """The run that is going already; then this one was not opened, and nothing is to be done."""
        self.seconds: dict[str, float] = {}
        self._job = job
        self._database = database
        self._step_began = time.perf_counter()

    @classmethod
    def opened(
        cls, database: Database, job: str, ring: Ring, version: str | None, scope: str = "all"
    ) -> JobRun:
        """Open a run of a job, one at a time per scope."""
        asked = {"job": job, "trigger": ring.trigger, "engine_version": version, "scope": scope}
        return cls(database, job, database.call(None, "open_job_run", asked).body)

    def __enter__(self) -> JobRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None or not self.id:
            return
        said = f"PoolError: {error}" if isinstance(error, PoolError) else kind.__name__
        try:
            self._database.call(None, "fail_job_run", {"run_id": self.id, "error": said})
        except ApiError as unrecorded:
            # The first error is the one to answer with; the row stays open until SQL gives it up.
            log("ERROR", "run not recorded", job=self._job, run=self.id, code=unrecorded.code)

    def already(self) -> dict[str, Any]:
        """What a job answers that is running already."""
        log("INFO", "already running", job=self._job, run=self.running)
        return {"runId": None, "running": self.running}

    def beat(self, progress: float | None = None) -> None:
        """A sign of life, and how far the run is, 0 to 1. Raises Cancelled when it is to stop."""
        told = {"run_id": self.id, "progress": progress}
        if not self._database.call(None, "beat_job_run", told).body.get("goOn"):
            raise Cancelled

    def finish(self, did: dict[str, Any]) -> None:
        """The run got to its end; `did` goes into its metadata."""
        self._database.call(None, "finish_job_run", {"run_id": self.id, "metadata": did})

    def done(self, step: str, **fields: Any) -> None:
        """Log one finished step; `seconds` keeps how long it took since the step before."""
        now = time.perf_counter()
        self.seconds[step] = round(now - self._step_began, 3)
        self._step_began = now
        log("INFO", "step", job=self._job, run=self.id, step=step, seconds=self.seconds[step], **fields)


def instant(text: Any) -> datetime.datetime:
    """The database's clock in an answer, with its zone. Raises Internal."""
    try:
        now = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Internal(reason="the database answered without a time") from None
    if now.tzinfo is None:
        raise Internal(reason="the database answered a time without a zone")
    return now
