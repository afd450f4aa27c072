"""The people of these tests."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from scripts.stack.throwaway import Running
from tests.cast import Cast


@pytest.fixture
def cast(stack: Running, database: psycopg.Connection[Any]) -> Iterator[Cast]:
    """Makes people and calls as them."""
    made = Cast(stack, database)
    yield made
    made.http.close()
