"""What lives need of a stack."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from scripts.stack.throwaway import Running
from tests.cast import Cast
from tests.database.transcript import readable_tables
from tests.lives.people import prepare

PLANNED_ONCE = "set jit = off; set plan_cache_mode = force_generic_plan"
"""A life is thousands of small statements, which take less time than their plans."""


@pytest.fixture(scope="module")
def superuser(stack: Running) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection to a stack on which lives can be lived."""
    with psycopg.connect(stack.superuser_url, autocommit=True) as superuser:
        with psycopg.connect(stack.database_url, autocommit=True) as database:
            superuser.execute(PLANNED_ONCE)
            prepare(superuser, readable_tables(Cast(stack, database)))
        yield superuser
