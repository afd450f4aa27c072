"""Starts the programs of one stack in order, keeps them alive, stops them in reverse.

Everything happens in the main thread: a child is tied to the thread that started it.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import IO, Any, NoReturn

import psycopg

from scripts.stack import connect_env, deployments, postgrest, proxy
from scripts.stack.apply_sql import apply
from scripts.stack.children import LONGEST_PAUSE, Child, end_stray, identity, plain_environment, spawn
from scripts.stack.home import Options, Trouble, read_json, write_private
from scripts.stack.keys import Keys, load_keys
from scripts.stack.postgres import Cluster
from scripts.stack.reporter import Reporter
from shared import engine_cache

_ASKING = ("schedule", "proxy")


class Stopped(BaseException):
    """Somebody asked the stack to stop. Not an Exception: nothing on the way may swallow it."""


class Supervisor:
    """One running stack."""

    def __init__(
        self,
        options: Options,
        reporter: Reporter,
        cluster: Callable[[Options, Keys], Cluster] = Cluster,
        longest_pause: float = LONGEST_PAUSE,
    ) -> None:
        self.options = options
        self.longest_pause = longest_pause
        self.home = options.home
        self.reporter = reporter
        self.cluster = cluster
        self.children: list[Child] = []
        self.running: Cluster | None = None
        self.places = dict.fromkeys(deployments.NAMES, "a")
        self.renew_asked = False
        self.renewals = self.failed_renewals = 0
        self.gate: IO[str] | None = None

    def run(self, when_ready: Callable[[], None], *, wanted: frozenset[str]) -> None:
        """Start everything, call `when_ready`, then watch until asked to stop. Raises Trouble.

        `wanted`: "sql" applies the schema, "sample" loads the sample, "functions" starts the deployments.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _stop)
        signal.signal(signal.SIGUSR1, self._ask_renewal)
        try:
            try:
                self._lock()
                self._start(wanted)
                self._record("ready")
                when_ready()
                self._watch()
            except Stopped:
                self.reporter.line("Stopping …")
            finally:
                # a second Ctrl-C must not interrupt the clean end
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                self._stop_children()
        finally:
            if self.gate is not None:
                self.home.state.unlink(missing_ok=True)
                self.home.env.unlink(missing_ok=True)
                self.gate.close()

    def _lock(self) -> None:
        """Become the only supervisor of this home, and clear away what a killed one left."""
        self.home.prepare()
        gate = self.home.running.open("w")
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            gate.close()
            raise Trouble("The stack is already running.") from None
        self.gate = gate
        clear_strays(self.options)
        self._record("starting")

    def _start(self, wanted: frozenset[str]) -> None:
        options, report = self.options, self.reporter
        check_ports(options)
        keys = load_keys(self.home)
        cluster = self.running = self.cluster(options, keys)
        with report.step(f"Starting Postgres {cluster.version}"):
            cluster.prepare()
            database = self._add(cluster.child())
            cluster.wait_until_ready(database)
            cluster.make_platform()
        if "sql" in wanted:
            with report.step("Applying migrations and policies"):
                apply(cluster.url(), vault_secrets(options, keys), quiet=True)
            make_administrator(cluster.url(), keys.admin_id)
            switch_schedule(cluster.url("supabase_admin"), on=options.schedule)
        with report.step("Starting PostgREST"):
            rest = self._add(postgrest.child(self.home, keys, cluster.url("authenticator")))
            postgrest.wait_until_ready(self.home, rest)
            front = self._add(proxy.child(options, keys))
            proxy.wait_until_ready(options, front)
        connect_env.write(options, keys, cluster)
        if "sample" in wanted and connect_env.is_empty(cluster.url()):
            with report.step("Loading the sample community"):
                self._task(
                    [sys.executable, "-P", "-m", "scripts.tools.sample", "--database-url", cluster.url()]
                )
        if "functions" in wanted:
            if not engine_cache.is_complete():
                with report.step("Compiling the engine"):
                    self._task([sys.executable, "-P", "-m", "shared.engine.warm"], quiet=True)
            with report.step("Starting the functions"):
                serving = [
                    (name, self._add(deployments.child(name, options, keys))) for name in deployments.NAMES
                ]
                for name, running in serving:
                    deployments.wait_until_ready(name, self.home, running)
                    deployments.put_in_service(self.home, name, self.places[name])
        self._add(
            Child(
                name="schedule",
                command=[
                    *(sys.executable, "-P", "-m", "scripts.stack.background"),
                    *([] if options.schedule and not cluster.keeps_schedule else ["--no-schedule"]),
                ],
                env=plain_environment(DATABASE_URL=cluster.url("supabase_admin")),
                log=self.home.logs / "schedule.log",
                patience=2,
            )
        )

    def _add(self, child: Child) -> Child:
        self.children.append(child)
        child.longest_pause = self.longest_pause
        child.start()
        self._record("starting")
        return child

    def _task(self, command: list[str], *, quiet: bool = False) -> None:
        """Run a program to its end; its output is ours unless `quiet`."""
        log = self.home.logs / f"{command[3]}.log"
        with log.open("w") if quiet else contextlib.nullcontext(sys.stdout) as output:
            task = spawn(command, env=plain_environment(**self.options.sample), output=output)
            try:
                code = task.wait()
            finally:
                if task.poll() is None:
                    task.terminate()
                    task.wait()
        if code:
            told = f": {log} says why" if quiet else ""
            raise Trouble(f"{' '.join(command[2:4])} failed (exit {code}){told}.")

    def _record(self, phase: str) -> None:
        """Write down who runs, for `make down` and for a start after our own sudden death."""
        state = {
            "phase": phase,
            "renewals": self.renewals,
            "failed_renewals": self.failed_renewals,
            "supervisor": identity(os.getpid()),
            "children": [
                {"name": child.name, "stop_signal": int(child.stop_signal), **child.identity()}
                for child in self.children
            ],
        }
        write_private(self.home.state, json.dumps(state, indent=2) + "\n")

    def _watch(self) -> NoReturn:
        while True:
            self.tend()
            time.sleep(0.2)

    def tend(self) -> None:
        """Restart what died; say so when it dies."""
        before = [child.process for child in self.children]
        for child in self.children:
            line = child.tend()
            if line:
                self.reporter.line(line)
        if before != [child.process for child in self.children]:
            self._record("ready")
        if self.renew_asked:
            self.renew_asked = False
            self._renew()

    def _ask_renewal(self, _number: int, _frame: FrameType | None) -> None:
        self.renew_asked = True

    def _renew(self) -> None:
        """Give the stack its keys again: what is told something new by them begins anew beside the old one,
        which ends when the new one serves. No request is lost on the way. What cannot begin changes nothing.
        """
        keys = load_keys(self.home)
        try:
            for child in list(self.children):
                if child.name in deployments.NAMES:
                    self._renew_deployment(child, keys)
            if self.running is not None:
                connect_env.write(self.options, keys, self.running)
            self.renewals += 1
        except Trouble as trouble:
            self.failed_renewals += 1
            self.reporter.line(f"Keys were not renewed: {trouble}")
        self._record("ready")

    def _renew_deployment(self, old: Child, keys: Keys) -> None:
        name = old.name
        place = "b" if self.places[name] == "a" else "a"
        new = deployments.child(name, self.options, keys, place)
        if new.env == old.env:
            return
        new.longest_pause = self.longest_pause
        new.start()
        try:
            deployments.wait_until_ready(name, self.home, new, place)
        except BaseException:  # a stop too: it is not among the children yet
            new.stop()
            raise
        self.children[self.children.index(old)] = new
        self.places[name] = place
        self._record("ready")
        deployments.put_in_service(self.home, name, place)
        proxy.renew(next(child for child in self.children if child.name == "proxy"))
        old.stop()

    def _stop_children(self) -> None:
        """Whoever asks first (schedule, proxy), then who answers: functions, PostgREST, Postgres."""
        for child in sorted(reversed(self.children), key=lambda child: child.name not in _ASKING):
            child.stop()


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped


