"""Lists as the database takes them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from shared.engine import Pool
from shared.engine.runs.lists import Lists

UNREADABLE = "PoolError: a column cannot be read"


def packed(pool: Pool, lists: Lists, first: int = 0, last: int | None = None) -> dict[str, Any]:
    """`{people, revisions, of: [{m, c, s, f}]}`: everybody who is named, once, with their revisions; then for
    each list, or those from `first` to before `last`, whose it is and who is on it, by places among people,
    scores in hundredths, packed facts."""
    members = lists.members[first:last]
    bounds = lists.start[first : first + len(members) + 1]
    entries = slice(int(bounds[0]), int(bounds[-1]))
    named = np.unique(np.concatenate([members, lists.other[entries].astype(np.int64)]))
    owners = np.searchsorted(named, members).tolist()
    others = np.searchsorted(named, lists.other[entries]).tolist()
    scores, facts = lists.score[entries].tolist(), lists.facts[entries]
    start = (bounds - bounds[0]).tolist()
    return {
        "people": [pool.ids[at] for at in named.tolist()],
        "revisions": pool.revisions[named].tolist(),
        "of": [
            {
                "m": owner,
                "c": others[at:stop],
                "s": scores[at:stop],
                "f": base64.b64encode(facts[at:stop].tobytes()).decode(),
            }
            for owner, at, stop in zip(owners, start, start[1:], strict=False)
        ],
    }


def without(people: list[str], revisions: list[int]) -> dict[str, Any]:
    """Empty lists of members who could not be evaluated, with the reason."""
    of = [{"m": at, "c": [], "s": [], "f": "", "e": UNREADABLE} for at in range(len(people))]
    return {"people": people, "revisions": revisions, "of": of}
