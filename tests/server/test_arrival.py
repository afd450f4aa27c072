"""When a request has arrived: exactly when gunicorn can read all of it, or will refuse it, without
waiting."""

from __future__ import annotations

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.http import get_parser  # type: ignore[import-untyped]
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from functions.server.arrival import MAX_CHUNKED_BYTES, MAX_HEAD_BYTES, Arrival
from shared.http.request import MAX_BODY_BYTES

CONFIG = Config()


class Awaits(Exception):
    """gunicorn wants more than has come."""


class Source:
    """A connection on which this has come, and no more yet."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def recv(self, _size: int) -> bytes:
        """All of it; then there is nothing."""
        data, self.data = self.data, b""
        if not data:
            raise Awaits
        return data


def gunicorn_on(data: bytes) -> str:
    """What gunicorn makes of it: "read", "refused" or "awaits"."""
    try:
        next(get_parser(CONFIG, Source(data), ("127.0.0.1", 1))).body.read()
    except Awaits:
        return "awaits"
    except ParseException:
        return "refused"
    return "read"


def arrival_of(*pieces: bytes) -> Arrival:
    """What is known after these pieces."""
    arrival = Arrival()
    for piece in pieces:
        arrival.add(piece)
    return arrival


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Good requests, of every framing."""
    names = st.sampled_from(["Host", "X-Content-Length", "Accept", "X-Transfer-Encoding"])
    values = st.sampled_from(["x", "5", "chunked", "", "content-length: 7"])
    lines = [
        f"{name}{draw(st.integers(0, 99))}: {draw(values)}" for name in draw(st.lists(names, max_size=4))
    ]
    body = draw(st.binary(max_size=60) | st.sampled_from([b"\r\n\r\n", b"0\r\n\r\n", b"\r\n0\r\n\r\n"]))
    kind = draw(st.sampled_from(["none", "length", "chunks"]))
    space = draw(st.sampled_from(["", " ", "\t ", "  "]))
    name = draw(st.sampled_from([str.lower, str.upper, str.title]))
    if kind == "none":
        sent = b""
    elif kind == "length":
        lines.append(f"{name('content-length')}:{space}{len(body):0{draw(st.integers(1, 4))}}{space}")
        sent = body
    else:
        coding = draw(st.sampled_from(["chunked", "CHUNKED", "gzip, chunked"]))
        lines.append(f"{name('transfer-encoding')}:{space}{coding}")
        sent = b""
        while body:
            size = draw(st.integers(1, len(body)))
            end = draw(st.sampled_from([b"", b";a=b", b' ; a="\t;"']))
            sent += b"%x%b\r\n%b\r\n" % (size, end, body[:size])
            body = body[size:]
        sent += draw(
            st.sampled_from(
                [b"0\r\n\r\n", b"000\r\n\r\n", b"0\r\nA: b\r\n\r\n", b"0\r\nA: b\r\nC: d\r\n\r\n"]
            )
        )
    lines = draw(st.permutations(lines))
    start = draw(st.sampled_from(["", "\r\n"])) + "POST /a HTTP/1.1"
    return "\r\n".join([start, *lines, "", ""]).encode() + sent


@given(requests(), st.data())
def test_a_good_request_has_arrived_with_its_last_byte(request: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(request)), max_size=8)))
    pieces = [request[a:b] for a, b in zip([0, *cuts], [*cuts, len(request)], strict=True)]
    arrival = Arrival()
    so_far = b""
    for piece in pieces:
        arrival.add(piece)
        so_far += piece
        assert arrival.whole == (gunicorn_on(so_far) == "read"), so_far
    assert arrival.whole
    assert not arrival.in_part
    assert bytes(arrival.data) == request
    arrival.add(b"GET /next")
    assert arrival.whole


@given(requests(), st.data())
def test_what_gunicorn_can_read_is_never_waited_for(request: bytes, data: st.DataObject) -> None:
    """Nor is what it would refuse as soon as its head is there, however it is bent."""
    at = data.draw(st.integers(0, len(request)))
    bent = (
        request[:at] + data.draw(st.binary(max_size=4)) + request[data.draw(st.integers(at, len(request))) :]
    )
    if gunicorn_on(bent) == "read":
        assert arrival_of(bent).whole, bent


@pytest.mark.parametrize(
    "refused",
    [
        b"GET / HTTP/1.1\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length : 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n12\r\n3\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_refused_as_it_stands_has_arrived(refused: bytes) -> None:
    assert gunicorn_on(refused) == "refused"
    assert arrival_of(refused).whole


HEAD = b"POST / HTTP/1.1\r\n"


def test_more_than_anybody_reads_is_not_waited_for() -> None:
    fits = HEAD + b"Content-Length: %d\r\n\r\n" % MAX_BODY_BYTES
    assert not arrival_of(fits).whole
    arrival = arrival_of(HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1))
    assert arrival.whole
    assert arrival.in_part


def test_chunks_that_are_more_than_anybody_reads_are_not_waited_for() -> None:
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    most = b"%x\r\n" % MAX_BODY_BYTES + b"x" * MAX_BODY_BYTES + b"\r\n"
    assert not arrival_of(head, most).whole
    assert arrival_of(head, most, b"0\r\n\r\n").whole
    for too_much in (
        b"%x\r\n" % (MAX_BODY_BYTES + 1),
        most + b"1\r\n1\r\n",
        b"1\r\nx\r\n" * (MAX_CHUNKED_BYTES // 6 + 1),
    ):
        arrival = arrival_of(head, too_much)
        assert arrival.whole
        assert arrival.in_part


def test_a_head_has_an_end() -> None:
    long = HEAD + b"X: y\r\n" * (MAX_HEAD_BYTES // 6)
    assert arrival_of(long).head_too_long
    assert not arrival_of(long[:MAX_HEAD_BYTES]).head_too_long
    assert not arrival_of(HEAD + b"\r\n" + long).head_too_long


@pytest.mark.parametrize("name", [b"Expect: 100-continue", b"expect:100-Continue "])
def test_who_keeps_the_body_back_is_known(name: bytes) -> None:
    head = HEAD + name + b"\r\nContent-Length: 5\r\n\r\n"
    assert arrival_of(head[:-1]).expecting is False
    assert arrival_of(head).expecting
    assert arrival_of(head + b"12345").expecting is False
    # What is too large is refused without it.
    assert arrival_of(head.replace(b" 5", b" 99999")).expecting is False
