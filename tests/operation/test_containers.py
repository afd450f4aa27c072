"""What the Dockerfiles make, made here without Docker: the same files, packages and command."""

import ast
import importlib.metadata
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
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
from tests.test_rooms import FILES as FILES_OF_PRODUCT
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
    assert {"--no-deps", "--require-hashes"} <= set(install.split())
    assert f"-r requirements/{name}.txt" in install
    assert "dev.txt" not in FILES[name].read_text()
    # From USER on nothing runs as root, and nothing is copied that the user could own.
    words = [word for word, _ in file.instructions]
    assert file.all("USER") == ["10001"]
    assert "COPY" not in words[words.index("USER") :]
    assert not [value for value in file.environment if value.startswith(("SUPABASE_", "CONNECT_"))]


# Packages of an image that nothing imports, and why they are there.
NOT_IMPORTED = {
    "tzdata": "zones, read as files",
    "skyfield-data": "the ephemeris, read as a file",
}
# Imports modules and opens what opens connections; tells the packages that were loaded.
LOADS = """
import importlib, importlib.metadata, json, sys
for module in json.loads(sys.argv[1]):
    importlib.import_module(module)
import gunicorn.app.wsgiapp, httpx
httpx.HTTPTransport()
tops = {module.split(".")[0] for module in sys.modules}
packages = importlib.metadata.packages_distributions()
print(json.dumps([package for top in tops for package in packages.get(top, [])]))
"""


def imported_by(name: str) -> set[str]:
    """Every module that the files of a deployment import anywhere, but its entry point."""
    main = f"functions.{name}.main"
    ours: set[str] = set()
    waiting = {main, "functions.serving"}
    theirs: set[str] = set()
    while waiting:
        module = waiting.pop()
        ours.add(module)
        waiting |= set(imports(module)) - ours
        for node in ast.walk(ast.parse(FILES_OF_PRODUCT[module].read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                theirs.add(node.module)
            elif isinstance(node, ast.Import):
                theirs |= {alias.name for alias in node.names}
    return (ours | theirs) - {main}


@pytest.mark.parametrize("name", deployments.NAMES)
def test_an_image_holds_no_package_that_nothing_there_imports(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    packages = importlib.metadata.packages_distributions()
    # Half of `shared.places.grid` is the engine's: `connect` has no numpy and never comes there.
    modules = [
        module
        for module in sorted(imported_by(name))
        if not (there := packages.get(module.split(".")[0])) or {_normal(each) for each in there} & locked
    ]
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", LOADS, json.dumps(modules)],
        cwd=ROOT,
        env=plain_environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    used = {_normal(package) for package in json.loads(loaded.stdout)}
    assert locked - used - set(NOT_IMPORTED) == set()
    assert {"flask", "httpx", "pydantic"} <= locked


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


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
        for _ in range(1200):  # a minute: nothing is compiled yet, and the machine may be busy
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, log.read_text()
            time.sleep(0.05)
        yield port
    finally:
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.wait(15)
        assert server.returncode == 0
        assert time.monotonic() - began < 10


def environment_of(name: str, stack: Running, folder: Path) -> dict[str, str]:
    """What the image sets (with /app where it was built here), and what its operator sets."""
    file = Dockerfile.read(FILES[name])
    inside = {key: value.replace("/app", str(folder)) for key, value in file.environment.items()}
    told = deployments.environment(name, stack.options, stack.keys)
    return told | inside | {"PATH": os.environ["PATH"]}


def test_connect_serves_from_its_own_files_and_packages_alone(
    stack: Running, cast: Cast, tmp_path: Path
) -> None:
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
        status = f"http://127.0.0.1:{port}/connect/status"
        assert httpx.get(status).status_code == 401
        member = {"Authorization": f"Bearer {cast.member().token}"}
        assert httpx.get(status, headers=member, timeout=30).status_code == 200


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
