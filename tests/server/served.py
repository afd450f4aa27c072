"""gunicorn with our worker and a small application, and clients that are no good."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from scripts.stack.children import plain_environment
from scripts.stack.home import ROOT
from scripts.stack.throwaway import free_ports

PATIENCE = 60.0
"""Seconds after which something that should come will not: far beyond what a busy machine takes."""


class Served:
    """A server that runs."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], said: Path) -> None:
        self.port = port
        self.process = process
        self._said = said

    @property
    def log(self) -> str:
        """What it has written."""
        return self._said.read_text()

    def workers(self) -> list[psutil.Process]:
        """Its processes, the eldest first."""
        return sorted(psutil.Process(self.process.pid).children(), key=lambda one: one.pid)

    def client(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def crowd(self, count: int, says: bytes) -> contextlib.ExitStack:
        """So many connections that say this and then nothing; closed with the stack."""
        them = contextlib.ExitStack()
        for _ in range(count):
            one = them.enter_context(self.client())
            if says:
                one.sendall(says)
        return them

    def connection(self) -> http.client.HTTPConnection:
        """For honest requests."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(self, path: str = "/pid") -> str:
        """One honest request on a connection of its own."""
        connection = self.connection()
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()


@contextlib.contextmanager
def served(
    folder: Path, config: str = "functions.serving", app: str = "tests.server.app:app"
) -> Iterator[Served]:
    """`app` under gunicorn at a port of its own."""
    [port] = free_ports(1)
    said = folder / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "gunicorn", "--config", f"python:{config}"),
                *("--bind", f"127.0.0.1:{port}", app),
            ],
            cwd=ROOT,
            env=plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        until(lambda: listens(port) or process.poll() is not None)
        assert process.poll() is None, said.read_text()
        yield Served(port, process, said)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def until(holds: Callable[[], bool]) -> None:
    """Return once `holds()` is true; fail when it never is."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def listens(port: int) -> bool:
    """Whether a server listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def everything(client: socket.socket, slowly: float = 0.0) -> bytes:
    """What comes until the other end closes; with a pause before each piece."""
    got = b""
    while True:
        time.sleep(slowly)
        try:
            piece = client.recv(256 * 1024)
        except ConnectionError:
            return got
        if not piece:
            return got
        got += piece


def reset(client: socket.socket) -> None:
    """Go away as a machine that loses its power does."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
