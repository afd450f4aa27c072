"""A run of the matcher from the database's side: the worker's calls, and what it keeps of them."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

import psycopg

from tests.cast import Cast, Json, Member
from tests.database.answers import ok

CHARTS = "charts-1"
VECTOR = [1.0] + [0.0] * 15

Made = TypeVar("Made")


def load(cast: Cast, chart_version: str = CHARTS, **words: Any) -> Json:
    """load_pool(), which opens a run; of a scope of its own, so that no other run is in its way."""
    asked = {"engine_version": "test-1", "chart_version": chart_version, "scope": str(uuid.uuid4())} | words
    return ok(cast.rpc(cast.stack.service_role_key, "load_pool", **asked))


def load_again(cast: Cast, run: Json) -> Json:
    """load_run() of a run that load() opened."""
    return ok(cast.rpc(cast.stack.service_role_key, "load_run", run_id=run["runId"]))


def store(cast: Cast, proposals: list[Json], run: Json | None = None, **words: Any) -> Json:
    """store_proposals() for this run, or for a new one."""
    return ok(
        cast.rpc(
            cast.stack.service_role_key,
            "store_proposals",
            run_id=(run or load(cast))["runId"],
            engine_version="test-1",
            proposals=proposals,
            **{"statement": {"eligiblePairs": len(proposals)}} | words,
        )
    )


def store_price(cast: Cast, run: Json, member: Member, price: float) -> None:
    """The run found this price for one member."""
    store(cast, [], run, prices=[{"id": member.id, "price": price}])


def offer(cast: Cast, a: Member, b: Member, **changes: Any) -> Json:
    """A proposal as the engine makes it, from the revisions of this moment."""
    return {
        "a": a.id,
        "b": b.id,
        "revisionA": revision(cast, a),
        "revisionB": revision(cast, b),
        "mode": "romantic",
        "totalScore": 71.25,
        "astroScore": 64.5,
        "hdScore": None,
        "valuesScore": 80,
        "communicationScore": None,
        "readinessScore": 55.5,
        "scoreBreakdown": {"values": 80, "readiness": 55.5, "astro": 64.5},
        "labels": ["shared_values"],
        "insight": "You care about the same things.",
    } | changes


def ids(run: Json) -> list[str]:
    """Who is in the pool, in its order."""
    table = run["pool"]["members"]
    place = table["columns"].index("id")
    return [row[place] for row in table["rows"]]


def of(run: Json, member: Member) -> Json | None:
    """What the pool says of one member, by column; None when they are not in it."""
    found = ids(run)
    if member.id not in found:
        return None
    table = run["pool"]["members"]
    return dict(zip(table["columns"], table["rows"][found.index(member.id)], strict=True))


def in_pool(run: Json, member: Member) -> Json:
    """The same of a member who must be in it."""
    found = of(run, member)
    assert found is not None
    return found


def apart(run: Json, one: Member, other: Member) -> bool:
    """Whether the pool keeps these two apart."""
    found = ids(run)
    return {found.index(one.id), found.index(other.id)} in [set(pair) for pair in run["pool"]["excluded"]]


def revision(cast: Cast, member: Member) -> int:
    """The revision of a member's profile now."""
    return int(cast.value("select revision from public.connect_profiles where user_id = %s", member.id))


def sequence(cast: Cast, run: Json) -> int:
    """Where a run stands in the order of runs."""
    return int(cast.value("select sequence from public.job_runs where id = %s", run["runId"]))


def history(cast: Cast, member: Member) -> list[tuple[int, int | None]]:
    """From which run to which (not any more) each kept row of a member holds."""
    rows = cast.database.execute(
        "select entered_run, left_run from private.pool_history where user_id = %s order by entered_run",
        [member.id],
    ).fetchall()
    return [(int(entered), left) for entered, left in rows]


def prices(cast: Cast, member: Member) -> list[float]:
    """Prices kept of a member, oldest first."""
    rows = cast.database.execute(
        "select price from private.prices where user_id = %s order by set_by", [member.id]
    ).fetchall()
    return [float(price) for (price,) in rows]


def with_chart(cast: Cast, member: Member, packed: list[int], version: str = CHARTS) -> None:
    """The charts job has been."""
    cast.database.execute(
        "insert into public.birth_charts"
        " (user_id, radix_json, design_json, packed, input_hash, engine_version)"
        " select u.id, '{}', '{}', %s, private.birth_hash(u), %s from public.users u where u.id = %s",
        [packed, version, member.id],
    )


def during(cast: Cast, act: Callable[[], Made], query: str, *arguments: Any) -> tuple[Any, Made, bool]:
    """Begin `act` while another transaction has done `query` and not committed yet, then commit that.

    Returns the query's first column, what `act` returned, and whether `act` had to wait.
    """
    with psycopg.connect(cast.stack.database_url) as other, ThreadPoolExecutor(1) as pool:
        done = other.execute(query, list(arguments))
        row = done.fetchone() if done.description else None
        acting = pool.submit(act)
        waited = bool(wait([acting], timeout=0.5).not_done)
        other.commit()
        return (None if row is None else row[0]), acting.result(30), waited
