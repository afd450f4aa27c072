"""pg_net's half: takes committed rows of `net.http_request_queue`, sends them, stores what came back.

As in pg_net a request leaves the queue before it is sent, so a crash may lose it and none is sent twice, and
answers are kept for six hours.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
from psycopg.types.json import Jsonb

from scripts.stack.cron_schedule import complain

_BATCH = 200
_AT_ONCE = 16
_KEPT = "6 hours"


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
        # a NUL cannot be stored as text
        content=body.decode("utf-8", errors="replace").replace("\0", ""),
        timed_out=False,
    )


def take(connection: psycopg.Connection[Any]) -> list[Request]:
    """Remove up to a batch of committed requests from the queue and return them, oldest first."""
    if connection.execute("select to_regclass('net.http_request_queue') is null").fetchone() == (True,):
        return []
    rows = connection.execute(
        "with taken as (delete from net.http_request_queue where id in "
        "(select id from net.http_request_queue order by id limit %s for update skip locked) "
        "returning id, method, url, headers, body, timeout_milliseconds) "
        "select * from taken order by id",
        (_BATCH,),
    )
    return [Request(*row) for row in rows]


def store(database_url: str, answer: Answer) -> None:
    """Write an answer down as soon as it is there, whatever else is still under way."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "insert into net._http_response "
            "(id, status_code, content_type, headers, content, timed_out, error_msg) "
            "values (%s, %s, %s, %s, %s, %s, %s)",
            (
                answer.id,
                answer.status_code,
                answer.content_type,
                None if answer.headers is None else Jsonb(answer.headers),
                answer.content,
                answer.timed_out,
                answer.error_msg,
            ),
        )


def keep(database_url: str) -> None:
    """Send requests for ever."""
    # nothing of the machine's proxy settings: bells go to this machine
    with httpx.Client(trust_env=False) as client, ThreadPoolExecutor(_AT_ONCE) as pool:
        while True:
            try:
                with psycopg.connect(database_url, autocommit=True) as connection:
                    _watch(connection, database_url, client, pool)
            except psycopg.Error as error:
                complain(f"requests: {error}")
                time.sleep(0.5)


def _watch(
    connection: psycopg.Connection[Any], database_url: str, client: httpx.Client, pool: ThreadPoolExecutor
) -> None:
    """Send what is queued, sleep until woken, repeat; raises when the connection is lost."""

    def carry_out(request: Request) -> None:
        try:
            store(database_url, send(client, request))
        except psycopg.Error as error:
            complain(f"answer {request.id}: {error}")

    connection.execute("listen net_wake")
    while True:
        batch = take(connection)
        for request in batch:
            pool.submit(carry_out, request)
        if not batch:
            _forget_old_answers(connection)
            # woken by the commit of a request; the time-out is for what was queued before we listened
            for _ in connection.notifies(timeout=2, stop_after=1):
                pass


def _forget_old_answers(connection: psycopg.Connection[Any]) -> None:
    if connection.execute("select to_regclass('net._http_response') is not null").fetchone() == (True,):
        connection.execute(f"delete from net._http_response where created < now() - interval '{_KEPT}'")  # noqa: S608 - our own words
