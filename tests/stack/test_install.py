"""What a missing tool says: one sentence, before anything is installed."""

import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.stack.home import ROOT
from scripts.stack.node_lock import entry
from tests.often import often


def first_use(tmp_path: Path, tools: dict[str, str | None]) -> tuple[int, str]:
    """Use a fresh clone's Python on a machine with exactly these tools."""
    clone, environment = fresh(tmp_path, tools)
    used = subprocess.run(
        [str(clone / "scripts" / "python"), "-c", "print('ran')"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not (clone / ".venv").exists()
    return used.returncode, used.stderr


def fresh(tmp_path: Path, tools: dict[str, str | None]) -> tuple[Path, dict[str, str]]:
    """A clone, and the environment of a machine with these tools: a path, or a shell script's text."""
    clone = tmp_path / "clone"
    for name in ("scripts/stack", "requirements"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("scripts/python", "scripts/__init__.py", "package-lock.json", "package.json"):
        shutil.copy(ROOT / name, clone / name)
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name in ("bash", "cmp", "dirname", "env"):
        (bin_folder / name).symlink_to(str(shutil.which(name)))
    for name, tool in tools.items():
        if tool is None:
            continue
        path = bin_folder / name
        if tool.startswith("/"):
            path.symlink_to(tool)
        else:
            path.write_text(f"#!/bin/sh\n{tool}\n")
            path.chmod(0o755)
    return clone, {"PATH": str(bin_folder)}


def good() -> dict[str, str | None]:
    """Tools that are all right."""
    python = os.path.realpath(sys.executable)
    return {"python3": f'exec {python} "$@"', "git": "exit 0", "node": "echo v20.1.0", "npm": "exit 0"}


@pytest.mark.parametrize(
    ("tool", "instead", "sentence"),
    [
        ("python3", None, "Connect needs Python 3.11 or newer"),
        ("python3", "exit 1", "Connect needs Python 3.11 or newer"),
        ("git", None, "Connect needs git"),
        ("node", None, "Connect needs Node 20 or newer"),
        ("npm", None, "Connect needs Node 20 or newer"),
        ("node", "echo v18.19.0", "Connect needs Node 20 or newer"),
    ],
)
def test_a_missing_tool_is_one_sentence(
    tmp_path: Path, tool: str, instead: str | None, sentence: str
) -> None:
    code, said = first_use(tmp_path, {**good(), tool: instead})
    assert code == 1
    assert said.startswith(sentence)
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("system", "machine", "libc"),
    [
        ("Linux", "aarch64", "glibc 2.41"),
        ("Darwin", "arm64", None),
        ("Darwin", "x86_64", None),
        ("Linux", "x86_64", None),
    ],
)
def test_another_machine_is_one_sentence_before_anything_is_fetched(
    tmp_path: Path, system: str, machine: str, libc: str | None
) -> None:
    clone, environment = fresh(tmp_path, good())
    # Python imports this by itself, before anything of ours.
    (clone / "sitecustomize.py").write_text(
        "import os, platform\n"
        f"platform.system, platform.machine = lambda: {system!r}, lambda: {machine!r}\n"
        f"os.confstr = lambda name, libc={libc!r}: libc if libc else {{}}[name]\n".replace(
            "{}[name]", "(_ for _ in ()).throw(ValueError(name))"
        )
    )
    used = subprocess.run(
        [str(clone / "scripts" / "python"), "-c", "print('ran')"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert used.returncode == 1
    assert used.stderr.startswith("The local stack runs on Linux x86_64 with glibc alone, and this is ")
    assert f"this is {system} {machine}" in used.stderr
    assert used.stderr.count("\n") == 1
    assert not (clone / ".venv").exists()
    assert not (clone / "node_modules").exists()


def test_a_second_install_says_that_it_waits_for_the_first(tmp_path: Path) -> None:
    clone, environment = fresh(tmp_path, good())
    with (clone / "requirements" / "dev.txt").open() as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            [str(clone / "scripts" / "python"), "-c", "pass"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert waiting.stderr is not None
            assert select.select([waiting.stderr], [], [], 20)[0], "it waits in silence"
            assert waiting.stderr.readline() == "Another install is running; waiting …\n"
            # What the first install would leave behind.
            (clone / ".venv" / "bin").mkdir(parents=True)
            (clone / "node_modules").mkdir()
            shutil.copy(clone / "requirements" / "dev.txt", clone / ".venv" / "installed.txt")
            shutil.copy(clone / "package-lock.json", clone / "node_modules" / ".installed.json")
            python = clone / ".venv" / "bin" / "python"
            python.write_text("#!/bin/sh\necho ran\n")
            python.chmod(0o755)
            fcntl.flock(gate, fcntl.LOCK_UN)
            assert waiting.communicate(timeout=60) == ("ran\n", "")
        finally:
            waiting.kill()
            waiting.communicate()


def test_every_script_explains_itself() -> None:
    """By day every fourth."""
    scripts = [p for p in sorted((ROOT / "scripts").iterdir()) if p.is_file() and os.access(p, os.X_OK)]
    assert len(scripts) >= 10
    for script in scripts[:: often(4, 1)]:
        told = subprocess.run([str(script), "--help"], capture_output=True, text=True, check=False)
        assert (told.returncode, told.stdout[:6].lower()) == (0, "usage:"), script.name


def test_a_platform_package_is_fetched_on_its_platform_only() -> None:
    assert entry("@supabase/cli-linux-arm64-musl", "1") == {
        "version": "1",
        "cpu": ["arm64"],
        "optional": True,
        "os": ["linux"],
        "libc": ["musl"],
    }
    assert entry("@supabase/cli-darwin-x64", "2")["os"] == ["darwin"]


def test_what_is_fetched_here_is_known_by_its_hash() -> None:
    """Other machines fetch nothing: the first command ends there before npm begins."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert len(packages) > 20
    unknown = {name: of for name, of in packages.items() if name and "integrity" not in of}
    for name, of in unknown.items():
        assert of["optional"], name
        assert "linux" not in of["os"] or "x64" not in of["cpu"] or of.get("libc") == ["musl"], name


def test_locks_name_no_registry() -> None:
    for name in (
        "package-lock.json",
        "requirements/dev.txt",
        "requirements/connect.txt",
        "requirements/worker.txt",
    ):
        text = (ROOT / name).read_text()
        assert '"resolved"' not in text
        assert "index-url" not in text
        assert "find-links" not in text
