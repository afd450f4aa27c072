"""SQL for the one who watches: each question on a connection of its own, and again while Postgres is away."""

import time
from typing import Any

import psycopg

from scripts.stack.home import Trouble


class Asking:
    """`url`: a superuser's. What is asked may be asked twice, so it must be safe to repeat."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, query: str, *values: Any, patience: float = 30) -> list[tuple[Any, ...]]:
        """All rows; none for a statement that returns nothing. Raises Trouble when nobody answers."""
        end = time.monotonic() + patience
        while True:
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
                    found = connection.execute(query.encode(), values or None)
                    return found.fetchall() if found.description else []
            except psycopg.OperationalError as error:
                if time.monotonic() > end:
                    raise Trouble(f"Postgres does not answer any more: {type(error).__name__}.") from error
                time.sleep(0.05)

    def value(self, query: str, *values: Any) -> Any:
        """The first column of the first row; None without a row."""
        found = self.rows(query, *values)
        return found[0][0] if found else None
