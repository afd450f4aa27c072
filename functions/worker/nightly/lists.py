"""Lists as the database takes them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from shared.engine import Pool
from shared.engine.runs.lists import Lists

UNREADABLE = "PoolError: a column cannot be read"


def packed(pool: Pool, lists: Lists) -> dict[str, Any]:
    """`{people, revisions, of: [{m, c, s, f}]}`: everybody who is named, once, with their revisions; then for
    each list whose it is and who is on it, by places among people, scores in hundredths, packed facts."""
    named = np.unique(np.concatenate([lists.members, lists.other.astype(np.int64)]))
    owners = np.searchsorted(named, lists.members).tolist()
    others = np.searchsorted(named, lists.other).tolist()
    scores, facts, start = lists.score.tolist(), lists.facts, lists.start.tolist()
    return {
        "people": [pool.ids[at] for at in named.tolist()],
        "revisions": pool.revisions[named].tolist(),
        "of": [
            {
                "m": owner,
                "c": others[first:stop],
                "s": scores[first:stop],
                "f": base64.b64encode(facts[first:stop].tobytes()).decode(),
            }
            for owner, first, stop in zip(owners, start, start[1:], strict=False)
        ],
    }


def without(people: list[str], revisions: list[int]) -> dict[str, Any]:
    """Empty lists of members who could not be evaluated, with the reason."""
    of = [{"m": at, "c": [], "s": [], "f": "", "e": UNREADABLE} for at in range(len(people))]
    return {"people": people, "revisions": revisions, "of": of}
