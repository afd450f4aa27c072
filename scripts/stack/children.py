"""Programs the supervisor keeps alive: in sessions of their own, tied to its life, stopped in order."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from scripts.stack.home import ROOT
from scripts.stack.lifeline import die_with_parent

_FIRST_PAUSE = 0.5  # seconds before the first restart; doubles up to the longest
LONGEST_PAUSE = 30.0
_STEADY = 60.0  # seconds of life after which a program counts as well again
_LARGEST_LOG = 20_000_000  # bytes


def plain_environment(**names: str) -> dict[str, str]:
    """What every child gets: a path, UTC and UTF-8, then `names`; nothing of the shell's."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    } | names


def user_words(user: str | None) -> dict[str, Any]:
    """The arguments of Popen that make a program run as `user`; none when it runs as ourselves."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    output: Any,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    cwd: Path = ROOT,
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own that ends when we do. Call from the main thread."""
    me = os.getpid()
    return subprocess.Popen(
        list(command),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(death_signal, me),  # runs after the change of user
        **user_words(user),
    )


@dataclass(slots=True)
class Child:
    """One program: how to start it, how to ask it to stop, and its life so far."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0  # seconds between the stop signal and SIGKILL
    cwd: Path = ROOT
    longest_pause: float = LONGEST_PAUSE  # seconds between a death and the next start, after many deaths
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    pause: float = field(default=_FIRST_PAUSE, init=False)
    again_at: float | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the program; its output is appended to its log."""
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.rename(self.log.with_suffix(".old"))
        # Logs name times and routes of members' requests: for the owner's eyes.
        private = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(private, "ab") as output:
            self.process = spawn(
                self.command,
                env=self.env,
                output=output,
                user=self.user,
                death_signal=self.stop_signal,
                cwd=self.cwd,
            )
        self.started = time.monotonic()
        self.again_at = None

    def alive(self) -> bool:
        """Whether the program runs."""
        return self.process is not None and self.process.poll() is None

    def tend(self) -> str | None:
        """Restart a program that died once its pause is over. Returns a line to print when it just died."""
        now = time.monotonic()
        if self.process is None or self.alive():
            return None
        if self.again_at is not None:
            if now >= self.again_at:
                self.start()
            return None
        if now - self.started > _STEADY:
            self.pause = _FIRST_PAUSE
        self.again_at = now + self.pause
        line = f"{self.name} ended ({_how(self.process.returncode)}); starting it again in {self.pause:g} s"
        self.pause = min(self.pause * 2, self.longest_pause)
        return line

    def stop(self) -> None:
        """Ask the program to end, then make it."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            _signal_group(process.pid, self.stop_signal, whole=False)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self.patience)
        # also whatever it left behind in its session
        _signal_group(process.pid, signal.SIGKILL, whole=True)
        process.wait()

    def identity(self) -> dict[str, Any]:
        """The process id with its start time, which together never name a stranger."""
        return {} if self.process is None else identity(self.process.pid)


def _how(code: int) -> str:
    return f"exit {code}" if code >= 0 else signal.Signals(-code).name


def _signal_group(pid: int, number: signal.Signals, *, whole: bool) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        (os.killpg if whole else os.kill)(pid, number)


def identity(pid: int) -> dict[str, Any]:
    """What later tells this very process from another with the same number."""
    try:
        return {"pid": pid, "started": psutil.Process(pid).create_time()}
    except psutil.Error:
        return {}


def known_process(named: Mapping[str, Any]) -> psutil.Process | None:
    """The living process an `identity` names; None when it is gone or its number went to a stranger."""
    try:
        process = psutil.Process(int(named["pid"]))
        if abs(process.create_time() - float(named["started"])) < 0.02 and process.status() != "zombie":
            return process
    except (psutil.Error, KeyError, TypeError, ValueError):
        pass
    return None


def ended(process: psutil.Process, patience: float) -> bool:
    """Wait until a process is over. A zombie is: its parent may never ask for it."""
    end = time.monotonic() + patience
    while True:
        try:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.05)


def end_stray(named: Mapping[str, Any], number: signal.Signals, patience: float) -> bool:
    """End a process a dead supervisor left behind. Returns whether there was one."""
    process = known_process(named)
    if process is None:
        return False
    offspring = process.children(recursive=True)
    with contextlib.suppress(psutil.Error):
        process.send_signal(number)
    ended(process, patience)
    for left in (process, *offspring):
        with contextlib.suppress(psutil.Error):
            left.kill()
        ended(left, 5)
    return True
