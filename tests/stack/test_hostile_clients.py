"""What a client without any token can do to others at the front door: nothing much."""

import select
import socket
from contextlib import ExitStack

import httpx

from scripts.stack.throwaway import Running
from tests.server.served import PATIENCE

PROMISED = b"POST /connect/respond HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


def test_bodies_that_never_come_hold_nobody_up(stack: Running) -> None:
    """Three times as many as there are threads; without care the next request waits for their time-out."""
    with ExitStack() as sockets:
        clients = []
        for _ in range(60):
            client = socket.create_connection(("127.0.0.1", stack.options.functions_port))
            clients.append(sockets.enter_context(client))
            client.sendall(PROMISED)
        assert httpx.get(f"{stack.functions_url}/health", timeout=PATIENCE).status_code == 200
        answered, _, _ = select.select(clients, [], [], 0)
        assert answered == []  # the server still waits for the body of each


def test_a_header_does_not_become_the_server_s_variable(stack: Running) -> None:
    headers = {"SCRIPT_NAME": "/connect"}
    answer = httpx.get(f"{stack.functions_url}/connect/health", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    answer = httpx.get(f"{stack.functions_url}/connect/status", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_a_body_larger_than_the_front_door_holds_goes_through(stack: Running) -> None:
    answer = httpx.post(f"{stack.functions_url}/connect/respond", content=b"x" * 300_000)
    assert answer.status_code in (401, 413)
    assert answer.headers["content-type"] == "application/problem+json"
