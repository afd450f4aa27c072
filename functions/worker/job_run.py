"""A run's row in `job_runs`, from the Python side: how long its steps took, and that it failed."""

from __future__ import annotations

import datetime
import time
from types import TracebackType
from typing import Any

from shared.database import Database
from shared.engine.columns import PoolError
from shared.errors import ApiError, Internal
from shared.logs import log

STEP_SECONDS = 120.0
"""How long one database call of a job may take: bulk work, bounded by SQL's own statement time-out."""


class JobRun:
    """Inside the block: whatever ends it early is recorded in `job_runs`, by class name only. A pool that
    cannot be read says which column and row, which holds no value of anybody's."""

    def __init__(self, database: Database, job: str, run_id: Any) -> None:
        if not isinstance(run_id, str):
            raise Internal(reason=f"the database opened no run of {job}")
        self.id = run_id
        self.seconds: dict[str, float] = {}
        self._job = job
        self._database = database
        self._step_began = time.perf_counter()

    def __enter__(self) -> JobRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            return
        said = f"PoolError: {error}" if isinstance(error, PoolError) else kind.__name__
        try:
            self._database.call(None, "fail_job_run", {"run_id": self.id, "error": said})
        except ApiError as unrecorded:
            # The first error is the one to answer with; the row stays open until SQL gives it up.
            log("ERROR", "run not recorded", job=self._job, run=self.id, code=unrecorded.code)

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
