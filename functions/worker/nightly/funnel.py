"""How many candidates each member's own filters leave, as last night's snapshot shows them.

Members read the snapshot, so that changing a filter and reading again tells nothing new. Up to nineteen
people are left out of each member's counts, drawn anew each night.
"""

from __future__ import annotations

import datetime
import secrets
from typing import Any

from shared.engine import Pool
from shared.engine.filters.funnel import funnel, shown
from shared.engine.filters.funnel_shown import FEW, sentences
from shared.words import language_of


def funnels(pool: Pool, now: datetime.datetime) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """How many pairs each rule removed, and `{id, funnel}` of every member as `store_funnels` takes them."""
    counts = funnel(pool, now)
    told = [
        {
            "id": id_,
            "funnel": _told(shown(counts, at, secrets.randbelow(FEW)), pool.primary_languages[at]),
        }
        for at, id_ in enumerate(pool.ids)
    ]
    return counts.removed(), told


def _told(counted: dict[str, Any], language: str) -> dict[str, Any]:
    """What the member is shown, with the sentences for it in their first language where there are any."""
    return counted | {"sentences": sentences(counted, language_of(language))}
