"""What a bell says."""

from __future__ import annotations

from typing import Literal

from shared.decoding import Closed


class Ring(Closed):
    """Nothing in it steers a run: the path names the job, `trigger` tells `job_runs` who rang."""

    job: Literal["matcher", "charts", "match_scores", "funnel"] = "matcher"
    trigger: Literal["schedule", "hand", "retry"] = "schedule"
