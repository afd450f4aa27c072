"""A run of the matcher from the database's side: the worker's calls, and what it keeps of them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg

from functions.worker.nightly.pool import hash_of, pages_of, pool_of
from tests.cast import Cast, Json, Member
from tests.database.answers import ok
from tests.database.work import waiting_for_locks
from tests.server.served import until

CHARTS = "charts-1"
VECTOR = [1.0] + [0.0] * 15

Made = TypeVar("Made")


# A run's pieces, as begin() makes them: one that keeps everybody, one that reads the pool and stores.
ENTER, STORE = 1, 2


def begin(connection: psycopg.Connection[Any], chart_version: str = CHARTS) -> str:
    """Open a run over everybody, of a scope of its own, and keep its pool, in one transaction; its id.

    Runs of the product are one at a time; these are many, and each is as a night that has kept its pool.
    """
    with connection.transaction():
        connection.execute("select private.take_pool_lock()")
        row = connection.execute(
            "select (private.begin_job_run('match_scores', 'test', 'test-1', gen_random_uuid()::text)).id"
        ).fetchone()
        assert row is not None
        connection.execute(
            "update public.job_runs set metadata = jsonb_build_object('chartVersion', %s::text)"
            " where id = %s",
            [chart_version, row[0]],
        )
        connection.execute(
            "insert into private.job_shards"
            " (run_id, number, phase, work, attempt, leased_until, first_user, last_user)"
            " select %(run)s, 1, 1, 'enter', 1, now() + interval '1 hour', r.first_user, r.last_user"
            " from private.id_range(0, 1) r union all"
            " select %(run)s, 2, 4, 'proposals', 1, now() + interval '1 hour', null, null",
            {"run": row[0]},
        )
        connection.execute("select public.enter_shard(%s, %s, 1)", [row[0], ENTER])
    return str(row[0])


def births_due(
    cast: Cast, chart_version: str = CHARTS, most: int = 20_000, beyond: str | None = None
) -> Json:
    """Births without a chart of this version, column by column, of so many members beyond an id."""
    due: Json = cast.value("select private.births_due(%s, null, %s, %s)", chart_version, most, beyond)
    return due


def load(cast: Cast, chart_version: str = CHARTS) -> Json:
    """A new run and its pool: `{runId, now, settings, inputHash, pool}`."""
    with psycopg.connect(cast.stack.database_url, autocommit=True) as connection:
        return loaded(cast, begin(connection, chart_version))


def loaded(cast: Cast, run_id: str) -> Json:
    """The same of a run that begin() opened: load_shard(), page by page, as a worker calls it."""
    told: Json = {}

    def page(beyond: str | None) -> Json:
        held = {"run_id": run_id, "number": STORE, "attempt": 1}
        answer = ok(cast.rpc(cast.stack.service_role_key, "load_shard", **held, after=beyond, most=50))
        told.update(answer)
        page: Json = answer["page"]
        return page

    pool = pool_of(pages_of(page))
    return {
        "runId": run_id,
        "now": told["now"],
        "settings": told["settings"],
        "pool": pool,
        "inputHash": hash_of(pool),
    }


def load_again(cast: Cast, run: Json) -> Json:
    """load_run() of a run that load() opened, with all its pages."""
    key = cast.stack.service_role_key

    def pages(function: str) -> list[Json]:
        return pages_of(
            lambda beyond: ok(cast.rpc(key, function, run_id=run["runId"], after=beyond, most=50))
        )

    told = ok(cast.rpc(key, "load_run", run_id=run["runId"]))
    pool = pool_of(pages("load_run_page"))
    stored = [match for page in pages("load_run_matches") for match in page["matches"]]
    return told | {"pool": pool, "inputHash": hash_of(pool), "stored": stored}


def store(
    cast: Cast, proposals: list[Json], run: Json | None = None, *, end: bool = True, **words: Any
) -> Json:
    """store_proposals() for this run, or for a new one, which ends with it unless told otherwise."""
    held = {"run_id": (run or load(cast))["runId"], "number": STORE, "attempt": 1}
    key = cast.stack.service_role_key
    answer = ok(cast.rpc(key, "store_proposals", **held, proposals=proposals, **words))
    assert answer.pop("late") is False
    if end:
        ok(cast.rpc(key, "store_proposals", **held, proposals=[], statement={"offered": len(proposals)}))
    return answer


def store_price(cast: Cast, run: Json, member: Member, price: float) -> None:
    """The run found this price for one member."""
    store(cast, [], run, end=False, prices=[{"id": member.id, "price": price}])


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


def during(
    cast: Cast,
    act: Callable[[], Made],
    first: str | Callable[[psycopg.Connection[Any]], Any],
    *arguments: Any,
) -> tuple[Any, Made, bool]:
    """Begin `act` while another transaction has done `first` and not committed yet, then commit that.

    Returns the query's first column (or what the function returned), what `act` returned, and whether `act`
    had to wait.
    """
    with psycopg.connect(cast.stack.database_url) as other, ThreadPoolExecutor(1) as pool:
        if callable(first):
            other.execute("select")  # a transaction that stays open
            row: tuple[Any, ...] | None = (first(other),)
        else:
            done = other.execute(first, list(arguments))
            row = done.fetchone() if done.description else None
        acting = pool.submit(act)
        until(lambda: acting.done() or waiting_for_locks(other) > 0)
        waited = not acting.done()
        other.commit()
        return (None if row is None else row[0]), acting.result(30), waited
