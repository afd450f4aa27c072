"""How the matcher keeps up: newcomers, changes, several workers, claims, the nightly run; how each grows."""

from __future__ import annotations

import time
from statistics import NormalDist, median
from typing import Any

import numpy as np
import psycopg
from psycopg.types.json import Jsonb

from scripts.stack.home import Trouble
from scripts.stack.ring import ring
from scripts.stack.throwaway import Running, ThrowawayStack
from scripts.tools.bench import crew
from scripts.tools.bench.figures import Figure, Figures
from scripts.tools.bench.matching import load_sample
from shared.engine import CONFIGURATION, engine_version
from shared.engine.runs.acceptance import acceptance

BACKLOG = 2000
"""Members queued at once where several workers are compared."""
NEWCOMERS = 500
CHANGES = 25
SIZES = (1000, 3000, 10_000)

_STARTING_OVER = (
    "delete from public.matchmaking_queue",
    "delete from public.matches",
    "delete from private.lists",
    "delete from private.prices",
    "update public.matchmaking_jobs set status = 'idle'",
)
_FEW = 40


def measure(figures: Figures, *, quick: bool) -> None:
    """Each size on a stack of its own."""
    for size in SIZES[:1] if quick else SIZES:
        with ThrowawayStack() as stack, figures.part(f"Keeping up, {size:,} members"):
            load_sample(stack, size)
            with psycopg.connect(stack.database_url, autocommit=True) as database:
                if size == SIZES[0]:
                    _newcomers(stack, database, figures)
                if size == (SIZES[0] if quick else SIZES[1]):
                    _several_workers(stack, database, figures, size)
                _nightly(stack, database, figures, size)
                _changes(stack, database, figures, size)
                if size == (SIZES[0] if quick else SIZES[-1]):
                    _claims(database, figures)


def _start_over(database: psycopg.Connection[Any], most: int | None = None) -> None:
    """Nobody was ever matched, and everybody, or so many, wait."""
    for statement in _STARTING_OVER:
        database.execute(statement)
    database.execute("select public.enqueue_event_matchmaking(null, 2)")
    if most is not None:
        database.execute(
            "delete from public.matchmaking_queue where id not in"
            " (select q.id from public.matchmaking_queue q order by md5(q.user_id::text) limit %s)",
            [most],
        )


def _newcomers(stack: Running, database: psycopg.Connection[Any], figures: Figures) -> None:
    """500 queued at once, one bell, one worker: charts, lists and proposals, database and HTTP included."""
    seconds = []
    for _ in range(3):
        _start_over(database, NEWCOMERS)
        began = time.perf_counter()
        answer = ring(stack.functions_url, stack.keys.bell_key, "matcher").raise_for_status().json()
        seconds.append(time.perf_counter() - began)
        if answer["completed"] != NEWCOMERS:
            raise Trouble(f"Of {NEWCOMERS} newcomers {answer['completed']} were matched.")
    figures.add(Figure(f"{NEWCOMERS} at once, a worker just started", seconds[0], "s", target=10.0))
    figures.add(Figure(f"{NEWCOMERS} at once, warm", min(seconds), "s", target=10.0))


def _several_workers(stack: Running, database: psycopg.Connection[Any], figures: Figures, size: int) -> None:
    """One backlog by one, two and four workers: members per second, the same lists, as good proposals."""
    backlog = min(BACKLOG, size)
    alone: tuple[float, float] | None = None
    lists: set[str] = set()
    for workers in (1, 2, 4):
        shift = crew.work(
            stack,
            workers,
            lambda: _start_over(database, _FEW * 4),
            lambda: _start_over(database, backlog),
        )
        done = shift.total("completed")
        rate, expected = done / shift.seconds, _expected_matches(database)
        lists.add(_digest(database))
        alone = alone or (rate, expected)
        name = f"{done:,} queued, {workers} workers" if workers > 1 else f"{done:,} queued, 1 worker"
        figures.add(
            Figure(
                name,
                rate,
                "members/s",
                better="higher",
                target=1.6 * alone[0] if workers == 2 else None,
                baseline=alone[0],
            )
        )
        figures.add(
            Figure(
                f"{name}: expected matches",
                expected,
                "",
                better="higher",
                target=0.98 * alone[1] if workers > 1 else None,
                baseline=alone[1],
            )
        )
    figures.add(Figure("different lists by number of workers", len(lists) - 1, "", target=0))


def _expected_matches(database: psycopg.Connection[Any]) -> float:
    """Sum over all proposals of the chance that both say yes."""
    scores = np.array(
        [float(score) for (score,) in database.execute("select total_score from public.matches").fetchall()]
    )
    normal = NormalDist()
    z = np.array(
        [CONFIGURATION.score_spread * normal.inv_cdf(min(max(s / 100, 1e-6), 1 - 1e-6)) for s in scores]
    )
    return float((acceptance(z, np.ones(len(z), dtype=np.bool_)) ** 2).sum())


