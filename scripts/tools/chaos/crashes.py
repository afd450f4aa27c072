"""Postgres killed with kill -9 while members and workers write: the server and all its processes at once."""

import contextlib
import random
import threading
import time

import httpx
import psutil

from scripts.stack.home import Trouble, read_json
from scripts.tools.chaos.gate import Call, Moment
from scripts.tools.chaos.stage import Stage

_WRITES = (
    "complete_matchmaking",
    "claim_matchmaking",
    "enter_night",
    "store_lists",
    "store_proposals",
    "end_night_step",
    "put_lists_in_place",
    "requeue_night",
    "store_funnels",
)
_READY = 30.0  # seconds within which the data API works again


class Crasher:
    """A director of the gates that kills Postgres in the middle of a worker's write."""

    def __init__(self, stage: Stage) -> None:
        self.wanted = threading.Event()
        self.crashed = threading.Event()
        self._stage = stage
        self._chance = random.Random()  # noqa: S311 - no secret

    def at(self, call: Call, moment: Moment) -> bool:
        """Never kills the worker."""
        if moment == "running" and call.function in _WRITES and self.wanted.is_set():
            self.wanted.clear()
            time.sleep(self._chance.uniform(0, 0.02))
            kill_postgres(self._stage)
            self.crashed.set()
        return False


def kill_postgres(stage: Stage) -> None:
    """The server first, so that it can neither tidy up nor start anything; then every process it had."""
    children = read_json(stage.stack.home / "stack.json").get("children", [])
    found = [one["pid"] for one in children if one["name"] == "Postgres"]
    if not found:
        raise Trouble("There is no Postgres to kill.")
    server = psutil.Process(found[0])
    processes = server.children(recursive=True)
    for one in (server, *processes):
        with contextlib.suppress(psutil.Error):
            one.kill()


def crash(stage: Stage, times: int) -> list[float]:
    """Kill Postgres so often; seconds until the data API worked again, each time.

    After each crash what was acknowledged is compared with what is there, while everybody goes on.
    """
    crasher = Crasher(stage)
    away: list[float] = []
    with stage.members:
        stage.fleet.direct(crasher)
        try:
            while stage.in_time() and len(away) < times:
                time.sleep(crasher._chance.uniform(0.3, 1.2))
                if len(away) % 5 == 0:
                    stage.asking.rows("select private.ring('nightly')")
                _crash_once(stage, crasher)
                away.append(_until_back(stage))
                if len(away) % 5 == 0:
                    stage.reporter.line(f"  {len(away)} of {times} crashes")
        finally:
            stage.fleet.direct(None)
    stage.examine("the crashes of Postgres")
    return away


def _crash_once(stage: Stage, crasher: Crasher) -> None:
    """In the middle of a worker's write if one comes soon, else in the middle of whatever members do."""
    crasher.crashed.clear()
    crasher.wanted.set()
    if not crasher.crashed.wait(1.5) and crasher.wanted.is_set():
        crasher.wanted.clear()
        kill_postgres(stage)


def _until_back(stage: Stage) -> float:
    began = time.monotonic()
    key = stage.stack.service_role_key
    headers = {"apikey": key, "Authorization": f"Bearer {key}"}

    def back() -> bool:
        # Not the worker's own health: it tells for a moment what it found before.
        with contextlib.suppress(httpx.TransportError):
            url = f"{stage.stack.api_url}/rest/v1/rpc/worker_health"
            return httpx.post(url, headers=headers, json={}, timeout=5).is_success
        return False

    time.sleep(0.1)
    stage.wait("Postgres to be back", back, _READY)
    return time.monotonic() - began
