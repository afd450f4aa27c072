"""What the rule costs at events: guests drawn from one city, matched among themselves alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg

from scripts.stack.throwaway import ThrowawayStack
from scripts.tools.pools.cost import served
from scripts.tools.pools.tables import percent, progress, table
from scripts.tools.pools.world import Night, changed, enough, fill, night, superuser
from scripts.tools.sample.community import Community
from scripts.tools.sample.streams import stream
from shared.engine.pool.pool import Flags

GUESTS = (8, 12, 20, 60)
VALUES = (1, 2, 4, 6, 8)
_MEMBERS = 3000
_CITY = "Berlin, DE"
_EVENINGS = 10
"""Drawn of each size."""


def measure(seed: int) -> dict[tuple[int, int], float]:
    """Share of guests with a proposal, by event_min_fit and number of guests."""
    with ThrowawayStack(functions=False) as stack, superuser(stack) as database:
        community = fill(database, _MEMBERS, seed)
        seen = night(database)
        found: dict[tuple[int, int], float] = {}
        for size in GUESTS:
            evenings = [_guests(community, seen, size, seed, number) for number in range(_EVENINGS)]
            for value in VALUES:
                shares = [_share(database, seen, guests, value) for guests in evenings]
                found[value, size] = float(np.mean(shares))
            progress(f"evenings of {size}")
        return found


def _guests(community: Community, seen: Night, size: int, seed: int, number: int) -> Flags:
    here = {
        str(id_) for id_, metro in zip(community.id, community.metro, strict=True) if metro == _CITY
    } & set(seen.pool.ids)
    drawn = stream(seed, f"evening {size} {number}").permutation(sorted(here))[:size]
    return np.isin(np.array(seen.pool.ids), drawn)


def _share(database: psycopg.Connection[Any], seen: Night, guests: Flags, value: int) -> float:
    ids = [id_ for id_, there in zip(seen.pool.ids, guests, strict=True) if there]
    with changed(database, event_min_fit=value), database.transaction(force_rollback=True):
        row = database.execute(
            "insert into public.events (code, name) values ('evening', 'Evening') returning id::text"
        ).fetchone()
        event = str(row[0]) if row else ""
        database.execute(
            "insert into public.event_members (event_id, user_id) select %s, unnest(%s::uuid[])", [event, ids]
        )
        fits = np.zeros(len(guests), dtype=np.bool_)
        fits[guests] = enough(database, ids, event)
    run = served(seen, fits)
    return float((run.proposals[guests] > 0).mean())


def told(found: dict[tuple[int, int], float], sizes: Sequence[int] = GUESTS) -> str:
    """The table."""
    rows = [(value, *(percent(found[value, size], 1.0) for size in sizes)) for value in VALUES]
    return "Guests with a proposal from their evening, by guests.\n\n" + table(
        ("event_min_fit", *map(str, sizes)), rows
    )
