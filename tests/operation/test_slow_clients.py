"""At the deployments' own ports, as in their containers, nobody is held up by a member who sends slowly, by a
stranger who rings slowly, or by whoever reads slowly."""

import datetime
import json
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import psycopg
import pytest

from functions import serving
from scripts.stack import deployments
from scripts.stack.throwaway import Running, free_ports
from shared.callers.bell import signed_headers
from tests.cast import Cast, Member
from tests.server.served import PATIENCE, everything

pytestmark = pytest.mark.one_world

MANY = 2 * serving.workers * serving.threads


@contextmanager
def at_a_port(stack: Running, name: str) -> Iterator[int]:
    """A second instance of a deployment, at a port of its own."""
    [port] = free_ports(1)
    child = deployments.child(name, stack.options, stack.keys, "b")
    where, masked = child.command.index("--bind"), child.command.index("--umask")
    child.command[where : masked + 2] = ["--bind", f"127.0.0.1:{port}"]
    child.start()
    try:
        end = time.monotonic() + PATIENCE
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert child.alive(), child.log.read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield port
    finally:
        child.stop()


@contextmanager
def crowd(port: int, says: bytes) -> Iterator[None]:
    """So many connections that say this, and the rest of it never."""
    with ExitStack() as them:
        for _ in range(MANY):
            one = them.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            one.sendall(says)
        yield


def request(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of a POST that declares more of a body than it brings."""
    told = {"Host": "x", "Content-Length": str(len(body) + 10), **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def asked(port: int, member: Member) -> int:
    """The status of an honest request."""
    headers = {"Authorization": f"Bearer {member.token}"}
    return httpx.get(f"http://127.0.0.1:{port}/connect/status", headers=headers, timeout=PATIENCE).status_code


def test_a_member_who_sends_slowly_holds_nobody_up(stack: Running, cast: Cast) -> None:
    slow, others = cast.member(), [cast.member() for _ in range(10)]
    with at_a_port(stack, "connect") as port:
        says = request("/connect/respond", {"Authorization": f"Bearer {slow.token}"}, b'{"matchId"')
        with crowd(port, says):
            assert [asked(port, member) for member in others] == [200] * len(others)
            assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=PATIENCE).status_code == 200


@pytest.mark.parametrize("kind", ["well-formed", "short", "bare"])
def test_a_stranger_who_rings_slowly_does_not_stop_the_matching(
    stack: Running, cast: Cast, kind: str
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    body = b'{"job": "matcher"}'
    headers = {} if kind == "bare" else signed_headers(b"x" * 32, "/matcher", body, now, str(uuid.uuid4()))
    slow = request("/matcher", headers, body if kind == "well-formed" else b"")
    with at_a_port(stack, "worker") as port, crowd(port, slow):
        for _ in range(5):
            true = signed_headers(stack.keys.bell_key.encode(), "/matcher", body, now, str(uuid.uuid4()))
            url = f"http://127.0.0.1:{port}/matcher"
            assert httpx.post(url, content=body, headers=true, timeout=PATIENCE).status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=PATIENCE).status_code == 200


def test_what_a_member_takes_home_arrives_whole_over_a_slow_line(
    stack: Running, cast: Cast, superuser: psycopg.Connection[object]
) -> None:
    """Far more than the kernel keeps for a client that does not read."""
    pair = cast.pair("blind_chat_active")
    message = {"blindChatId": pair.chat_id, "message": "Hello"}
    assert cast.call(pair.a, "POST", "/connect/chat", message).status_code == 200
    superuser.execute(
        "insert into public.blind_chat_messages select (jsonb_populate_record(m, jsonb_build_object("
        "   'id', gen_random_uuid(), 'number', m.number + n))).*"
        " from public.blind_chat_messages m, generate_series(1, 8000) n where m.blind_chat_id = %s",
        [pair.chat_id],
    )
    # Of a socket like this one the kernel keeps 200 KB; of one over a network it may be some megabytes.
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(deployments.listens(stack.options.home, "connect")))
        head = "GET /connect/export HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        head += f"Authorization: Bearer {pair.a.token}"
        client.sendall(head.encode() + b"\r\n\r\n")
        begun = client.recv(1)
        time.sleep(1)
        said, _, body = (begun + everything(client)).partition(b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200")
    assert len(json.loads(body)["messages"]) == 8001
    assert len(body) > 1_000_000
