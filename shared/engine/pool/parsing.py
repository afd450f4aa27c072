"""A pool of those who can be read: one row that the engine refuses must not stop everybody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from shared.engine.columns import PoolError
from shared.engine.pool.pool import Pool


def readable(answer: Any) -> tuple[Pool, list[int]]:
    """The pool in an answer, and the places of the rows it was made of, ascending: all of them, as a rule.

    Raises `PoolError` for what is nobody's row: a column that is missing, pairs that are none.
    """
    try:
        pool = Pool.parse(answer)
        return pool, list(range(len(pool)))
    except PoolError:
        if not isinstance(answer, Mapping) or not isinstance(answer.get("members"), Mapping):
            raise
        names, rows = answer["members"].get("columns"), answer["members"].get("rows")
        if not isinstance(rows, list) or not rows:
            raise
        broken = set(_broken(names, rows, range(len(rows))))
        if not broken:
            raise
        kept = [at for at in range(len(rows)) if at not in broken]
        place = {at: new for new, at in enumerate(kept)}
        members = {"columns": names, "rows": [rows[at] for at in kept]}
        return Pool.parse(
            {
                "members": members,
                "excluded": _kept_pairs(answer.get("excluded"), place, broken),
                "met": _kept_pairs(answer.get("met", []), place, broken),
            }
        ), kept


def _kept_pairs(pairs: Any, place: Mapping[int, int], broken: Set[int]) -> Any:
    """Pairs of those who are left, at their new places. What is no place stays none, and is refused."""
    if not isinstance(pairs, list):
        return pairs
    return [
        [place.get(at) if type(at) is int else None for at in pair] if isinstance(pair, list) else pair
        for pair in pairs
        if not (isinstance(pair, list) and any(type(at) is int and at in broken for at in pair))
    ]


def _broken(names: Any, rows: Sequence[Any], places: range) -> list[int]:
    """The places whose row alone cannot be read, found by halves: they are few."""
    try:
        Pool.parse({"members": {"columns": names, "rows": [rows[at] for at in places]}, "excluded": []})
    except PoolError:
        if len(places) == 1:
            return list(places)
        middle = len(places) // 2
        return _broken(names, rows, places[:middle]) + _broken(names, rows, places[middle:])
    return []
