"""Members without limits on how often they may call, and the limits back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from scripts.stack.throwaway import Running
from scripts.tools.fuzz.world import lift_limits
from tests.cast import Cast

_LIMITS = (
    "reads_per_minute, writes_per_minute, messages_per_minute, wrong_ids_per_10_minutes,"
    " place_changes_per_day, own_changes_per_day"
)


@pytest.fixture
def unlimited(database: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The database of the stack, with every rate limit out of the way."""
    before = database.execute(f"select {_LIMITS} from public.settings").fetchone()
    assert before is not None
    lift_limits(database)
    yield database
    database.execute(f"update public.settings set ({_LIMITS}) = (%s, %s, %s, %s, %s, %s)", before)


@pytest.fixture
def cast(stack: Running, unlimited: psycopg.Connection[Any]) -> Iterator[Cast]:
    """People, pairs and callers."""
    made = Cast(stack, unlimited)
    yield made
    made.http.close()
