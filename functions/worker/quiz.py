"""POST /jobs/quiz: makes the signals of members who answered the quiz.

An answer puts a task of kind `quiz`, and any number of workers take tasks under leases. By day a change past
the limit of the day is not stored: it waits for the night. The night looks at all answers and stores what
differs. The matcher makes the signals of the members it takes from the queue, so that an answer reaches their
lists in the same minute.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from functions.worker.job_run import STEP_SECONDS, JobRun
from functions.worker.ring import Ring, Run
from shared.callers.database import Database
from shared.errors import Unavailable
from shared.http.response_models import Count, sample
from shared.quiz.scoring import signals_of, signals_version

AT_ONCE = 2000
"""Members looked at, and tasks taken, per round."""
COUNTS = ("stored", "waiting", "skipped")


class QuizDone(
    Run,
    json_schema_extra=sample(
        runId="c2b6e0d4-9d0e-4f43-8b8a-6f1f2d3c4b5a",
        quizVersion="4c1a7be20d93",
        stored=12,
        waiting=1,
        skipped=0,
        seconds={"quiz": 0.1},
    ),
):
    """Of how many members signals were stored, have to wait for the night, and had lost their ground or been
    stored meanwhile."""

    quiz_version: str | None = None
    stored: Count = 0
    waiting: Count = 0
    skipped: Count = 0


def quiz(database: Database, ring: Ring) -> dict[str, Any]:
    """Work off the tasks that wait if they have rung; otherwise look at all answers, as the night does.

    Raises Unavailable when the database is away.
    """
    worker = f"quiz-{uuid.uuid4().hex[:12]}"
    with JobRun.opened(database, "quiz", ring, signals_version(), worker) as run:
        did = (
            _work_off(database, worker, run.beat) if ring.trigger == "tasks" else make_all(database, run.beat)
        )
        run.done("quiz", **did)
        run.finish(did)
    return {"runId": run.id, "quizVersion": signals_version(), **did, "seconds": run.seconds}


def make_all(database: Database, beat: Callable[[], None]) -> dict[str, int]:
    """Store the signals of all members whose answers differ from those they were made of."""
    did = Counter(dict.fromkeys(COUNTS, 0))
    beyond: str | None = None
    while True:
        asked = {"quiz_version": signals_version(), "most": AT_ONCE, "beyond": beyond}
        page = database.call(None, "load_quiz", asked, read_seconds=STEP_SECONDS).body
        did.update(store_signals(database, page["members"], at_night=True))
        beyond = page["next"]
        if beyond is None:
            return dict(did)
        beat()


def _work_off(database: Database, worker: str, beat: Callable[[], None]) -> dict[str, int]:
    """Take tasks until no more can be taken. Tasks of a round that fails are given back."""
    did = Counter(dict.fromkeys(COUNTS, 0))
    asked = {"quiz_version": signals_version(), "worker": worker, "most": AT_ONCE}
    while True:
        taken = database.call(None, "claim_quiz", asked, read_seconds=STEP_SECONDS).body
        claims = [{"id": claim["id"], "attempt": claim["attempt"]} for claim in taken["claimed"]]
        if not claims:
            return dict(did)
        try:
            did.update(store_signals(database, taken["members"], at_night=False))
            database.call(None, "finish_tasks", {"claims": claims})
        except Unavailable:
            raise  # their leases run out, and another worker takes them
        except Exception as error:
            database.call(None, "fail_tasks", {"claims": claims, "error": type(error).__name__})
            raise
        beat()


def store_signals(database: Database, members: Sequence[dict[str, Any]], *, at_night: bool) -> dict[str, int]:
    """Make and store the signals of members, each `{id, hash, answers}`; counts by `COUNTS`."""
    if not members:
        return {}
    asked = {
        "quiz_version": signals_version(),
        "made": [made(member) for member in members],
        "at_night": at_night,
    }
    answer = database.call(None, "store_quiz_vectors", asked, read_seconds=STEP_SECONDS).body
    return {name: answer[name] for name in COUNTS}


def made(member: dict[str, Any]) -> dict[str, Any]:
    """The signals of a member `{id, hash, answers}`, as `store_quiz_vectors` takes them."""
    signals = signals_of(member["answers"])
    # As Postgres writes a vector: PostgREST hands the text on.
    texts = {
        name: None if vector is None else f"[{','.join(f'{x:.6g}' for x in vector)}]"
        for name, vector in signals.vectors.items()
    }
    return {
        "id": member["id"],
        "hash": member["hash"],
        "values": texts["values"],
        "communication": texts["communication"],
        "lifeGoals": texts["life_goals"],
        "readiness": signals.readiness,
    }
