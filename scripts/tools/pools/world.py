"""A sample community in the database of a throwaway stack, as its operator and its superuser see it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from functions.worker.nightly.pool import PAGE, pages_of, pool_of
from scripts.stack.throwaway import Running
from scripts.tools.pools.tables import progress
from scripts.tools.sample.community import Community, draw_community
from scripts.tools.sample.load import load
from shared.engine import Rules
from shared.engine.charts import chart_version
from shared.engine.pool.parsing import readable
from shared.engine.pool.pool import Flags, Pool, Whole

_AT_ONCE = 1000
"""Members whose fit one statement counts."""


@dataclass(frozen=True)
class Night:
    """What a run over everybody would read now; `room`: each one's places if enough fit them."""

    pool: Pool
    rules: Rules
    now: datetime
    room: Whole

    def among(self, chosen: Flags) -> Pool:
        """The pool in which only the chosen have places."""
        return replace(self.pool, capacities=np.where(chosen, self.room, 0))


@contextmanager
def superuser(stack: Running) -> Iterator[psycopg.Connection[Any]]:
    """A connection on which each statement is its own transaction, and none is cut."""
    with psycopg.connect(stack.superuser_url, autocommit=True) as database:
        database.execute("set statement_timeout = 0")
        yield database


def fill(database: psycopg.Connection[Any], size: int, seed: int) -> Community:
    """A drawn community as the only members there are, every one searched for as after a night."""
    database.execute("delete from public.matches where true")
    database.execute("delete from public.users where true")
    database.execute("delete from auth.users where true")
    community = draw_community(size, seed, datetime.now(UTC).date())
    load(database, community, progress)
    _ready(database)
    return community


def _ready(database: psycopg.Connection[Any]) -> None:
    database.execute(
        "select private.refresh_pool_members(array(select p.user_id from public.connect_profiles p), %s)",
        [chart_version()],
    )
    database.execute("analyze private.pool_members")


def night(database: psycopg.Connection[Any]) -> Night:
    """What a run over everybody would see; nothing is kept."""
    told: dict[str, Any] = {}

    def page(beyond: str | None) -> dict[str, Any]:
        row = database.execute(
            "select public.preview_pool(%s, %s, %s)", [chart_version(), beyond, PAGE]
        ).fetchone()
        told.update(row[0] if row else {})
        return dict(told)

    with changed(database, min_fit=1):
        pool, _ = readable(pool_of(pages_of(page)))
    rows = database.execute(
        "select c.user_id::text, c.free from private.capacities(%s::uuid[]) c", [list(pool.ids)]
    ).fetchall()
    free = dict(rows)
    room = np.array([free[id_] for id_ in pool.ids], dtype=np.int64)
    return Night(pool, Rules.parse(told["settings"]), datetime.fromisoformat(told["now"]), room)


def enough(database: psycopg.Connection[Any], ids: Sequence[str], event: str | None = None) -> Flags:
    """For whom the database finds enough people who fit, under the settings there are."""
    found: set[str] = set()
    for first in range(0, len(ids), _AT_ONCE):
        rows = database.execute(
            "select f.user_id::text from private.fits(%s::uuid[], %s::uuid) f where f.enough",
            [list(ids[first : first + _AT_ONCE]), event],
        )
        found.update(str(id_) for (id_,) in rows.fetchall())
    return np.array([id_ in found for id_ in ids], dtype=np.bool_)


def mutual(database: psycopg.Connection[Any], ids: Sequence[str], most: int) -> Whole:
    """How many each member may meet, both sides' filters counted, up to `most`."""
    found: dict[str, int] = {}
    for first in range(0, len(ids), _AT_ONCE):
        rows = database.execute(
            "select c.user_id::text, cardinality(c.candidates)"
            " from private.candidates_of(%s::uuid[], null, %s) c",
            [list(ids[first : first + _AT_ONCE]), most],
        )
        found.update(rows.fetchall())
    return np.array([found.get(id_, 0) for id_ in ids], dtype=np.int64)


@contextmanager
def changed(database: psycopg.Connection[Any], **settings: Any) -> Iterator[None]:
    """Settings that hold for a while; what they were comes back."""
    names = sql.SQL(", ").join(map(sql.Identifier, settings))
    query = sql.SQL("select {} from public.settings").format(names)
    before = database.execute(query).fetchone()
    put(database, settings)
    try:
        yield
    finally:
        put(database, dict(zip(settings, before or (), strict=True)))


def put(database: psycopg.Connection[Any], settings: dict[str, Any]) -> None:
    """Settings from now on."""
    for name, value in settings.items():
        query = sql.SQL("update public.settings set {} = %s where id").format(sql.Identifier(name))
        database.execute(query, [value])


def settings_there(database: psycopg.Connection[Any]) -> set[str]:
    """Which settings this version has."""
    rows = database.execute("select json_object_keys(to_json(s)) from public.settings s").fetchall()
    return {str(name) for (name,) in rows}


def be_counted(database: psycopg.Connection[Any]) -> None:
    """It is known of everybody whether enough people fit, as after a night; an older version asks nobody."""
    if "min_fit" in settings_there(database):
        database.execute(
            "select private.note_fits(array(select m.user_id from private.pool_members m), null)"
        )


def identify(database: psycopg.Connection[Any], ids: Sequence[str]) -> None:
    """Each account has an identifier of its own, as after its operator has checked a number."""
    for id_ in ids:
        database.execute("select public.set_stable_identifier(%s, %s)", [id_, f"number of {id_}"])
