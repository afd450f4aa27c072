"""What the Dockerfiles make, made here without Docker: the same files, packages and command."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from functions import serving
from scripts.stack import deployments
from scripts.stack.children import plain_environment
from scripts.stack.home import ROOT
from scripts.stack.throwaway import Running
from shared.http.front import MOST_REQUESTS_AT_ONCE
from shared.http.overload import IN_LINE
from tests.cast import Cast
from tests.operation.dockerfile import Dockerfile, sent
from tests.server.served import PATIENCE, listens, until
from tests.test_rooms import FILES as MODULES
from tests.test_rooms import imports

pytestmark = pytest.mark.one_world

FILES = {name: ROOT / "functions" / name / "Dockerfile" for name in deployments.NAMES}


@pytest.mark.parametrize("name", deployments.NAMES)
def test_an_image_is_small_pinned_and_powerless(name: str) -> None:
    file = Dockerfile.read(FILES[name])
    assert file.all("FROM") == ["python:3.11-slim"]
    assert len(file.all("CMD")) == 1
    assert not file.all("ENTRYPOINT")
    [install] = [rest for rest in file.all("RUN") if rest.startswith("pip ")]
    assert "--require-hashes" in install
    assert f"-r requirements/{name}.txt" in install
    assert "dev.txt" not in FILES[name].read_text()
    # From USER on nothing runs as root, and nothing is copied that the user could own.
    words = [word for word, _ in file.instructions]
    assert file.all("USER") == ["10001"]
    assert "COPY" not in words[words.index("USER") :]
    assert not [value for value in file.environment if value.startswith(("SUPABASE_", "CONNECT_"))]


# Packages of an image that no file imports, and why they are there.
NOT_IMPORTED = {
    "tzdata": "zones, where the system has none",
    "skyfield-data": "the ephemeris, read as a file",
}
IMPORTED_AS = {"google-re2": "re2", "python-jose": "jose"}
WITH_FUNCTIONS_FRAMEWORK = {"flask", "gunicorn", "werkzeug"}
# Cells as arrays are asked for by the engine alone, and numpy is imported where they are made.
FOR_THE_ENGINE = {"connect": {"numpy"}, "worker": set[str]()}


def reached(name: str) -> set[str]:
    """The product's modules that the process of an image may ever import, its engine's compiling included."""
    waiting = [f"functions.{name}.main", "functions.serving"]
    if "shared.engine.warm" in FILES[name].read_text():
        waiting.append("shared.engine.warm")
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in MODULES and module not in found:
            found.add(module)
            waiting += [*imports(module), module.rpartition(".")[0]]
    return found


def from_outside(module: str) -> set[str]:
    """The packages that a module imports anywhere in it, by the names they are imported as."""
    names = re.findall(r"^\s*(?:import|from) (\w+)", MODULES[module].read_text(), re.MULTILINE)
    return {*names} - {"functions", "shared"} - sys.stdlib_module_names


def required(path: Path) -> set[str]:
    """The packages that a list names, and those of the lists it takes in."""
    text = path.read_text()
    listed = {*re.findall(r"^([a-z0-9-]+)(?:\[\w+\])?==", text, re.MULTILINE)}
    return listed.union(*(required(path.parent / other) for other in re.findall(r"^-r (\S+)", text, re.M)))


@pytest.mark.parametrize("name", deployments.NAMES)
def test_an_image_holds_the_packages_that_its_process_imports_and_no_other(name: str) -> None:
    packages = required(ROOT / "requirements" / f"{name}.in") - NOT_IMPORTED.keys()
    modules = {IMPORTED_AS.get(package, package.replace("-", "_")) for package in packages}
    used = set[str]().union(*map(from_outside, reached(name)))
    assert used - WITH_FUNCTIONS_FRAMEWORK - FOR_THE_ENGINE[name] == modules


@pytest.mark.parametrize("name", deployments.NAMES)
def test_it_is_served_as_the_local_stack_serves_it(name: str, stack: Running) -> None:
    inside = Dockerfile.read(FILES[name]).command
    local = deployments.child(name, stack.options, stack.keys).command
    assert inside[0] == "gunicorn"
    assert inside[1:3] == ["--config", "python:functions.serving"]
    at = local.index("gunicorn")
    assert local[at + 1 : at + 3] == inside[1:3]
    assert eval_words(local[-1]) == eval_words(inside[-1])
    # The rest of the local words say where to listen, and nothing else.
    assert [word for word in local[at + 3 : -1] if word.startswith("--")] == ["--bind", "--umask"]


def eval_words(app: str) -> str:
    """The app without the difference of quotes."""
    return app.replace('"', "'")


def test_the_server_has_threads_to_refuse_with_and_time_to_end() -> None:
    assert serving.threads >= MOST_REQUESTS_AT_ONCE + IN_LINE + 4
    assert serving.graceful_timeout < 10
    assert serving.preload_app


@pytest.mark.parametrize(
    "name",
    [
        ".local",
        ".git",
        "tests",
        "supabase",
        "scripts",
        "node_modules",
        "docs",
        "README.md",
        "requirements/dev.txt",
    ],
)
def test_nothing_else_reaches_the_builder(name: str) -> None:
    assert not sent(ROOT / name)


@contextmanager
def served(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """The command of an image running in its folder, and the port it was told."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    log = folder / "said"
    with log.open("wb") as said:
        server = subprocess.Popen(
            command,
            cwd=folder,
            env=environment | {"PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    try:
        until(lambda: listens(port) or server.poll() is not None)
        assert server.poll() is None, log.read_text()
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) == 0


def environment_of(name: str, stack: Running, folder: Path) -> dict[str, str]:
    """What the image sets (with /app where it was built here), and what its operator sets."""
    file = Dockerfile.read(FILES[name])
    inside = {key: value.replace("/app", str(folder)) for key, value in file.environment.items()}
    told = deployments.environment(name, stack.options, stack.keys)
    return told | inside | {"PATH": os.environ["PATH"]}


@pytest.mark.nightly  # it installs all packages
def test_connect_starts_from_its_own_files_and_packages_alone(stack: Running, tmp_path: Path) -> None:
    folder, venv = tmp_path / "app", tmp_path / "venv"
    folder.mkdir()
    file = Dockerfile.read(FILES["connect"])
    file.copy_into(folder)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    [install] = [rest for rest in file.all("RUN") if rest.startswith("pip ")]
    subprocess.run(
        [str(venv / "bin" / "python"), "-m", *install.split(), "--quiet", "--disable-pip-version-check"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    there = {path.name.lower() for path in (venv / "lib").glob("python*/site-packages/*")}
    assert not there & {"numpy", "numba", "scipy", "skyfield", "supabase", "pytest", "psycopg"}
    compileall, _ = next(rest for rest in file.all("RUN") if "compileall" in rest).split(" && ", 1)
    subprocess.run([str(venv / "bin" / "python"), *compileall.split()[1:]], cwd=folder, check=True)
    command = [str(venv / "bin" / "python"), "-m", *file.command]
    with served(command, folder, environment_of("connect", stack, folder)) as port:
        answer = httpx.get(f"http://127.0.0.1:{port}/health")
        assert answer.json() == {"ok": True, "service": "connect"}
        assert httpx.get(f"http://127.0.0.1:{port}/connect/status").status_code == 401


def test_the_worker_starts_from_its_own_files(stack: Running, tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    file = Dockerfile.read(FILES["worker"])
    file.copy_into(folder)
    assert "python -m shared.engine.warm" in file.all("RUN")
    command = [sys.executable, "-P", "-m", *file.command]
    with served(command, folder, environment_of("worker", stack, folder)) as port:
        answer = httpx.get(f"http://127.0.0.1:{port}/health")
        assert (answer.status_code, answer.json()["service"]) == (200, "worker")


def test_the_newer_keys_serve_as_well(stack: Running, cast: Cast, tmp_path: Path) -> None:
    """Keys that are no tokens: the gateway puts one in their place, or the member's own says who asks."""
    newer = {
        "connect": ("SUPABASE_ANON_KEY", "SUPABASE_PUBLISHABLE_KEY", stack.keys.publishable_key),
        "worker": ("SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SECRET_KEY", stack.keys.secret_key),
    }
    asked = {"connect": ("/connect/status", cast.member().token), "worker": ("/health", "")}
    for name, (former, variable, key) in newer.items():
        folder = tmp_path / name
        folder.mkdir()
        file = Dockerfile.read(FILES[name])
        file.copy_into(folder)
        told = environment_of(name, stack, folder)
        del told[former]
        with served([sys.executable, "-P", "-m", *file.command], folder, told | {variable: key}) as port:
            path, token = asked[name]
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=30)
            assert answer.status_code == 200, answer.text


def test_a_wrong_setting_ends_the_start_with_one_sentence(stack: Running, tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    file = Dockerfile.read(FILES["connect"])
    file.copy_into(folder)
    told = environment_of("connect", stack, folder) | {"CONNECT_BELL_KEY": "x" * 32, "PORT": "0"}
    ended = subprocess.run(
        [sys.executable, "-P", "-m", *file.command],
        cwd=folder,
        env=plain_environment() | told,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode != 0
    said = ended.stdout + ended.stderr
    assert "connect refuses to start: CONNECT_BELL_KEY must not be set here: only the worker" in said
    assert "x" * 32 not in said
