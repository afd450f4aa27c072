"""Loading a pool page by page, so that no call of the data API lasts long, however many members there are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from shared.engine.columns import PoolError

PAGE = 5000
"""Members in a page: some 7 MB."""

Page = Callable[[str | None], dict[str, Any]]
"""Asks for the page beyond an id: `{columns, rows, apart: [[id, id]], next}`."""


def pages_of(page: Page) -> list[dict[str, Any]]:
    """Every page, in order."""
    pages = [page(None)]
    while pages[-1]["next"] is not None:
        pages.append(page(pages[-1]["next"]))
    return pages


def pool_of(pages: list[dict[str, Any]], apart: str = "apart") -> dict[str, Any]:
    """Pages as one pool, `{members: {columns, rows}, excluded}`, as `Pool.parse` reads it. Raises PoolError.

    `apart` names the pairs that must not meet; a pair of which one is not in the pool is nobody's.
    """
    try:
        columns: list[str] = pages[0]["columns"]
        rows = [row for page in pages for row in page["rows"]]
        ids = columns.index("id")
        place = {row[ids]: at for at, row in enumerate(rows)}
        pairs = [(place[a], place[b]) for page in pages for a, b in page[apart] if a in place and b in place]
    except (KeyError, IndexError, TypeError, ValueError):
        raise PoolError("pool: a page that cannot be read") from None
    return {"members": {"columns": columns, "rows": rows}, "excluded": [list(pair) for pair in pairs]}


def hash_of(pool: dict[str, Any]) -> str:
    """SHA-256 of all a run reads of a pool, as hexadecimal digits; the same whatever its pages were."""
    digest = hashlib.sha256()
    for row in pool["members"]["rows"]:
        digest.update(json.dumps(row, separators=(",", ":")).encode())
    digest.update(json.dumps(pool["excluded"], separators=(",", ":")).encode())
    return digest.hexdigest()
