"""gunicorn's threaded worker, changed so that a request gets a thread only when it has arrived.

gunicorn's own loop gives a thread to every connection, and there are only a few dozen threads. A connection
that sends nothing keeps its thread for five seconds. One that stops in the middle of a head keeps it for
ever. One that does not read its answer keeps it until it does. While one is closed, for up to two seconds,
no other connection is served. Here the loop waits for all connections, and each wait has an end:

    idle       gunicorn's `keepalive`   for a request to begin; then closed
    arriving   ARRIVAL_SECONDS          for all of it, from its first byte on; then 408
    leaving    LEAVING_SECONDS          for the client to take its answer, and one more for each
                                        LEAVING_BYTES_A_SECOND; then cut
    closing    CLOSING_SECONDS          or MAX_DROPPED_BYTES of input that is dropped

A waiting connection costs its socket and the bytes that have come or are still to be sent. If there are too
many connections, or they hold too much, the slowest one is closed.

Processes share the load. The busier process closes a client's connection after its answer, so that the client
comes again on a new one. This goes on until the processes are even.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker  # type: ignore[import-untyped]

from functions.server.connection import Connection
from functions.server.shares import Shares
from shared.logs import log

ARRIVAL_SECONDS = 10.0
"""Enough for 32 KB over a bad line. Waiting costs no thread."""
LEAVING_SECONDS = 20.0
LEAVING_BYTES_A_SECOND = 10_000
MAX_LEAVING_BYTES = 64 * 1024 * 1024
"""The most unsent bytes of all answers together, without those that the kernel holds."""
CLOSING_SECONDS = 2.0
MAX_DROPPED_BYTES = 1024 * 1024
"""So much is read from a client that still writes. Otherwise it would lose the answer that tells it why."""
LOOK_SECONDS = 0.5
"""How often the loop looks for connections that are late."""
COUNT_SECONDS = 0.05
"""How often the loop counts the connections in use."""
IN_USE_SECONDS = 1.0
"""How long a connection counts as in use after its last request had arrived."""
UNEVEN = 2
"""From this difference in connections in use on, the busier process sends clients away."""
ALIVE_SECONDS = 2.0
"""A process that tells no number for so long is stuck, because its loop turns at least once a second."""
SHARES = Shares()

_READ_BYTES = 64 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_REFUSED = "HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_LONG = "431 Request Header Fields Too Large"
_MALFORMED = {
    errors.LimitRequestLine: "414 URI Too Long",
    errors.LimitRequestHeaders: _TOO_LONG,
    errors.ExpectationFailed: "417 Expectation Failed",
    errors.UnsupportedTransferCoding: "501 Not Implemented",
}


class Server(ThreadWorker):  # type: ignore[misc]
    """One process. `handle`, `handle_request` and `handle_error` run in threads, the rest in the main one."""

    def __init__(self, *args: Any, **words: Any) -> None:
        super().__init__(*args, **words)
        self._waiting: dict[Connection, None] = {}
        """Connections without a thread. The one that is longest in its phase comes first."""
        self._look_at = self._count_at = 0.0
        self._in_use = 0
        self.share = SHARES.take()  # before the fork

    def accept(self, listener: socket.socket) -> None:
        """Take one new connection."""
        try:
            accepted, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another process was quicker, or the client has gone
        self._make_room()
        self.nr_conns += 1
        self._rest(Connection(self.cfg, accepted, client, listener.getsockname()))

    def handle_request(self, req: Any, conn: Connection) -> bool:
        """Answer one request."""
        req._expected_100_continue = False  # the loop has said it
        if conn.arrival.in_part or self._uneven():
            req.force_close()
        return bool(super().handle_request(req, conn))

    def handle_error(self, _req: Any, client: Any, _address: Any, error: Exception) -> None:
        """Refuse a malformed request. gunicorn would log its text and the address it came from."""
        log("WARNING", "malformed request", error=type(error).__name__)
        broken = isinstance(error, errors.ParseException)
        status = _MALFORMED.get(type(error), "400 Bad Request" if broken else "500 Internal Server Error")
        client.sendall(_REFUSED.format(status).encode())

    def finish_request(self, conn: Connection, done: Future[Any]) -> None:
        """Called when a thread has finished a request."""
        conn.kept = not done.cancelled() and done.exception() is None and bool(done.result())
        self._leave(conn)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Tell the other processes how busy this one is, then wait as gunicorn does."""
        now = time.monotonic()
        if not self.alive:
            self.share.go()
        elif now >= self._count_at:
            self._count_at = now + COUNT_SECONDS
            lately = sum(conn.spoke > now - IN_USE_SECONDS for conn in self._waiting)
            self._in_use = self.nr_conns - len(self._waiting) + lately
            self.share.tell(self._in_use)
        super().wait_for_and_dispatch_events(timeout)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close connections that are late; with `force` all of them."""
        now = time.monotonic()
        if now < self._look_at and not force:
            return
        self._look_at = now + LOOK_SECONDS
        late = [conn for conn in self._waiting if force or conn.until <= now]
        cut = Counter(conn.phase for conn in late if conn.phase in ("arriving", "leaving"))
        if cut:
            log("INFO", "connections cut", **cut)
        for conn in late:
            if conn.phase == "arriving" and not force:
                self._refuse(conn, "408 Request Timeout")
            else:
                self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Let idle connections wait until `deadline` at most, because the process is to end."""
        for conn in self._waiting:
            if conn.phase == "idle":
                conn.until = min(conn.until, deadline)

    def _uneven(self) -> bool:
        """Whether a living process has so many less connections in use that this client should go there."""
        if self._in_use < self.share.least(ALIVE_SECONDS) + UNEVEN:
            return False
        self._in_use -= 1  # until the next count, so that not all clients are sent away at once
        return True

    def _wait(self, conn: Connection, phase: str, seconds: float, event: int = selectors.EVENT_READ) -> None:
        """Put the connection into this phase and let the loop wait for `event` on it."""
        go_on = partial(self._go_on, conn)
        if conn in self._waiting:
            del self._waiting[conn]
            self.poller.modify(conn.sock, event, go_on)
        else:
            self.poller.register(conn.sock, event, go_on)
        self._waiting[conn] = None
        conn.phase, conn.until = phase, time.monotonic() + seconds

    def _go_on(self, conn: Connection, _sock: object) -> None:
        """Called when the event that the loop waited for has come."""
        some = b""
        try:
            if conn.phase == "leaving":
                if conn.sock.send_on():
                    self._leave(conn)
                return
            some = conn.sock.recv(_READ_BYTES)
        except TimeoutError:
            return
        except OSError:
            pass  # a broken connection counts as closed
        conn.dropped += len(some) if conn.phase == "closing" else 0
        if not some or conn.dropped > MAX_DROPPED_BYTES:
            self._drop(conn)
        elif conn.phase != "closing":
            conn.arrival.add(some)
            self._consider(conn)

    def _rest(self, conn: Connection) -> None:
        """Wait for a request."""
        self._wait(conn, "idle", self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER)

    def _consider(self, conn: Connection) -> None:
        """Give a thread to a request that has arrived, or wait for its rest."""
        if conn.arrival.whole:
            self._forget(conn)
            conn.give()
            self.enqueue_req(conn)
            return
        if conn.arrival.head_too_long:
            self._refuse(conn, _TOO_LONG)
            return
        if conn.phase != "arriving":
            self._wait(conn, "arriving", ARRIVAL_SECONDS)
        if conn.arrival.expecting:
            conn.arrival.expecting = False
            conn.say(_CONTINUE)

    def _leave(self, conn: Connection) -> None:
        """Send the rest of an answer, then keep the connection or close it."""
        unsent = len(conn.sock.unsent)
        if conn.sock.fileno() < 0:  # a thread has closed it: its answer broke off
            self._drop(conn)
        elif unsent:
            seconds = LEAVING_SECONDS + unsent / LEAVING_BYTES_A_SECOND
            self._wait(conn, "leaving", seconds, selectors.EVENT_WRITE)
            self._lighten()
        elif not conn.kept:
            self._close(conn)
        else:
            conn.begin_anew()
            if conn.arrival.data:
                self._consider(conn)
            else:
                self._rest(conn)

    def _refuse(self, conn: Connection, status: str) -> None:
        conn.say(_REFUSED.format(status).encode())
        conn.kept = False
        self._leave(conn)

    def _close(self, conn: Connection) -> None:
        """Close our direction. For a while, what the client still writes is read and dropped."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
        else:
            self._wait(conn, "closing", CLOSING_SECONDS)

    def _forget(self, conn: Connection) -> None:
        """Stop waiting for events on this connection."""
        if conn in self._waiting:
            del self._waiting[conn]
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def _make_room(self) -> None:
        """Make room for one more connection. Closes the first that is arriving, leaving, closing or has sent
        no request yet; without such a one, the one that is idle longest."""
        if self.nr_conns < self.worker_connections - 1 or not self._waiting:
            return
        slow = (conn for conn in self._waiting if conn.phase != "idle" or not conn.initialized)
        self._drop(next(slow, next(iter(self._waiting))))

    def _lighten(self) -> None:
        """Bound the unsent bytes of all answers: beyond the limit, cut the answer that is sent longest."""
        leaving = [conn for conn in self._waiting if conn.phase == "leaving"]
        if sum(len(conn.sock.unsent) for conn in leaving) > MAX_LEAVING_BYTES:
            self._drop(leaving[0])
