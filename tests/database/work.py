"""Work of statements that needs no clock: how many rows they read, and whether they wait for a lock."""

from collections.abc import Callable
from typing import Any

import psycopg


def rows_read(database: psycopg.Connection[Any], work: Callable[[], object]) -> int:
    """Rows that `work`, in the open transaction of `database`, reads by scans of tables and indexes.

    Rows that triggers and functions read are included.
    """

    def so_far() -> int:
        row = database.execute(
            "select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) from pg_stat_xact_user_tables"
        ).fetchone()
        assert row is not None
        return int(row[0])

    before = so_far()
    work()
    return so_far() - before


def waiting_for_locks(database: psycopg.Connection[Any]) -> int:
    """How many transactions of the server wait for a lock now. `database` may be in a transaction."""
    row = database.execute("select count(distinct pid) from pg_locks where not granted").fetchone()
    assert row is not None
    return int(row[0])
