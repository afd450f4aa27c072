"""What one member costs as the community grows: the same community many times over, in one database.

Copies keep everything of the original but its id, so a copied community is as dense as a city many times as
large: more candidates for everybody than a community that grows by spreading would have. It is the dear case.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from scripts.stack.ring import ring
from scripts.stack.throwaway import ThrowawayStack
from scripts.tools.bench.figures import Figure, Figures
from scripts.tools.bench.matching import load_sample
from shared.engine import engine_version
from shared.engine.charts import chart_version

ORIGINAL = 10_000
_PROBES = 12
_BATCH = 20

# New ids by hashing the old one with the number of the copy; triggers and foreign keys are not at work.
_COPY = """
with made as (
    insert into public.users
    select (jsonb_populate_record(u, jsonb_build_object('id', md5(u.id::text || %(copy)s)::uuid))).*
    from public.users u where u.id in (select user_id from private.pool_members where user_id not in
        (select user_id from copied.ids)) returning id
),
profiles as (
    insert into public.connect_profiles
    select (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(),
        'user_id', md5(p.user_id::text || %(copy)s)::uuid))).*
    from public.connect_profiles p where p.user_id in (select user_id from private.pool_members
        where user_id not in (select user_id from copied.ids)) returning user_id
),
pool as (
    insert into private.pool_members
    select (jsonb_populate_record(m, jsonb_build_object('user_id', md5(m.user_id::text || %(copy)s)::uuid,
        'number', nextval('private.pool_numbers'),
        'input', jsonb_set(m.input, '{0}', to_jsonb(md5(m.user_id::text || %(copy)s)::uuid))))).*
    from private.pool_members m where m.user_id not in (select user_id from copied.ids) returning user_id
)
insert into copied.ids select user_id from pool
"""


def measure(figures: Figures, sizes: tuple[int, ...]) -> None:
    """One stack; before each size the missing copies are made."""
    with ThrowawayStack() as stack:
        with figures.reporter.step(f"Loading and matching {ORIGINAL:,} members"):
            load_sample(stack, ORIGINAL)
            with psycopg.connect(stack.database_url, autocommit=True) as database:
                database.execute("delete from public.matchmaking_queue")
            ring(stack.functions_url, stack.keys.bell_key, "nightly").raise_for_status()
        with psycopg.connect(stack.superuser_url, autocommit=True) as database:
            database.execute("create schema copied")
            database.execute("create table copied.ids (user_id uuid primary key)")
            made = 1
            for size in sizes:
                with figures.part(f"{size:,} members in the database"):
                    copies = max(1, size // ORIGINAL)
                    with figures.reporter.step(f"Copying up to {size:,}"):
                        _copy(database, made, copies)
                    made = copies
                    _probe(database, figures)


def _copy(database: psycopg.Connection[Any], made: int, copies: int) -> None:
    database.execute("set session_replication_role = replica")
    for copy in range(made, copies):
        database.execute(_COPY, {"copy": str(copy)})
    database.execute("set session_replication_role = origin")
    database.execute("vacuum analyze")


def _probe(database: psycopg.Connection[Any], figures: Figures) -> None:
    """Milliseconds per member of every step in the database, one by one and in a full batch."""
    for batch in (1, _BATCH):
        took: dict[str, list[float]] = {"claim": [], "load": [], "complete": []}
        found, sent = [], []
        for probe in range(_PROBES):
            database.execute("delete from public.matchmaking_queue")
            database.execute(
                "insert into public.matchmaking_queue (user_id, reason) select m.user_id, 'changed'"
                " from private.pool_members m order by md5(m.user_id::text || %s) limit %s",
                [str(probe), batch],
            )
            claimed = _timed(
                database, took["claim"],
                "select public.claim_matchmaking('scale', %s, %s, 1000)", engine_version(), chart_version(),
            )["claimed"]  # fmt: skip
            named = Jsonb([{"id": one["id"], "attempt": one["attempt"]} for one in claimed])
            loaded = _timed(
                database, took["load"], "select public.load_candidates(%s, %s)", named, chart_version()
            )
            _timed(
                database, took["complete"],
                "select public.complete_matchmaking(%s, %s)", named, engine_version(),
            )  # fmt: skip
            found.append(len(loaded["pool"]["members"]["rows"]))
            sent.append(len(str(loaded)) / 1024)
        for step, times in took.items():
            figures.add(
                Figure(f"{step}, {batch} at once, per member", 1000 * median(times[2:]) / batch, "ms")
            )
        figures.add(Figure(f"candidates sent, {batch} at once", median(found), ""))
        figures.add(Figure(f"answer of load, {batch} at once", median(sent), "KB"))
    for table in ("private.pool_members", "private.lists", "public.connect_profiles"):
        row = database.execute("select pg_total_relation_size(%s) / 1e6", [table]).fetchone()
        figures.add(Figure(f"{table} on disk", float(row[0]) if row else 0.0, "MB"))


def _timed(database: psycopg.Connection[Any], into: list[float], query: str, *arguments: Any) -> Any:
    began = time.perf_counter()
    row = database.execute(query, list(arguments)).fetchone()
    into.append(time.perf_counter() - began)
    return None if row is None else row[0]
