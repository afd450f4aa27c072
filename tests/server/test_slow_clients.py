"""Whoever makes the server wait waits alone: requests that come slowly, answers that are read slowly, and
ends that are drawn out hold no thread, and never the loop. Several times as many as there are threads."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator

import pytest

from functions import serving
from tests.server.app import large
from tests.server.served import Served, everything, reset, served, until

MANY = 4 * serving.threads
HEAD = b"POST /size HTTP/1.1\r\nHost: x\r\n"
STOPS: dict[str, bytes] = {
    "silent": b"",
    "in the request line": b"POST /si",
    "in the head": HEAD,
    "before the body": HEAD + b"Content-Length: 10\r\n\r\n",
    "in the body": HEAD + b"Content-Length: 10\r\n\r\n12345",
    "before the first chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    "in a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n123",
    "before the last chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
    "in what looks like an end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n\r\n0\r\n\r\n",
    "in the trailers": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n",
    "waiting to go on": HEAD + b"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n",
    "in the second request": b"GET /pid HTTP/1.1\r\nHost: x\r\n\r\nGET /p",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One process with short waits."""
    with served(tmp_path_factory.mktemp("quick"), "tests.server.quick") as running:
        yield running


@pytest.mark.parametrize("says", STOPS.values(), ids=STOPS)
def test_requests_that_stop_anywhere_hold_nobody_up(server: Served, says: bytes) -> None:
    with server.crowd(MANY, says):
        assert {int(server.ask()) for _ in range(20)} <= {one.pid for one in server.workers()}


def test_answers_that_nobody_reads_hold_nobody_up(server: Served) -> None:
    with server.crowd(MANY, b"GET /large?8000000 HTTP/1.1\r\nHost: x\r\n\r\n"):
        assert {int(server.ask()) for _ in range(20)} <= {one.pid for one in server.workers()}


def test_ends_that_are_drawn_out_hold_nobody_up(server: Served) -> None:
    """The server has closed its end and waits a little for the client's, lest it loses the answer."""
    with (
        server.crowd(MANY, b"GET /pid HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        server.crowd(MANY, b"X\r\n\r\n"),
    ):
        assert {int(server.ask()) for _ in range(20)} <= {one.pid for one in server.workers()}


def test_a_large_answer_arrives_whole_however_slowly_it_is_read(server: Served) -> None:
    """What a member takes home is megabytes, over a telephone."""
    with server.client() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        client.sendall(b"GET /large?6000000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, _, body = everything(client, slowly=0.02).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body == large(6_000_000)


def test_after_a_large_answer_a_connection_is_as_before(server: Served) -> None:
    connection = server.connection()
    for path, size in (("/large?3000000", 3_000_000), ("/large?10", 10), ("/large?3000000", 3_000_000)):
        connection.request("GET", path)
        assert len(connection.getresponse().read()) == size
    connection.close()


@pytest.mark.parametrize(
    "says", [b"POST /si", *[says for name, says in STOPS.items() if "body" in name or "chunk" in name]]
)
def test_a_request_that_does_not_arrive_in_time_is_told_so(quick: Served, says: bytes) -> None:
    told = quick.log.count("connections cut")
    with quick.client() as client:
        client.sendall(says)
        assert (
            everything(client)
            == b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
    until(lambda: quick.log.count("connections cut") > told)


def test_time_runs_from_the_first_byte_and_each_further_one_changes_nothing(quick: Served) -> None:
    """The time is for all of it: for each reading of one byte it would never end."""
    with quick.client() as client:
        client.sendall(b"POST /size HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
        client.settimeout(0.1)
        sent = 0
        while sent < 500:
            try:
                client.sendall(b" ")
                sent += 1
                if client.recv(1000).startswith(b"HTTP/1.1 408"):
                    break
            except TimeoutError:
                pass
        assert 0 < sent < 100


def test_who_never_reads_is_cut(quick: Served) -> None:
    with quick.client() as client:
        client.sendall(b"GET /large?20000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: '"leaving": 1' in quick.log)
        assert len(everything(client)) < 20_000_000
    assert quick.ask() == str(quick.workers()[0].pid)


def test_answers_on_their_way_have_a_bound_together(quick: Served) -> None:
    """The one that was sent first makes room for the others."""
    large = b"GET /large?16000000 HTTP/1.1\r\nHost: x\r\n\r\n"
    with contextlib.ExitStack() as them:
        clients = [them.enter_context(quick.client()) for _ in range(4)]
        for client in clients:
            client.sendall(large)
            assert client.recv(1)  # its answer is on its way
        assert quick.ask() == str(quick.workers()[0].pid)
        assert len(everything(clients[0])) < 16_000_000


def test_with_too_many_connections_the_slowest_make_room(quick: Served) -> None:
    """Who is in the middle of something goes before who has been answered and may come again."""
    kept = quick.connection()
    kept.request("GET", "/pid")
    kept.getresponse().read()
    with quick.crowd(300, b"GET /p"):
        assert quick.ask() == str(quick.workers()[0].pid)
        kept.request("GET", "/pid")
        assert kept.getresponse().read()
    kept.close()


@pytest.mark.parametrize(
    "says",
    [
        *STOPS.values(),
        b"GET /large?8000000 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /pid HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
def test_who_goes_away_without_a_word_takes_nobody_along(quick: Served, says: bytes) -> None:
    before = quick.workers()
    for _ in range(20):
        client = quick.client()
        client.sendall(says)
        reset(client)
    for client in [quick.client() for _ in range(20)]:
        client.sendall(says)
        client.settimeout(0.05)
        with contextlib.suppress(TimeoutError):
            client.recv(10)
        reset(client)
    assert quick.ask() == str(before[0].pid)
    assert quick.workers() == before
    assert "Traceback" not in quick.log


def test_what_is_no_request_is_refused_and_not_quoted(quick: Served) -> None:
    for says, status in (
        (b"GET / HTTP/1.1\r\nAuthorization Bearer secret\r\n\r\n", b"400"),
        (b"GET /secret\n\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"secret" * 1500 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: secret\r\n" * 5000, b"431"),
        (b"GET /" + b"secret" * 1000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nExpect: secret\r\n\r\n", b"417"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: secret\r\n\r\n", b"501"),
    ):
        with quick.client() as client:
            client.sendall(says)
            assert everything(client).split(b" ")[1] == status, says[:30]
    lines = [json.loads(line) for line in quick.log.splitlines() if "malformed" in line]
    assert [line["error"] for line in lines]
    assert "secret" not in quick.log
    assert "127.0.0.1" not in quick.log