def _digest(database: psycopg.Connection[Any]) -> str:
    row = database.execute(
        "select md5(string_agg(concat_ws(' ', user_id, candidate_user_id, score, sub_scores, reasons), ';'"
        " order by user_id, candidate_user_id)) from public.match_scores"
    ).fetchone()
    return str(row[0]) if row else ""


def _nightly(stack: Running, database: psycopg.Connection[Any], figures: Figures, size: int) -> None:
    """Everything anew, by one worker, from the bell to the last step, where charts are made already."""
    ring(stack.functions_url, stack.keys.bell_key, "nightly").raise_for_status()
    _start_over(database, 0)
    database.execute("vacuum full private.lists")
    database.execute("update private.score_generation set input_hash = null")
    answer = ring(stack.functions_url, stack.keys.bell_key, "nightly").raise_for_status().json()
    row = database.execute(
        "select status::text, metadata from public.job_runs where name = 'nightly'"
        " order by sequence desc limit 1"
    ).fetchone()
    if row is None or row[0] != "succeeded":
        raise Trouble(f"The nightly run did not succeed: {answer}")
    told = row[1]
    steps = {step["step"]: float(step["seconds"]) for step in told["steps"]}
    in_use = sum(steps[step] for step in _UNTIL_IN_USE)
    night = f"night over {size:,}"
    target = 6.0 if size == 10_000 else None
    figures.add(Figure(f"{night}, from opening to lists in use", in_use, "s", target=target))
    for step, seconds in steps.items():
        figures.add(Figure(f"{night}: {step}", seconds, "s"))
    figures.add(Figure(f"{night}: candidates listed", told["listed"], "", better="higher"))
    figures.add(Figure(f"{night}: proposals", told["stored"], "", better="higher"))
    database.execute("vacuum private.lists")
    size_of_lists = _one(database, "select pg_total_relation_size('private.lists') / 1e6::float8")
    figures.add(Figure(f"{night}: lists and their indexes on disk", size_of_lists, "MB", target=12.0))
    figures.add(Figure(f"{night}, against its floor", in_use / _floor(database), "times"))


_UNTIL_IN_USE = ("charts", "quiz", "interests", "enter", "compare", "rank", "place")


def _floor(database: psycopg.Connection[Any]) -> float:
    """Seconds in which Postgres alone reads and writes as much: the pool as text, the lists with their index,
    the proposals."""
    began = time.perf_counter()
    with database.cursor().copy("copy (select h.input from private.pool_history h) to stdout") as pool:
        for _ in pool:
            pass
    for statement in (
        "create temp table floor_lists (like private.lists including all)",
        "insert into floor_lists (generation, user_id, event_id, candidates, scores, facts)"
        " select generation, user_id, event_id, candidates, scores, facts from private.lists",
        "create temp table floor_matches as select * from public.matches",
    ):
        database.execute(statement)
    took = time.perf_counter() - began
    database.execute("drop table floor_lists, floor_matches")
    return took


def _changes(stack: Running, database: psycopg.Connection[Any], figures: Figures, size: int) -> None:
    """One member changes their profile among many who are matched: what it costs the worker."""
    database.execute("delete from public.matchmaking_queue")
    members = database.execute(
        "select user_id from public.connect_profiles where is_active order by md5(user_id::text) limit %s",
        [CHANGES],
    ).fetchall()
    took = []
    for (member,) in members:
        database.execute(
            "update public.connect_profiles set max_age = least(max_age + 1, 120) where user_id = %s",
            [member],
        )
        answer = ring(stack.functions_url, stack.keys.bell_key, "matcher").raise_for_status().json()
        if answer["completed"] != 1:
            raise Trouble(f"One member changed, {answer['completed']} were matched.")
        took.append(1000 * sum(answer["seconds"].values()))
    # The deployment has two processes, and each has its first time.
    warm = sorted(took[len(took) // 3 :])
    figures.add(Figure(f"one change among {size:,}, worker time", median(warm), "ms", target=100.0))
    figures.add(Figure(f"one change among {size:,}, worker time, slowest", warm[-1], "ms"))


def _claims(database: psycopg.Connection[Any], figures: Figures) -> None:
    """Rows claimed and completed per second, one connection, 1,000 at a time: nothing computed between, and
    no lists to be written to."""
    best = 0.0
    for _ in range(3):
        _start_over(database)
        database.execute("analyze public.matchmaking_queue")
        done, began = 0, time.perf_counter()
        while claimed := _one(
            database, "select public.claim_matchmaking('bench', %s, 'bench', 1000)", engine_version()
        )["claimed"]:
            named = [{"id": one["id"], "attempt": one["attempt"]} for one in claimed]
            _one(database, "select public.complete_matchmaking(%s, %s)", Jsonb(named), engine_version())
            done += len(claimed)
        best = max(best, done / (time.perf_counter() - began))
    figures.add(
        Figure("queue rows claimed and completed, best of 3", best, "1/s", better="higher", target=10_000)
    )


def _one(database: psycopg.Connection[Any], query: str, *arguments: Any) -> Any:
    row = database.execute(query, list(arguments)).fetchone()
    return None if row is None else row[0]
