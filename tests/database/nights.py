"""A night step by step: what a worker calls, and a worker of this process that may be killed anywhere."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from functions.worker.nightly.night import Night
from shared.callers.database import Answer
from shared.callers.service import Service
from shared.engine.charts import chart_version
from tests.cast import Cast, Json
from tests.database.answers import ok
from tests.database.queue import ENGINE

STEPS = ("charts", "quiz", "interests", "enter", "compare", "rank", "place", "requeue", "funnel")
EVERYBODY = {
    "first_user": "00000000-0000-0000-0000-000000000000",
    "last_user": "ffffffff-ffff-ffff-ffff-ffffffffffff",
}

Fatal = Callable[[str, bool], bool]
"""Whether the worker is killed at a call of a function: before it (False), or once it is answered (True)."""


class Killed(BaseException):
    """The worker is no more, and says nothing about it."""


def _mortal(cast: Cast, fatal: Fatal) -> Service:
    """The database of a worker that is killed at some call."""

    class Mortal(Service):
        def call(self, token: str | None, function: str, args: Any = None, **words: Any) -> Answer:
            if fatal(function, False):
                raise Killed
            answer = Service.call(self, token, function, args, **words)
            if fatal(function, True):
                raise Killed
            return answer

    return Mortal(cast.stack.api_url, cast.stack.service_role_key)


def open_night(cast: Cast, engine: str = ENGINE, part: str | None = None) -> Json:
    """open_nightly(), as a worker of the engine in force."""
    asked = {"engine_version": engine, "chart_version": chart_version(), "trigger": "hand", "part": part}
    return ok(cast.rpc(cast.stack.service_role_key, "open_nightly", **asked))


def take(cast: Cast, worker: str = "worker-1", engine: str = ENGINE) -> Json:
    """claim_night()."""
    key = cast.stack.service_role_key
    return ok(cast.rpc(key, "claim_night", worker=worker, engine_version=engine))


def call(cast: Cast, function: str, night: Json, **words: Any) -> Json:
    """One of the functions that a worker calls about the night it holds."""
    return ok(cast.rpc(cast.stack.service_role_key, function, claim=night["claim"], **words))


def work(
    cast: Cast, night: Json, through: str | None = None, *, fatal: Fatal = lambda _function, _answered: False
) -> bool:
    """Go on with a night, as the worker that holds it does, to its end, or until a step is over and noted;
    whether the night is over. A worker that is killed leaves it as it is."""
    run = run_of(cast, night["runId"])
    stands = {"done": done(run), "unchanged": run["metadata"].get("unchanged", False)}

    def told(step: str, _until: float) -> None:
        if step == through:
            raise Killed

    with suppress(Killed):
        return Night(_mortal(cast, fatal), night | stands, "worker-1", told).work()
    return False


def done(run: Json) -> list[str]:
    """The steps of a run that are over."""
    return [step["step"] for step in run["metadata"]["steps"]]


def worked(cast: Cast, through: str, worker: str = "worker-1") -> Json:
    """A new night that has got through a step, as its worker holds it."""
    assert open_night(cast).get("runId")
    night = take(cast, worker)
    assert night["runId"]
    assert not work(cast, night, through)
    assert done(run_of(cast, night["runId"]))[-1] == through
    return night


def is_unchanged(cast: Cast) -> bool:
    """Whether a night that is opened now finds nothing to renew; it is given up."""
    run_id = worked(cast, "compare")["runId"]
    cast.database.execute("select public.cancel_job(%s)", [run_id])
    return bool(run_of(cast, run_id)["metadata"].get("unchanged", False))


def whole_night(cast: Cast) -> Json:
    """A night from its opening to its end; its row in job_runs."""
    opened = open_night(cast)
    assert opened["runId"], opened
    finished = work(cast, take(cast))
    row = run_of(cast, opened["runId"])
    assert (finished, row["status"]) == (True, "succeeded"), row["error"]
    return row


def run_of(cast: Cast, run_id: str) -> Json:
    """The row of a run."""
    row: Json = cast.value("select to_jsonb(j) from public.job_runs j where j.id = %s", run_id)
    return row


def in_use(cast: Cast) -> int:
    """The generation that readers see."""
    return int(cast.value("select generation from private.score_generation"))


def let_night_go(cast: Cast) -> None:
    """Move the clock: whoever holds the night has had it for too long, and pauses after failures are over."""
    cast.database.execute(
        "update private.tasks set leased_until = leased_until - interval '1 year',"
        " available_at = available_at - interval '1 year' where kind = 'nightly'"
    )


def forget_input(cast: Cast) -> None:
    """The next night does not find that nothing has changed."""
    cast.database.execute("update private.score_generation set input_hash = null")


def eventually(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def at(function: str, answered: bool, time: int = 1) -> Fatal:
    """Killed at a call of a function: before it, or once it is answered."""
    seen: Counter[tuple[str, bool]] = Counter()

    def fatal(called: str, over: bool) -> bool:
        seen[called, over] += 1
        return (called, over) == (function, answered) and seen[called, over] == time

    return fatal
