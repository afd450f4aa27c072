"""What a person can ask of a stack."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from scripts.stack import welcome
from scripts.stack.children import LONGEST_PAUSE, ended, known_process
from scripts.stack.home import Home, Options, read_json
from scripts.stack.lifeline import die_with_parent, outlive_parent
from scripts.stack.postgres import CLUSTERS
from scripts.stack.reporter import Reporter
from scripts.stack.supervisor import Supervisor, clear_strays

EVERYTHING = frozenset({"sql", "sample", "functions"})
_STOP_PATIENCE = 60.0  # seconds; Postgres may have to write a lot down
_STATE_FILES = (
    *("keys.json", "connect.env", "stack.json", "postgrest.conf", "cluster.path"),
    *("jwks.json", "jwks.public.json", "gateway.json"),
)


@contextlib.contextmanager
def alone(home: Home) -> Iterator[None]:
    """Only one command at a time starts, stops or wipes a stack; the others wait."""
    home.prepare()
    with home.starting.open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def phase(home: Home) -> str:
    """ "ready", "starting" or "down"."""
    state = read_json(home.state)
    if known_process(state.get("supervisor", {})) is None:
        return "down"
    return str(state.get("phase", "starting"))


def run(options: Options) -> None:
    """The main job, in the foreground."""
    die_with_parent(signal.SIGTERM, os.getppid())
    reporter = Reporter()
    if phase(options.home) != "down":
        reporter.line("The stack is already running; `make down` stops it.")
        welcome.show_places(options, reporter)
        return
    supervisor = Supervisor(options, reporter)
    supervisor.run(lambda: welcome.welcome(options, reporter, supervisor.tend), wanted=EVERYTHING)
    reporter.line("Stopped. The data stay: `make run` continues, `make reset` wipes.")


def supervise(options: Options, *, wanted: frozenset[str], throwaway: bool, background: bool) -> None:
    """Run until stopped. A throwaway stack wipes itself afterwards, however its parent ended."""
    die_with_parent(signal.SIGTERM, os.getppid())
    reporter = Reporter()

    def ready() -> None:
        if background:
            outlive_parent()
        reporter.line("Ready.")

    try:
        # Whoever throws a stack away may also kill its programs, again and again, and wait for them.
        pause = 0.5 if throwaway else LONGEST_PAUSE
        Supervisor(options, reporter, longest_pause=pause).run(ready, wanted=wanted)
    finally:
        if throwaway:
            wipe(options)


def up(options: Options) -> None:
    """Start in the background and return when healthy; on a running stack change nothing."""
    reporter = Reporter()
    with alone(options.home):
        _wait_while_starting(options.home)
        if phase(options.home) == "ready":
            reporter.line("The stack is already up.")
        else:
            _start_in_background(options, reporter)
    welcome.show_places(options, reporter)


def _wait_while_starting(home: Home) -> None:
    """A `make run` elsewhere may be half way."""
    while phase(home) == "starting":
        time.sleep(0.1)


def _start_in_background(options: Options, reporter: Reporter) -> None:
    log = options.home.logs / "supervisor.log"
    log.unlink(missing_ok=True)
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "scripts.stack",
                "supervise",
                "--background",
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with log.open() as said:
            while True:
                over = supervisor.poll() is not None or phase(options.home) == "ready"
                for line in said.readlines():
                    if line != "Ready.\n":
                        reporter.line(line.rstrip())
                if over:
                    break
                time.sleep(0.1)
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        sys.exit(130)
    if supervisor.poll() is not None:
        sys.exit(supervisor.returncode or 1)


def down(options: Options) -> None:
    """Stop the stack, whoever started it; when nothing runs, say so."""
    reporter = Reporter()
    if not options.home.path.exists():
        reporter.line("Nothing is running.")
        return
    # Not behind the lock of `up`: a start that hangs can be stopped too.
    reporter.line("Stopped." if _stop(options) else "Nothing is running.")


def _stop(options: Options) -> bool:
    state = read_json(options.home.state)
    supervisor = known_process(state.get("supervisor", {}))
    if supervisor is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor.send_signal(signal.SIGTERM)
            if not ended(supervisor, _STOP_PATIENCE):
                supervisor.kill()
    left = any(known_process(child) for child in state.get("children", []))
    if options.home.state.exists():
        clear_strays(options)
    return supervisor is not None or left


def reset(options: Options) -> None:
    """Stop the stack and wipe it."""
    if not options.home.path.exists():
        Reporter().line("Nothing to wipe.")
        return
    with alone(options.home):
        _stop(options)
        wipe(options)
    Reporter().line(f"Wiped {options.home.path}.")


def wipe(options: Options) -> None:
    """Remove what a stack writes, by name: CONNECT_HOME may be a folder that holds other things too."""
    home = options.home
    outside = Path(home.place.read_text().strip()) if home.place.exists() else None
    if outside is not None and outside.parent == CLUSTERS and outside.name == f"connect-{home.digest}":
        shutil.rmtree(outside, ignore_errors=True)
    for folder in (home.path / "db", home.logs, home.sockets):
        if not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
    for name in _STATE_FILES:
        (home.path / name).unlink(missing_ok=True)
    home.running.unlink(missing_ok=True)
    home.starting.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        home.path.rmdir()
