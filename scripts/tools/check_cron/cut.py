"""A call of the data API that would take longer than the gateway waits, while everything else is checked."""

import threading
import time
from types import TracebackType
from typing import Any

import httpx
import psycopg

from scripts.stack.home import Options, Trouble
from scripts.stack.keys import Keys
from scripts.stack.reporter import Reporter

_LONGER = 3  # seconds that the statement takes more than the gateway waits


class SlowCall:
    """Context manager: begins the call, has it awaited, and removes the function that it calls."""

    def __init__(self, database: psycopg.Connection[Any], options: Options, keys: Keys) -> None:
        self.database = database
        self.limit = options.api_seconds
        self.url = f"{options.supabase_url}/rest/v1/rpc/check_slow"
        self.headers = {"apikey": keys.secret_key}
        self.answer: httpx.Response | httpx.HTTPError | None = None
        self.took = 0.0
        self.thread = threading.Thread(target=self._call, daemon=True)

    def __enter__(self) -> "SlowCall":
        self.database.execute(
            f"create function public.check_slow() returns void language sql set statement_timeout = '10min'"
            f" as 'select pg_sleep({self.limit + _LONGER})'".encode()
        )
        self.database.execute(
            "revoke execute on function public.check_slow() from public, anon, authenticated"
        )
        self.database.execute("grant execute on function public.check_slow() to service_role")
        self.thread.start()
        return self

    def _call(self) -> None:
        try:
            while True:
                began = time.monotonic()
                answer = httpx.post(
                    self.url, json={}, headers=self.headers, timeout=self.limit + 30, trust_env=False
                )
                self.took = time.monotonic() - began
                self.answer = answer
                if answer.status_code != 404:  # the data API does not know the function at once
                    return
                time.sleep(0.2)
        except httpx.HTTPError as error:
            self.answer = error

    def judge(self, reporter: Reporter) -> None:
        """Wait for the answer and say what it is. Raises Trouble when it is no cut."""
        if self.thread.is_alive():
            reporter.line(f"Waiting for the gateway to cut a call after {self.limit} s …")
        self.thread.join()
        if not isinstance(self.answer, httpx.Response) or self.answer.status_code != 504:
            raise Trouble(f"A call of {self.limit + _LONGER} s was not cut: {self.answer!r}")
        reporter.line(f"  the gateway cut a call after {self.took:.1f} s, with 504")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.execute("drop function public.check_slow()")
