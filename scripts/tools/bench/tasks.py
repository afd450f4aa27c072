"""Tasks claimed and finished on one connection, against a bare update and delete of the same rows."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import psycopg

from scripts.stack.home import Trouble
from scripts.stack.throwaway import Running
from scripts.tools.bench.figures import Figure, Figures

SIZE = 20_000
"""Tasks of a round."""
ROUNDS = 3
BATCHES = (100, 1000)
"""Tasks claimed at once."""
PER_SECOND = 10_000.0
_LARGEST = BATCHES[-1]

_PUT = """
select private.put_tasks('bench', (select jsonb_agg(jsonb_build_object('key', n::text, 'payload',
    jsonb_build_object('event', n, 'sink', 'bench'))) from generate_series(%s::integer, %s::integer) n))
"""
_UPDATE = """
update private.tasks set attempt = attempt + 1, worker = 'bench',
    leased_until = clock_timestamp() + interval '2 minutes'
where id = any (%s)
"""

Database = psycopg.Connection[Any]


def measure(stack: Running, figures: Figures) -> None:
    """The median of a few rounds for each size of batch. Between rounds the table is emptied."""
    with psycopg.connect(stack.superuser_url, autocommit=True) as database:
        figures.add(
            Figure("put, 1,000 at once", SIZE / _seconds(lambda: _put(database, SIZE)), "tasks/s", "higher")
        )
        for batch in BATCHES:
            floor = statistics.median(_round(database, batch, _bare) for _ in range(ROUNDS))
            value = statistics.median(_round(database, batch, _worked) for _ in range(ROUNDS))
            figures.add(
                Figure(
                    f"claimed and finished, {batch:,} at once",
                    value,
                    "tasks/s",
                    "higher",
                    target=PER_SECOND if batch == _LARGEST else None,
                    baseline=floor,
                )
            )


def _round(database: Database, batch: int, work: Callable[[Database, int], None]) -> float:
    """Tasks a second."""
    database.execute("truncate private.tasks")
    _put(database, SIZE)
    database.execute("vacuum analyze private.tasks")
    took = _seconds(lambda: work(database, batch))
    if _first(database, "select count(*) from private.tasks"):
        raise Trouble("Tasks are left over: the round measured something else.")
    return SIZE / took


def _put(database: Database, size: int) -> None:
    for first in range(1, size + 1, 1000):
        database.execute(_PUT, [first, min(first + 999, size)])


def _worked(database: Database, batch: int) -> None:
    """As a worker does it: two calls for each batch, each a transaction."""
    while claimed := _first(database, "select public.claim_tasks('bench', 'bench', %s)", batch)["claimed"]:
        claims = [{"id": one["id"], "attempt": one["attempt"]} for one in claimed]
        _first(database, "select public.finish_tasks(%s)", json.dumps(claims))


def _bare(database: Database, batch: int) -> None:
    """The same rows, changed and deleted by their ids, which are known beforehand."""
    ids: list[int] = _first(database, "select array_agg(id order by id) from private.tasks")
    for at in range(0, len(ids), batch):
        database.execute(_UPDATE, [ids[at : at + batch]])
        database.execute("delete from private.tasks where id = any (%s)", [ids[at : at + batch]])


def _first(database: Database, query: str, *arguments: Any) -> Any:
    row = database.execute(query, list(arguments)).fetchone()
    return None if row is None else row[0]


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
