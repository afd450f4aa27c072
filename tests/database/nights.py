"""A run over everybody, piece by piece: what workers call, and a worker of this process."""

import time
from collections.abc import Callable
from typing import Any

from functions.worker.nightly.shard import Pieces
from shared.callers.service import Service
from shared.engine.charts import chart_version
from tests.cast import Cast, Json
from tests.database.answers import ok
from tests.database.queue import ENGINE

Stop = Callable[[Json], bool]


def open_night(cast: Cast, engine: str = ENGINE) -> Json:
    """open_match_scores(), as a worker of the engine in force."""
    asked = {"engine_version": engine, "chart_version": chart_version(), "trigger": "hand"}
    return ok(cast.rpc(cast.stack.service_role_key, "open_match_scores", **asked))


def take(cast: Cast, worker: str = "worker-1", engine: str = ENGINE) -> Json:
    """claim_shard()."""
    key = cast.stack.service_role_key
    return ok(cast.rpc(key, "claim_shard", worker=worker, engine_version=engine))


def held(piece: Json) -> Json:
    """How a worker names the piece it holds."""
    return {"run_id": piece["runId"], "number": piece["number"], "attempt": piece["attempt"]}


def call(cast: Cast, function: str, piece: Json, **words: Any) -> Json:
    """One of the functions that a worker calls about its piece."""
    return ok(cast.rpc(cast.stack.service_role_key, function, **held(piece), **words))


def work(cast: Cast, piece: Json) -> bool:
    """Do a piece, as a worker does it, in this process."""
    return Pieces(Service(cast.stack.api_url, cast.stack.service_role_key)).work(piece)


def work_off(cast: Cast, worker: str = "worker-1", until: Stop | None = None) -> list[Json]:
    """Pieces taken and done in turn, until there is none; one that is to be the end is taken and left."""
    taken = []
    while (piece := take(cast, worker))["runId"]:
        taken.append(piece)
        if until is not None and until(piece):
            break
        work(cast, piece)
    return taken


def kept_pool(cast: Cast) -> Json:
    """Open a run and work it off until its pool is kept and compared: only lists are left, or nothing."""
    opened = open_night(cast)
    waits = "select coalesce(min(phase), 9) from private.job_shards where run_id = %s and done_at is null"
    while cast.value(waits, opened["runId"]) < 3:
        work(cast, take(cast))
    return opened


def is_unchanged(cast: Cast) -> bool:
    """Whether a run that is opened now finds nothing to renew; one that does is given up."""
    run_id = kept_pool(cast)["runId"]
    cast.database.execute("select public.cancel_job(%s)", [run_id])
    return bool(run_of(cast, run_id)["metadata"].get("unchanged", False))


def whole_night(cast: Cast) -> Json:
    """A run from its opening to its end; its row in job_runs."""
    opened = open_night(cast)
    assert opened["runId"], opened
    work_off(cast)
    row = run_of(cast, opened["runId"])
    assert row["status"] == "succeeded", row["error"]
    return row


def run_of(cast: Cast, run_id: str) -> Json:
    """The row of a run."""
    row: Json = cast.value("select to_jsonb(j) from public.job_runs j where j.id = %s", run_id)
    return row


def in_use(cast: Cast) -> int:
    """The generation that readers see."""
    return int(cast.value("select generation from private.score_generation"))


def let_shards_go(cast: Cast) -> None:
    """Move the clock: whoever holds a piece of a run has had it for too long."""
    cast.database.execute(
        "update private.job_shards set leased_until = now() - interval '1 second' where done_at is null"
        " and leased_until is not null"
    )


def forget_input(cast: Cast) -> None:
    """The next run does not find that nothing has changed."""
    cast.database.execute("update private.score_generation set input_hash = null")


def eventually(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)