def vault_secrets(options: Options, keys: Keys) -> dict[str, str]:
    """What `apply` puts into Vault for the SQL of this stack."""
    return {
        "CONNECT_BELL_KEY": keys.bell_key,
        "CONNECT_ERASURE_KEY": keys.erasure_key,
        "CONNECT_WORKER_URL": options.functions_url,
    }


def clear_strays(options: Options) -> None:
    """End what a killed supervisor may have left, last started first. Strangers are never touched."""
    state = read_json(options.home.state)
    children: list[dict[str, Any]] = state.get("children", [])
    for child in reversed(children):
        with contextlib.suppress(ValueError):
            end_stray(child, signal.Signals(child.get("stop_signal", signal.SIGTERM)), patience=30)
    options.home.state.unlink(missing_ok=True)
    options.home.env.unlink(missing_ok=True)


def make_administrator(database_url: str, user_id: str) -> None:
    """An account that may steer, made as an operator makes one: by a claim in its row."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into auth.users as u (id, raw_app_meta_data) values (%s, '{\"connect_admin\": true}')"
            " on conflict (id) do update"
            " set raw_app_meta_data = coalesce(u.raw_app_meta_data, '{}') || excluded.raw_app_meta_data",
            [user_id],
        )


def switch_schedule(database_url: str, *, on: bool) -> None:
    """Make `cron.job` say what is true: without a schedule none of our jobs is active, nor any tick late."""
    with psycopg.connect(database_url) as connection:
        if connection.execute("select to_regclass('cron.job') is not null").fetchone() == (True,):
            connection.execute(
                "update cron.job set active = %(on)s where jobname like 'connect-%%' and active <> %(on)s",
                {"on": on},
            )


def check_ports(options: Options) -> None:
    """Raise Trouble, in one sentence, when a port is taken."""
    ports = {
        "CONNECT_DB_PORT": options.database_port,
        "CONNECT_API_PORT": options.api_port,
        "CONNECT_FUNCTIONS_PORT": options.functions_port,
    }
    if len(set(ports.values())) < len(ports):
        raise Trouble(f"{', '.join(ports)} must be three different ports.")
    for variable, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise Trouble(
                    f"Port {port} cannot be used ({error.strerror}): free it, or set {variable} to another."
                ) from error
