"""The cast of every test here, in the throwaway stack of this run, with room to call as often as needed."""

from collections.abc import Iterator

import psycopg
import pytest

from scripts.stack.throwaway import Running
from tests.cast import Cast


@pytest.fixture(scope="module")
def cast(stack: Running) -> Iterator[Cast]:
    """People, pairs and callers. Rate limits are out of the way; a test about them sets its own."""
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        database.execute(
            "update public.settings set reads_per_minute = 1000000, writes_per_minute = 1000000,"
            " messages_per_minute = 1000000, wrong_ids_per_10_minutes = 1000000"
        )
        cast = Cast(stack, database)
        yield cast
        cast.http.close()
