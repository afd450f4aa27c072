"""A stack that lives as long as the program that made it: for tests and benchmarks.

Its home is a temporary folder, its ports are free ones, its schedule is off and it holds no sample. When the
program ends, however it ends, the stack stops and wipes itself.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from scripts.stack import connect_env
from scripts.stack.children import plain_environment, spawn
from scripts.stack.home import Home, Options, Trouble, options
from scripts.stack.keys import Keys, load_keys, sign_token
from scripts.stack.postgres import Cluster

# From 32768 up Linux hands ports to outgoing connections.
_PORTS = range(20_000, 32_000)
_START_PATIENCE = 180.0  # seconds


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now, below those of outgoing connections."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


@dataclass(frozen=True, slots=True)
class Running:
    """A running stack as a test sees it."""

    options: Options
    keys: Keys
    supervisor: "subprocess.Popen[bytes]"
    database_url: str  # as people connect: `postgres`, which may nearly everything and is no superuser
    superuser_url: str
    pg_bin: Path
    postgres_version: int
    admin_token: str

    @property
    def home(self) -> Path:
        """The folder of the stack."""
        return self.options.home.path

    @property
    def functions_url(self) -> str:
        """Both deployments."""
        return self.options.functions_url

    @property
    def api_url(self) -> str:
        """What clients call SUPABASE_URL; PostgREST is at /rest/v1 below it."""
        return self.options.supabase_url

    @property
    def anon_key(self) -> str:
        """The key clients may hold."""
        return self.keys.anon_key

    @property
    def service_role_key(self) -> str:
        """The key only the worker holds."""
        return self.keys.service_role_key

    def token(self, user_id: str, *, seconds: int = 3600, **claims: Any) -> str:
        """A member's access token; `claims` replace the usual ones, None leaves one out."""
        return sign_token(self.keys.jwt_secret, self.api_url, str(user_id), seconds=seconds, **claims)


class ThrowawayStack:
    """Context manager that starts a stack and yields it `Running`."""

    def __init__(
        self, variables: Mapping[str, str] | None = None, *, functions: bool = True, sql: bool = True
    ) -> None:
        self.without = [name for name, on in (("functions", functions), ("sql", sql)) if not on]
        self.variables = dict(variables or {})
        self.supervisor: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Running:
        home = Home(Path(tempfile.mkdtemp(prefix="connect-test-")))
        ports = map(str, free_ports(3))
        names = ("CONNECT_FUNCTIONS_PORT", "CONNECT_API_PORT", "CONNECT_DB_PORT")
        environment = {
            "CONNECT_HOME": str(home.path),
            "CONNECT_SCHEDULE": "off",
            **dict(zip(names, ports, strict=True)),
            **self.variables,
        }
        home.prepare()
        said = home.logs / "supervisor.log"
        with said.open("wb") as output:
            self.supervisor = spawn(
                [
                    *(sys.executable, "-P", "-m", "scripts.stack", "supervise"),
                    *("--throwaway", "--without", "sample"),
                    *(word for name in self.without for word in ("--without", name)),
                ],
                env=plain_environment(**environment),
                output=output,
            )
        try:
            _wait(self.supervisor, said)
            asked = options(environment)
            keys = load_keys(home)
            cluster = Cluster(asked, keys)
            told = connect_env.read(home)
            return Running(
                options=asked,
                keys=keys,
                supervisor=self.supervisor,
                database_url=told["DATABASE_URL"],
                superuser_url=cluster.url("supabase_admin"),
                pg_bin=Path(told["PG_BIN"]),
                postgres_version=cluster.version,
                admin_token=told["CONNECT_ADMIN_TOKEN"],
            )
        except BaseException:
            self._stop()
            raise

    def _stop(self) -> None:
        if self.supervisor is None:
            return
        self.supervisor.send_signal(signal.SIGTERM)
        try:
            self.supervisor.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.supervisor.pid, signal.SIGKILL)
            self.supervisor.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()


def _wait(supervisor: "subprocess.Popen[bytes]", said: Path) -> None:
    """Return when the supervisor says it is ready; raise Trouble with what it said when it ends instead."""
    end = time.monotonic() + _START_PATIENCE
    text = ""
    # A supervisor that fails takes its home with it; what is open stays readable.
    with said.open() as reader:
        while "Ready.\n" not in text:
            over = supervisor.poll() is not None or time.monotonic() > end
            text += reader.read()
            if over and "Ready.\n" not in text:
                raise Trouble(f"The throwaway stack does not start:\n{text}")
            time.sleep(0.05)
