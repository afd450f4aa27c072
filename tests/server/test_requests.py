"""What is a request, however its bytes come: in pieces, in chunks, several at once, too large, half
expected."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from shared.http.request import MAX_BODY_BYTES
from tests.server.served import Served, everything, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("server")) as running:
        yield running


def answers(client: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Status and body of so many answers on one connection, which are all there is."""
    said = client.makefile("rb")
    found = []
    for _ in range(count):
        status = int(said.readline().split()[1])
        length = 0
        while (line := said.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        found.append((status, said.read(length)))
    client.settimeout(0.1)
    with pytest.raises(TimeoutError):
        client.recv(1)
    return found


SIZE = b"POST /size HTTP/1.1\r\nHost: x\r\n"
WHOLE: dict[str, tuple[bytes, list[bytes]]] = {
    "no body": (b"GET /size HTTP/1.1\r\n\r\n", [b"0"]),
    "a body": (SIZE + b"Content-Length: 5\r\n\r\n12345", [b"5"]),
    "after an empty line": (b"\r\n" + SIZE + b"Content-Length: 5\r\n\r\n12345", [b"5"]),
    "chunks": (SIZE + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n1;x=y\r\n6\r\n0\r\n\r\n", [b"6"]),
    "chunks that hold an end": (
        SIZE + b"Transfer-Encoding: chunked\r\n\r\n7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
        [b"7"],
    ),
    "trailers": (SIZE + b"Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\nX: y\r\nZ: a\r\n\r\n", [b"1"]),
    "a body that nobody reads": (b"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345", [b"/a"]),
    "a chunked body that nobody reads": (
        b"OPTIONS /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        [b"/a"],
    ),
    "several at once": (
        SIZE + b"Content-Length: 5\r\n\r\n12345" + b"GET /b HTTP/1.1\r\n\r\n" * 3,
        [b"5", b"/b", b"/b", b"/b"],
    ),
}


@pytest.mark.parametrize(("says", "bodies"), WHOLE.values(), ids=WHOLE)
def test_it_is_answered_in_one_piece_or_byte_by_byte(
    server: Served, says: bytes, bodies: list[bytes]
) -> None:
    wanted = [(200, body) for body in bodies]
    with server.client() as client:
        client.sendall(says)
        assert answers(client, len(bodies)) == wanted
    with server.client() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(says)):
            client.sendall(says[at : at + 1])
            time.sleep(0.001)
        assert answers(client, len(bodies)) == wanted


def test_a_connection_is_kept_through_all_of_them(server: Served) -> None:
    with server.client() as client:
        for says, bodies in WHOLE.values():
            client.sendall(says)
            assert answers(client, len(bodies)) == [(200, body) for body in bodies]
            client.settimeout(60)


def test_a_head_asks_for_no_body(server: Served) -> None:
    connection = server.connection()
    for _ in range(3):
        connection.request("HEAD", "/size", b"12345")
        assert connection.getresponse().read() == b""
        connection.request("GET", "/size")
        assert connection.getresponse().read() == b"0"
    connection.close()


def test_who_waits_to_be_told_is_told_once(server: Served) -> None:
    with server.client() as client:
        client.sendall(SIZE + b"Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"12345")
        assert answers(client, 1) == [(200, b"5")]


def test_who_does_not_wait_need_not_be_told(server: Served) -> None:
    with server.client() as client:
        client.sendall(SIZE + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n12345")
        assert answers(client, 1) == [(200, b"5")]


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 100_000, 900_000])
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_body_that_is_too_large_is_not_waited_for_and_its_answer_not_lost(
    server: Served, size: int, framing: str
) -> None:
    """The client writes all of it before it reads; meanwhile the server has answered and closes."""
    with server.client() as client:
        if framing == "length":
            client.sendall(b"POST /a HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size)
        else:
            client.sendall(b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % size)
        for _ in range(size // 10_000):
            client.sendall(b"x" * 10_000)
        said = everything(client)
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in said
    assert said.endswith(b"/a")


def test_a_body_that_ends_too_soon_is_nobody_s_answer(server: Served) -> None:
    with server.client() as client:
        client.sendall(SIZE + b"Content-Length: 5\r\n\r\n123")
        client.shutdown(socket.SHUT_WR)
        assert everything(client) == b""


def test_who_has_said_everything_may_close_that_end(server: Served) -> None:
    with server.client() as client:
        client.sendall(SIZE + b"Content-Length: 5\r\n\r\n12345")
        client.shutdown(socket.SHUT_WR)
        assert everything(client).endswith(b"\r\n\r\n5")
