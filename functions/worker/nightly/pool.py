"""Loading a pool page by page, so that no call of the data API lasts long, however many members there are."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from functions.worker.job_run import STEP_SECONDS, instant
from functions.worker.lists import without
from shared.callers.database import Database
from shared.engine import Pool, Rules
from shared.engine.columns import PoolError
from shared.engine.pool.parsing import readable

PAGE = 5000
"""Members in a page."""

Page = Callable[[str | None], dict[str, Any]]
"""Asks for the page beyond an id: `{columns, rows, apart: [[id, id]], met, guests: [[event, id]], next}`."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A pool as a run kept it."""

    run_id: str
    now: datetime.datetime
    rules: Rules
    pool: Pool
    guests: dict[str, npt.NDArray[np.bool_]]
    """By event, which members of the pool are there."""
    hash: str
    unreadable: dict[str, Any]
    """Empty lists, as they are stored, of the members who cannot be read; empty where there are none."""


def load(database: Database, run_id: str | None, beat: Callable[[], None] = lambda: None) -> Loaded:
    """The pool of a run, or of the latest that kept one, with the rules of now.

    Raises NotFound where there is none, PoolError, RulesError.
    """
    run = database.call(None, "load_run", {"run_id": run_id}, read_seconds=STEP_SECONDS).body

    def page(beyond: str | None) -> dict[str, Any]:
        beat()
        asked = {"run_id": run["runId"], "after": beyond, "most": PAGE}
        return database.call(None, "load_run_page", asked, read_seconds=STEP_SECONDS).body

    pages = pages_of(page)
    answer = pool_of(pages)
    pool, kept = readable(answer)
    table = answer["members"]
    return Loaded(
        run["runId"],
        instant(run.get("now")),
        Rules.parse(run.get("settings")),
        pool,
        _guests(pool, pages),
        hash_of(answer),
        _unreadable(table, set(kept)) if len(kept) < len(table["rows"]) else {},
    )


def _guests(pool: Pool, pages: list[dict[str, Any]]) -> dict[str, npt.NDArray[np.bool_]]:
    place = {id_: at for at, id_ in enumerate(pool.ids)}
    there: defaultdict[str, list[int]] = defaultdict(list)
    for page in pages:
        for event, member in page["guests"]:
            if member in place:
                there[event].append(place[member])
    found = {}
    for event, positions in there.items():
        found[event] = np.zeros(len(pool), dtype=np.bool_)
        found[event][positions] = True
    return found


def _unreadable(table: dict[str, Any], kept: set[int]) -> dict[str, Any]:
    lost = [row for at, row in enumerate(table["rows"]) if at not in kept]
    ids, revisions, numbers = map(table["columns"].index, ("id", "revision", "number"))
    return without(
        [row[ids] for row in lost], [row[revisions] for row in lost], [row[numbers] for row in lost]
    )


def pages_of(page: Page) -> list[dict[str, Any]]:
    """Every page, in order."""
    pages = [page(None)]
    while pages[-1]["next"] is not None:
        pages.append(page(pages[-1]["next"]))
    return pages


def pool_of(pages: list[dict[str, Any]]) -> dict[str, Any]:
    """Pages as one pool, `{members: {columns, rows}, excluded, met}`, as `Pool.parse` reads it.

    Raises PoolError. A pair of which one is not in the pool is nobody's.
    """
    try:
        columns: list[str] = pages[0]["columns"]
        rows = [row for page in pages for row in page["rows"]]
        ids = columns.index("id")
        place = {row[ids]: at for at, row in enumerate(rows)}

        def pairs(name: str) -> list[list[int]]:
            return [
                [place[a], place[b]] for page in pages for a, b in page[name] if a in place and b in place
            ]

        excluded, met = pairs("apart"), pairs("met")
    except (KeyError, IndexError, TypeError, ValueError):
        raise PoolError("pool: a page that cannot be read") from None
    return {"members": {"columns": columns, "rows": rows}, "excluded": excluded, "met": met}


def hash_of(pool: dict[str, Any]) -> str:
    """SHA-256 of all a run reads of a pool, as hexadecimal digits; the same whatever its pages were."""
    read = [pool["members"]["rows"], pool["excluded"], pool["met"]]
    return hashlib.sha256(json.dumps(read, separators=(",", ":")).encode()).hexdigest()
