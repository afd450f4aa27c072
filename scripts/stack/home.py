"""Where one stack keeps its things, and what its environment asks of it."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
POSTGRES_VERSIONS = (16, 18)
# sun_path holds 108 bytes; the longest name below it is "connect.sock"
_LONGEST_SOCKET_FOLDER = 90


class Trouble(Exception):
    """The stack cannot do what was asked; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one stack (`CONNECT_HOME`) and the names inside it."""

    path: Path

    @property
    def keys(self) -> Path:
        """Every secret of this stack, mode 0600."""
        return self.path / "keys.json"

    @property
    def env(self) -> Path:
        """What a running stack tells other programs."""
        return self.path / "connect.env"

    @property
    def state(self) -> Path:
        """Who runs this stack: process ids with their start times."""
        return self.path / "stack.json"

    @property
    def running(self) -> Path:
        """Locked for as long as a supervisor lives."""
        return self.path / "running.lock"

    @property
    def starting(self) -> Path:
        """Locked while somebody starts, stops or wipes the stack."""
        return self.path / "starting.lock"

    @property
    def logs(self) -> Path:
        """One file per program."""
        return self.path / "log"

    @property
    def place(self) -> Path:
        """Names the folder of the cluster when that is outside this home."""
        return self.path / "cluster.path"

    @property
    def digest(self) -> str:
        """Eight letters that tell this home from others on the machine."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:8]

    @property
    def sockets(self) -> Path:
        """The folder of the unix sockets: inside the home unless its name is too long for a socket."""
        inside = self.path / "run"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
            return inside
        return Path(tempfile.gettempdir()) / f"connect-{self.digest}-{os.getuid()}"

    def prepare(self) -> None:
        """Make the folders. Other users may pass through (Postgres runs as one), not read."""
        try:
            for folder in (self.path, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o711)
        except OSError as error:
            raise Trouble(f"CONNECT_HOME {self.path} cannot be used: {error.strerror}.") from error
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        if self.sockets.is_symlink() or self.sockets.stat().st_uid != os.getuid():
            raise Trouble(f"{self.sockets} belongs to somebody else: set CONNECT_HOME to a shorter path.")
        self.sockets.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.rename(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`; empty when there is no such file or a killed writer left it broken."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Options:
    """What the environment asks of one stack."""

    home: Home
    functions_port: int
    api_port: int
    database_port: int
    schedule: bool
    postgres_version: int | None  # None: what the cluster was made with, else the newest
    default_grants: str  # "open" (older hosted projects) or "closed" (newer ones)
    sample: Mapping[str, str]
    api_seconds: int  # after which the gateway cuts a call of the data API
    fsync: bool = True  # off: what was written survives a killed server, not a machine without power

    @property
    def functions_url(self) -> str:
        """Where both deployments are reached."""
        return f"http://127.0.0.1:{self.functions_port}"

    @property
    def supabase_url(self) -> str:
        """Where `/rest/v1` is reached."""
        return f"http://127.0.0.1:{self.api_port}"


def options(environment: Mapping[str, str] = os.environ) -> Options:
    """Read the options, or raise Trouble naming the variable that makes no sense."""
    home = Path(environment.get("CONNECT_HOME") or ROOT / ".local").expanduser().absolute()
    version = environment.get("CONNECT_PG") or None
    if version is not None and version not in map(str, POSTGRES_VERSIONS):
        raise Trouble(f"CONNECT_PG is {version!r}: it must be one of {POSTGRES_VERSIONS}.")
    return Options(
        home=Home(home),
        functions_port=_port(environment, "CONNECT_FUNCTIONS_PORT", 8080),
        api_port=_port(environment, "CONNECT_API_PORT", 54321),
        database_port=_port(environment, "CONNECT_DB_PORT", 54322),
        schedule=_choice(environment, "CONNECT_SCHEDULE", "on", ("on", "off")) == "on",
        postgres_version=None if version is None else int(version),
        default_grants=_choice(environment, "CONNECT_DEFAULT_GRANTS", "open", ("open", "closed")),
        sample=_sample(environment),
        api_seconds=_number(environment, "CONNECT_API_SECONDS", 60, range(1, 3601)),
        fsync=_choice(environment, "CONNECT_FSYNC", "on", ("on", "off")) == "on",
    )


def _number(
    environment: Mapping[str, str], name: str, default: int, allowed: range, kind: str = "number"
) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) not in allowed:
        raise Trouble(f"{name} is {text!r}: it must be a {kind}, {allowed[0]} to {allowed[-1]}.")
    return int(text)


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    return _number(environment, name, default, range(1, 65536), "port")


def _choice(environment: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    text = environment.get(name) or default
    if text not in allowed:
        raise Trouble(f"{name} is {text!r}: it must be one of {', '.join(allowed)}.")
    return text


def _sample(environment: Mapping[str, str]) -> dict[str, str]:
    """The sample's variables, checked here because its loader runs late in a start."""
    names = ("CONNECT_SAMPLE_SIZE", "CONNECT_SAMPLE_SEED", "CONNECT_SAMPLE_FILE")
    chosen = {name: environment[name] for name in names if environment.get(name)}
    for name in names[:2]:
        text = chosen.get(name, "0")
        if not text.isascii() or not text.isdigit() or int(text) > 1_000_000:
            raise Trouble(f"{name} is {text!r}: it must be a whole number, 0 to 1000000.")
    file = chosen.get("CONNECT_SAMPLE_FILE")
    if file is not None and not os.access(file, os.R_OK):
        raise Trouble(f"CONNECT_SAMPLE_FILE {file} cannot be read: is the path right?")
    return chosen
