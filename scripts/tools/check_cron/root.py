"""A root file system with Postgres 17, pg_cron and pgvector of Debian, made once and kept.

mmdebstrap unpacks the packages without installing them, which takes seconds. Where the machine has no
mmdebstrap its package is fetched and unpacked beside the result; nothing is installed on the machine. The
server's headers come without what their package depends on: a whole compiler, and the machine's own will do.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.stack.children import plain_environment, spawn
from scripts.stack.home import Trouble
from scripts.stack.reporter import Reporter
from scripts.tools.check_cron import apt
from scripts.tools.check_cron.cluster import CLUSTERS, USER, VERSION, inside
from scripts.tools.check_cron.limit import limit

SUITE = "trixie"
PACKAGES = (
    *("base-files", "coreutils", "dash", "libc-bin", "tzdata"),
    *(f"postgresql-{VERSION}", f"postgresql-{VERSION}-cron", f"postgresql-{VERSION}-pgvector"),
)
HEADERS = f"postgresql-server-dev-{VERSION}"
_UNPACK_HEADERS = (
    f'cd "$1/tmp" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download {HEADERS}'
    f' && dpkg-deb --extract {HEADERS}_*.deb "$1" && rm {HEADERS}_*.deb'
)
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_BUILD_SECONDS = 300.0
_SECONDS = 120.0
_WAIT_SECONDS = 600.0


class CannotBeHad(Trouble):
    """This machine cannot have such a root file system; the message says why."""


@contextlib.contextmanager
def root_file_system(cache: Path, reporter: Reporter) -> Iterator[Path]:
    """The root file system, made if `cache` has none yet, for us alone. Raises CannotBeHad.

    Everything else in `cache` is removed: roots of older lists, and what a killed check left.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as gate:
        with limit(_WAIT_SECONDS, "Waiting for another check to end"):
            fcntl.flock(gate, fcntl.LOCK_EX)
        root = cache / _key()
        for other in (path for path in cache.iterdir() if path.is_dir() and path != root):
            remove(other)
        if not root.exists():
            reporter.line(f"Fetching and unpacking {len(PACKAGES)} packages of Debian {SUITE}, with theirs …")
            began = time.monotonic()
            _make(cache, root)
            reporter.line(f"  done in {time.monotonic() - began:.0f} s")
        for left in (root / CLUSTERS).iterdir():
            remove(left)
        yield root


def remove(folder: Path) -> None:
    """Remove a folder that may be a root file system: nothing mounted inside it is entered."""
    subprocess.run(["rm", "-rf", "--one-file-system", "--", str(folder)], check=True)


def _key() -> str:
    """Another list, suite or processor is another root file system."""
    listed = " ".join((SUITE, platform.machine(), *PACKAGES, HEADERS))
    return f"{SUITE}-{hashlib.sha256(listed.encode()).hexdigest()[:12]}"


def _make(cache: Path, root: Path) -> None:
    unfinished = cache / "unfinished"
    mirrors = apt.mirrors()
    if not mirrors:
        raise CannotBeHad("apt is configured with no archive of Debian.")
    try:
        program = _mmdebstrap(cache / "tool")
    except CannotBeHad as error:
        raise CannotBeHad(f"mmdebstrap cannot be had: {error}") from error
    refused = ""
    for mirror in mirrors:
        remove(unfinished)
        try:
            _unpack(program, mirror, unfinished)
        except CannotBeHad as error:
            refused = str(error)
            continue
        _complete(unfinished)
        unfinished.rename(root)
        return
    remove(unfinished)
    raise CannotBeHad(f"The packages of {SUITE} cannot be had: {refused}")


def _unpack(program: str, mirror: str, target: Path) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="connect-", suffix=".conf") as settings:
        settings.write("\n".join([*apt.network_settings(), 'APT::Install-Recommends "false";', ""]))
        settings.flush()
        _run(
            *(program, "--mode=root", "--variant=extract", "--format=directory"),
            *(f"--include={','.join(PACKAGES)}", f"--aptopt={settings.name}"),
            *([f"--keyring={_KEYRING}"] if _KEYRING.exists() else []),
            f"--extract-hook={_UNPACK_HEADERS}",
            *(SUITE, str(target), mirror),
            seconds=_BUILD_SECONDS,
        )


def _complete(root: Path) -> None:
    """What unpacking leaves out: users, the time zone, a folder for clusters. Tries one program."""
    entry = pwd.getpwnam(USER)
    users = root / "etc" / "passwd"
    users.write_text(f"root:x:0:0::/:/bin/sh\n{USER}:x:{entry.pw_uid}:{entry.pw_gid}::/:/bin/sh\n")
    users.chmod(0o644)
    (root / "etc" / "localtime").symlink_to("/usr/share/zoneinfo/Etc/UTC")
    (root / CLUSTERS).mkdir()
    for folder in (root, root / CLUSTERS):
        folder.chmod(0o755)
    _run(*inside(root, USER, f"/usr/lib/postgresql/{VERSION}/bin/postgres", "--version"))


def _mmdebstrap(folder: Path) -> str:
    """The machine's own, else one unpacked into `folder`; apt's lists are fetched there too."""
    installed = shutil.which("mmdebstrap")
    if installed is not None:
        return installed
    program = folder / "usr" / "bin" / "mmdebstrap"
    if not program.exists():
        (folder / "lists" / "partial").mkdir(parents=True)
        places = {"Dir::State::lists": folder / "lists", "Dir::Cache": folder / "cache"}
        own = [f"-o{name}={place}" for name, place in places.items()] + ["-oAPT::Sandbox::User=root"]
        _run("apt-get", *own, "--error-on=any", "update")
        _run("apt-get", *own, "download", "mmdebstrap", cwd=folder)
        for package in folder.glob("*.deb"):
            _run("dpkg-deb", "--extract", str(package), str(folder))
    return str(program)


def _run(*command: str, cwd: Path = Path("/"), seconds: float = _SECONDS) -> None:
    """Run a program to its end. Raises CannotBeHad with the last of what it said, or when it takes longer."""
    with tempfile.TemporaryFile() as output:
        try:
            # the shell's proxies count
            process = spawn(command, env=os.environ | plain_environment(), output=output, cwd=cwd)
        except OSError as error:
            raise CannotBeHad(f"{command[0]}: {error.strerror}.") from error
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise CannotBeHad(f"{Path(command[0]).name} was not done after {seconds:.0f} s.") from None
        finally:
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        said = [line for line in output.read().decode(errors="replace").splitlines() if line.strip()]
    if code:
        raise CannotBeHad(said[-1].strip() if said else f"{Path(command[0]).name} failed.")
