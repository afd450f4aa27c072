"""The database of a running stack as it was at one moment, put back as often as wanted.

Postgres copies a template's files, which takes less than a second. PostgREST and the sender reconnect by
themselves. What belongs to the whole cluster (roles and their settings) is not copied.
"""

import time
from typing import Any

import httpx
import psycopg

from scripts.stack.home import Trouble
from scripts.stack.throwaway import Running

_NAME = "as_it_was"
_PATIENCE = 30.0  # seconds


def _close(database: "psycopg.Connection[Any]", name: str) -> None:
    """Let no client in, and disconnect those who are in or on their way in."""
    if not database.execute("select true from pg_database where datname = %s", [name]).fetchone():
        return
    database.execute(f"alter database {name} allow_connections false")
    quiet = 0
    while quiet < 3:
        gone = database.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [name]
        ).rowcount
        quiet = 0 if gone else quiet + 1
        time.sleep(0.01)


class Copies:
    """Keeps one moment of a stack's database."""

    def __init__(self, stack: Running) -> None:
        """Keep the database as it is now; whoever is connected is disconnected."""
        self.stack = stack
        self._copy("postgres", _NAME)
        self._wait()

    def put_back(self) -> None:
        """Replace the database by the kept one; return when the data API reads it. Raises Trouble."""
        self._copy(_NAME, "postgres")
        self._wait()

    def _copy(self, source: str, target: str) -> None:
        elsewhere = self.stack.superuser_url.replace("/postgres?", "/template1?")
        with psycopg.connect(elsewhere, autocommit=True) as database:
            _close(database, source)
            _close(database, target)
            database.execute(f"drop database if exists {target} with (force)")
            database.execute(f"create database {target} template {source} owner postgres strategy file_copy")
            database.execute("alter database postgres allow_connections true")

    def _wait(self) -> None:
        key = self.stack.service_role_key
        end = time.monotonic() + _PATIENCE
        while True:
            answer = httpx.get(
                f"{self.stack.api_url}/rest/v1/settings?select=id",
                headers={"apikey": key, "Authorization": f"Bearer {key}"},
            )
            if answer.status_code == 200:
                return
            if time.monotonic() > end:
                raise Trouble(f"The data API does not come back: {answer.text}")
            time.sleep(0.02)
