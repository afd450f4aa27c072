"""Lists as the database takes them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from shared.engine import Pool
from shared.engine.runs.lists import Lists

UNREADABLE = "PoolError: a column cannot be read"


def packed(pool: Pool, lists: Lists, first: int = 0, last: int | None = None) -> dict[str, Any]:
    """`{people, revisions, numbers, of: [{m, c, s, f}]}`: everybody who is named, once, with their revisions
    and numbers; then for each list, or those from `first` to before `last`, whose it is, by its place among
    people; numbers of those on it and scores in hundredths, both as Postgres writes arrays; packed facts."""
    members = lists.members[first:last]
    bounds = lists.start[first : first + len(members) + 1]
    entries = slice(int(bounds[0]), int(bounds[-1]))
    named = np.unique(np.concatenate([members, lists.other[entries].astype(np.int64)]))
    owners = np.searchsorted(named, members).tolist()
    others = list(map(str, pool.numbers[lists.other[entries]].tolist()))
    scores, facts = list(map(str, lists.score[entries].tolist())), lists.facts[entries]
    start = (bounds - bounds[0]).tolist()
    return {
        "people": [pool.ids[at] for at in named.tolist()],
        "revisions": pool.revisions[named].tolist(),
        "numbers": pool.numbers[named].tolist(),
        "of": [
            {
                "m": owner,
                "c": _array(others[at:stop]),
                "s": _array(scores[at:stop]),
                "f": base64.b64encode(facts[at:stop].tobytes()).decode(),
            }
            for owner, at, stop in zip(owners, start, start[1:], strict=False)
        ],
    }


def _array(entries: list[str]) -> str:
    return "{" + ",".join(entries) + "}"


def without(people: list[str], revisions: list[int], numbers: list[int]) -> dict[str, Any]:
    """Empty lists of members who could not be evaluated, with the reason."""
    of = [{"m": at, "c": "{}", "s": "{}", "f": "", "e": UNREADABLE} for at in range(len(people))]
    return {"people": people, "revisions": revisions, "numbers": numbers, "of": of}
