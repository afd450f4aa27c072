"""A run of the matcher from the database's side: the worker's calls, and what it keeps of them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg

from functions.worker.nightly.pool import hash_of, pages_of, pool_of
from shared.engine.columns import unpacked
from tests.cast import Cast, Json, Member
from tests.database.answers import ok
from tests.database.work import waiting_for_locks
from tests.server.served import until

CHARTS = "charts-1"
VECTOR = [1.0] + [0.0] * 15

Made = TypeVar("Made")


def begin(connection: psycopg.Connection[Any], chart_version: str = CHARTS) -> str:
    """Open a night of a scope of its own, and keep its pool, in one transaction; its id.

    Nights of the product are one at a time; these are many, and each is held by a worker of its own.
    """
    with connection.transaction():
        connection.execute("select private.take_pool_lock()")
        row = connection.execute(
            "select (private.begin_job_run('nightly', 'test', 'test-1', gen_random_uuid()::text)).id"
        ).fetchone()
        assert row is not None
        connection.execute(
            "with held as (insert into private.tasks (kind, key, attempt, worker, leased_until)"
            " values ('nightly', %(run)s, 1, 'test', now() + interval '1 day') returning id)"
            " update public.job_runs j set metadata = jsonb_build_object('chartVersion', %(charts)s::text,"
            " 'steps', '[]'::jsonb, 'claim', jsonb_build_object('id', h.id, 'attempt', 1))"
            " from held h where j.id = %(run)s::uuid",
            {"run": str(row[0]), "charts": chart_version},
        )
        connection.execute(
            "select public.enter_night(j.metadata -> 'claim', r.first_user, r.last_user)"
            " from private.id_range(0, 1) r, public.job_runs j where j.id = %s",
            [row[0]],
        )
        connection.execute(
            "select public.store_fits(j.metadata -> 'claim', array(select f.user_id from private.fits("
            " array(select m.user_id from private.pool_members m), null) f where not f.enough))"
            " from public.job_runs j where j.id = %s",
            [row[0]],
        )
    return str(row[0])


def claim(cast: Cast, run_id: str) -> Json:
    """How the worker of a run that begin() opened names it, also when it is over."""
    held: Json = cast.value("select metadata -> 'claim' from public.job_runs where id = %s", run_id)
    return held


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
    """The same of a run that begin() opened: load_run(), with all its pages, as a worker calls it."""
    key = cast.stack.service_role_key
    told = ok(cast.rpc(key, "load_run", run_id=run_id))
    pool = pool_of(_pages(cast, "load_run_page", run_id))
    return {
        "runId": run_id,
        "now": told["now"],
        "settings": told["settings"],
        "pool": pool,
        "inputHash": hash_of(pool),
    }


def load_again(cast: Cast, run: Json) -> Json:
    """What is kept of a run that load() opened, and what it has stored."""
    told = ok(cast.rpc(cast.stack.service_role_key, "load_run", run_id=run["runId"]))
    pool = pool_of(_pages(cast, "load_run_page", run["runId"]))
    pages = _pages(cast, "load_run_matches", run["runId"])
    stored = [match for page in pages for match in page["matches"]]
    return told | {"pool": pool, "inputHash": hash_of(pool), "stored": stored}


def _pages(cast: Cast, function: str, run_id: str) -> list[Json]:
    key = cast.stack.service_role_key
    return pages_of(lambda beyond: ok(cast.rpc(key, function, run_id=run_id, after=beyond, most=50)))


def store(
    cast: Cast, proposals: list[Json], run: Json | None = None, *, end: bool = True, **words: Any
) -> Json:
    """store_proposals() for this run, or for a new one, which ends with it unless told otherwise."""
    held = claim(cast, (run or load(cast))["runId"])
    key = cast.stack.service_role_key
    answer = ok(cast.rpc(key, "store_proposals", claim=held, proposals=proposals, **words))
    assert answer.pop("late") is False
    assert answer.pop("storedByRun") >= answer["stored"]
    if end:
        did = {"offered": len(proposals), "stored": answer["stored"]}
        ok(cast.rpc(key, "end_night_step", claim=held, step="rank", progress=0.85, did=did))
        ok(cast.rpc(key, "end_night", claim=held))
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


PACKED = {"valuesVector", "communicationVector", "lifeGoalsVector", "profileVector", "chart"}


def of(run: Json, member: Member) -> Json | None:
    """What the pool says of one member, by column, packed numbers as lists; None when they are not in it."""
    found = ids(run)
    if member.id not in found:
        return None
    table = run["pool"]["members"]
    told = dict(zip(table["columns"], table["rows"][found.index(member.id)], strict=True))
    for name in PACKED & told.keys():
        [told[name]] = unpacked(name, [told[name]], ">i4" if name == "chart" else ">f4")
    return told


def in_pool(run: Json, member: Member) -> Json:
    """The same of a member who must be in it."""
    found = of(run, member)
    assert found is not None
    return found


def apart(run: Json, one: Member, other: Member) -> bool:
    """Whether the pool keeps these two apart: neither listed nor proposed."""
    return _is_told(run, "excluded", one, other)


def have_met(run: Json, one: Member, other: Member) -> bool:
    """Whether the pool says that these two were proposed to each other before."""
    return _is_told(run, "met", one, other)


def _is_told(run: Json, pairs: str, one: Member, other: Member) -> bool:
    found = ids(run)
    return {found.index(one.id), found.index(other.id)} in [set(pair) for pair in run["pool"][pairs]]


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
