"""Installs what the locks name into `.venv` and `node_modules`, then becomes the project's Python.

Run by the machine's own Python, so only the standard library is imported. A killed install leaves no
`installed` mark and is redone; two at once wait for each other.
"""

import fcntl
import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

from scripts.stack.lifeline import die_with_parent, outlive_parent

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "dev.txt"
NODE_LOCK = ROOT / "package-lock.json"
VENV = ROOT / ".venv"
INSTALLED = VENV / "installed.txt"
NODE_INSTALLED = ROOT / "node_modules" / ".installed.json"
LEAST_NODE = 20


class Missing(Exception):
    """Something the machine must have is absent; the message is one sentence for the newcomer."""


def same(left: Path, right: Path) -> bool:
    """Whether both files exist with equal content."""
    return left.exists() and right.exists() and left.read_bytes() == right.read_bytes()


def check_machine() -> None:
    """Raise `Missing` on a machine for which npm has no PostgREST, or PyPI no Postgres."""
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (OSError, ValueError):  # a name that musl and macOS do not know
        libc = ""
    here = f"{platform.system()} {platform.machine()}"
    if here != "Linux x86_64" or not libc.startswith("glibc"):
        raise Missing(
            f"The local stack runs on Linux x86_64 with glibc alone, and this is {here}"
            f"{'' if libc else ' without glibc'}: its PostgREST and Postgres are published for nothing else. "
            "Use such a machine, or a linux/amd64 container with Python 3.11, Node 20, git and make."
        )


def check_tools() -> None:
    """Raise `Missing` when git, node, npm or Python's venv cannot be used."""
    if shutil.which("git") is None:
        raise Missing("Connect needs git, and no git was found: install it and try again.")
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Missing(
            f"{sys.executable} has no venv module: install it (on Debian: apt install python3-venv)."
        )
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        raise Missing(f"Connect needs Node {LEAST_NODE} or newer with npm, and none was found: install it.")
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    number = re.match(r"v(\d+)", told)
    if number is None or int(number[1]) < LEAST_NODE:
        raise Missing(f"Connect needs Node {LEAST_NODE} or newer, and {node} is {told or 'broken'}.")


def run(title: str, command: list[str]) -> None:
    """Run one installer, which says itself how far it is; raise when it fails."""
    me = os.getpid()
    print(f"{title} …", file=sys.stderr, flush=True)
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,  # what the script itself prints may be read by a program
        preexec_fn=lambda: die_with_parent(signal.SIGTERM, me),
        check=False,
    )
    if done.returncode:
        raise Missing(f"{title} failed (exit {done.returncode}); the lines above say why.")


def install_python() -> None:
    """Make `.venv` hold exactly what the lock names."""
    complete = INSTALLED.exists() and (VENV / "bin" / "python").exists()
    if complete:
        INSTALLED.unlink()  # a running stack may use this folder: change it in place
    else:
        run("Making a Python environment in .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)])
    packages = len(re.findall(r"^[a-z0-9].*==", LOCK.read_text(), re.MULTILINE))
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    run(
        f"Installing {packages} Python packages",
        [*pip, "--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)],
    )
    shutil.copyfile(LOCK, INSTALLED.with_suffix(".new"))
    INSTALLED.with_suffix(".new").rename(INSTALLED)


def install_node() -> None:
    """Make `node_modules` hold exactly what the lock names. No package needs its install script."""
    run(
        "Installing PostgREST and the Supabase CLI",
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    )
    shutil.copyfile(NODE_LOCK, NODE_INSTALLED.with_suffix(".new"))
    NODE_INSTALLED.with_suffix(".new").rename(NODE_INSTALLED)


def _alone(gate: IO[str]) -> None:
    """Wait until no other install holds the lock, and say so."""
    try:
        fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another install is running; waiting …", file=sys.stderr, flush=True)
        fcntl.flock(gate, fcntl.LOCK_EX)


def main(arguments: list[str]) -> None:
    """Install under a lock, then exec `.venv`'s Python with `arguments`."""
    # A killed `make` must not leave an installer behind.
    die_with_parent(signal.SIGTERM, os.getppid())
    try:
        check_machine()
        check_tools()
        with (ROOT / "requirements" / "dev.txt").open() as gate:
            _alone(gate)
            if not same(LOCK, INSTALLED):
                install_python()
            if not same(NODE_LOCK, NODE_INSTALLED):
                install_node()
    except Missing as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
    outlive_parent()  # the wish would survive the exec, and what runs next decides for itself
    python = str(VENV / "bin" / "python")
    os.execv(python, [python, "-P", *arguments])  # noqa: S606 - becoming Python is the point


if __name__ == "__main__":
    main(sys.argv[1:])
