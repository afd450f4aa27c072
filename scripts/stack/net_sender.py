"""pg_net's half: takes committed rows of `net.http_request_queue`, sends them, stores what came back.

As in pg_net a batch is one transaction: its requests leave the queue, are sent at once, and their answers are
stored together when the slowest is there. Whatever fails in between undoes it, and all are sent again.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from typing import Any

import httpx
import psycopg
from psycopg.types.json import Jsonb

from scripts.stack.cron_schedule import complain

_BATCH = 200
_KEPT = "6 hours"
_PAUSE = 1.0  # seconds between two batches, unless a commit wakes the sender


@dataclass(frozen=True, slots=True)
class Request:
    """One row of the queue; the time-out in milliseconds covers the whole request."""

    id: int
    method: str
    url: str
    headers: dict[str, str] | None
    body: bytes | None
    timeout_milliseconds: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of `net._http_response`."""

    id: int
    status_code: int | None = None
    content_type: str | None = None
    headers: dict[str, str] | None = None
    content: str | None = None
    timed_out: bool | None = None
    error_msg: str | None = None


def send(client: httpx.Client, request: Request) -> Answer:
    """Send one request and describe what happened; never raises for what the network does."""
    seconds = request.timeout_milliseconds / 1000
    end = time.monotonic() + seconds
    try:
        with client.stream(
            request.method.upper(),
            request.url,
            headers=request.headers,
            content=request.body,
            timeout=seconds,
        ) as response:
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if time.monotonic() > end:
                    raise httpx.ReadTimeout("the answer took too long")
    except httpx.TimeoutException:
        return Answer(
            request.id,
            timed_out=True,
            error_msg=f"Timeout of {request.timeout_milliseconds} ms reached.",
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return Answer(request.id, timed_out=False, error_msg=str(error) or type(error).__name__)
    return Answer(
        request.id,
        status_code=response.status_code,
        content_type=response.headers.get("content-type"),
        headers=dict(response.headers),
        # what C reads as text ends at a NUL, and nothing is null
        content=body.decode("utf-8", errors="replace").partition("\0")[0] or None,
        timed_out=False,
    )


def take(connection: psycopg.Connection[Any]) -> list[Request]:
    """Remove up to a batch of committed requests from the queue and return them, oldest first."""
    rows = connection.execute(
        "with oldest as (select id from net.http_request_queue order by id limit %s) "
        "delete from net.http_request_queue q using oldest where q.id = oldest.id "
        "returning q.id, q.method, q.url, q.headers, q.body, q.timeout_milliseconds",
        (_BATCH,),
    ).fetchall()
    return sorted((Request(*row) for row in rows), key=lambda request: request.id)


def carry_out(connection: psycopg.Connection[Any], client: httpx.Client, pool: ThreadPoolExecutor) -> bool:
    """One batch. Whether there was anything to send or to forget; raises psycopg.Error with nothing done."""
    with connection.transaction():
        forgotten = connection.execute(
            "delete from net._http_response where ctid = any (array(select ctid from net._http_response "
            "where created < now() - %s::interval order by created limit %s))",
            (_KEPT, _BATCH),
        ).rowcount
        batch = take(connection)
        for answer in pool.map(lambda request: send(client, request), batch):
            connection.execute(
                "insert into net._http_response "
                "(id, status_code, content_type, headers, content, timed_out, error_msg) "
                "values (%s, %s, %s, %s, %s, %s, %s)",
                [Jsonb(value) if isinstance(value, dict) else value for value in astuple(answer)],
            )
    return bool(batch or forgotten)


def keep(database_url: str) -> None:
    """Send requests for ever."""
    # Nothing of the machine's proxy settings: bells go to this machine. All of a batch is sent at once.
    limits = httpx.Limits(max_connections=_BATCH)
    with httpx.Client(trust_env=False, limits=limits) as client, ThreadPoolExecutor(_BATCH) as pool:
        while True:
            try:
                with psycopg.connect(database_url, autocommit=True) as connection:
                    _watch(connection, client, pool)
            except psycopg.Error as error:
                complain(f"requests: {error}")
                time.sleep(_PAUSE)


def _watch(connection: psycopg.Connection[Any], client: httpx.Client, pool: ThreadPoolExecutor) -> None:
    """Send what is queued, sleep until woken, repeat; raises when a batch fails or the connection is lost."""
    connection.execute("listen net_wake")
    while True:
        there = connection.execute("select to_regclass('net._http_response') is not null").fetchone()
        busy = there == (True,) and carry_out(connection, client, pool)
        # woken by the commit of a request; a new stack has its queue only once the migrations are there
        for _ in connection.notifies(timeout=_PAUSE if busy else 2 * _PAUSE, stop_after=1):
            pass
