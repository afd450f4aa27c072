"""Small stacks for tests about stacks: Postgres, PostgREST, proxy and schedule; no schema, no functions."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from scripts.stack import connect_env
from scripts.stack.children import plain_environment, user_words
from scripts.stack.home import ROOT, Home
from scripts.stack.throwaway import free_ports

COMMAND = (sys.executable, "-P", "-m", "scripts.stack")
SUPERVISE = ("supervise", "--without", "sql", "--without", "sample", "--without", "functions")
PATIENCE = 180.0


@dataclass
class SmallStack:
    """One home with ports of its own, and the commands on it."""

    path: Path
    variables: dict[str, str] = field(default_factory=dict)
    project: Path = ROOT
    python: Path = Path(sys.executable)
    user: str | None = None

    def __post_init__(self) -> None:
        ports = map(str, free_ports(3))
        names = ("CONNECT_FUNCTIONS_PORT", "CONNECT_API_PORT", "CONNECT_DB_PORT")
        defaults = {"CONNECT_HOME": str(self.path), "CONNECT_SCHEDULE": "off"}
        self.variables = {**defaults, **dict(zip(names, ports, strict=True)), **self.variables}

    @property
    def environment(self) -> dict[str, str]:
        """What a command on this stack is told."""
        return plain_environment(**self.variables) | {"PYTHONPATH": str(self.project)}

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command without waiting; its output is piped."""
        return subprocess.Popen(
            [str(self.python), *COMMAND[1:], *words],
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **user_words(self.user),
        )

    def run(self, *words: str) -> tuple[int, str]:
        """Run a command to its end: exit code and all it said."""
        with self.start(*words) as process:
            said, _ = process.communicate(timeout=PATIENCE)
            return process.returncode, said

    def supervise(self) -> "subprocess.Popen[str]":
        """Start a supervisor and wait until it is ready."""
        process = self.start(*SUPERVISE)
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line == "Ready.\n":
                return process
        process.wait(PATIENCE)
        process.stdout.close()
        raise AssertionError(f"not ready: {said}")

    @contextmanager
    def running(self) -> Iterator["subprocess.Popen[str]"]:
        """A supervisor that is ready, and that does not outlive the block."""
        process = self.supervise()
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                left = [f"{one.name()} ({one.status()})" for one in family(process.pid)]
                process.kill()
                said, _ = process.communicate()
                raise AssertionError(f"does not stop, waits for {left}; it said {said}") from None
            if process.stdout is not None:
                process.stdout.close()

    @property
    def told(self) -> dict[str, str]:
        """connect.env."""
        return connect_env.read(Home(self.path))

    def url(self, role: str) -> str:
        """The database's address for another role than `postgres`, of those with a password."""
        keys = json.loads((self.path / "keys.json").read_text())
        return f"postgresql://{role}:{keys[f'{role}_password']}@{self.told['DATABASE_URL'].split('@')[1]}"

    @property
    def superuser_url(self) -> str:
        """The address as the platform's own superuser."""
        return self.url("supabase_admin")

    def ask(self, query: str) -> object:
        """The first column of the first row of a query."""
        with psycopg.connect(self.told["DATABASE_URL"], autocommit=True) as connection:
            answer = connection.execute(query.encode())
            row = answer.fetchone() if answer.description else None
            return None if row is None else row[0]


def family(pid: int) -> list[psutil.Process]:
    """A process and everything below it, now."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def gone(processes: Sequence[psutil.Process], seconds: float = 60) -> bool:
    """Whether all of them end in time."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def until(true: Callable[[], object], seconds: float = 60) -> bool:
    """Poll a callable until it answers something true, or time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.01)
    return False
