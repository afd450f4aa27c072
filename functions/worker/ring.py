"""What a bell says."""

from __future__ import annotations

from typing import Literal

from shared.http.json_body import Closed, example
from shared.http.response_models import Answer, Uuid

Job = Literal["matcher", "charts", "quiz", "interests", "nightly"]
"""Jobs that a worker does; the others run inside the database."""
Only = Literal["charts", "lists", "funnel"]
"""Parts of a night that can be done alone."""


class Ring(Closed, json_schema_extra=example(job="matcher", trigger="hand")):
    """The path names the job; `trigger` tells `job_runs` who rang. With `tasks` the job does the tasks that
    wait and puts no new ones. `only` has a night do one of its parts."""

    job: Job = "matcher"
    trigger: Literal["schedule", "hand", "retry", "tasks"] = "schedule"
    only: Only | None = None


class Run(Answer):
    """What a job did. `runId` is null where there was nothing to open, or, with `running`, where that run of
    the job is going already."""

    run_id: Uuid | None = None
    running: Uuid | None = None
    seconds: dict[str, float] | None = None
