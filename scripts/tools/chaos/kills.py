"""Workers killed with kill -9, at named points of their work and at any moment; and frozen ones."""

import random
import threading
import time
from collections import Counter

from scripts.tools.chaos.gate import Call, Moment
from scripts.tools.chaos.journal import now
from scripts.tools.chaos.stage import LEASE, TICK, Stage

# Of a hundred kills so many at each; the rest come at any moment.
POINTS: dict[str, tuple[str, Moment, int]] = {
    "claiming": ("claim_matchmaking", "running", 4),
    "after a claim": ("claim_matchmaking", "answered", 7),
    "while candidates are loaded": ("load_candidates", "running", 4),
    "after candidates were loaded": ("load_candidates", "answered", 6),
    "before complete": ("complete_matchmaking", "asked", 6),
    "during complete": ("complete_matchmaking", "running", 9),
    "after complete, before it heard": ("complete_matchmaking", "answered", 4),
    "opening a night": ("open_nightly", "running", 2),
    "after taking a night": ("claim_night", "answered", 3),
    "while charts are planned": ("plan_charts", "running", 1),
    "while members enter a night": ("enter_night", "running", 4),
    "while a night is compared with the one before": ("compare_night", "running", 1),
    "while the pool is loaded": ("load_run_page", "running", 2),
    "while it is stored for whom too few fit": ("store_fits", "running", 1),
    "while lists are stored": ("store_lists", "running", 4),
    "before the night's proposals": ("store_proposals", "asked", 1),
    "during the night's proposals": ("store_proposals", "running", 3),
    "before a step is noted": ("end_night_step", "asked", 2),
    "while a step is noted": ("end_night_step", "running", 2),
    "while new lists are cleared": ("clear_lists", "running", 1),
    "before new lists are put in place": ("put_lists_in_place", "asked", 1),
    "while new lists are put in place": ("put_lists_in_place", "running", 2),
    "after new lists were put in place": ("put_lists_in_place", "answered", 1),
    "while old lists are dropped": ("drop_old_lists", "running", 1),
    "while members are queued after a night": ("requeue_night", "running", 1),
    "while funnels are stored": ("store_funnels", "running", 1),
    "while a night ends": ("end_night", "running", 1),
}
ANY = "at any moment"
_BETWEEN = 0.9  # seconds; so that a worker gets as far as the later points
_BY_DAY = ("claim_matchmaking", "load_candidates", "complete_matchmaking")


def shares(kills: int) -> Counter[str]:
    """How many of so many kills are owed at each point."""
    owed = Counter({point: round(kills * share / 100) for point, (_, _, share) in POINTS.items()})
    owed[ANY] = kills - owed.total()
    return +owed


class Killer:
    """Kills a worker that comes to a point where kills are owed. Lives in the gates, as their director."""

    def __init__(self, stage: Stage, owed: Counter[str], seed: int) -> None:
        self.owed = owed
        self.done: Counter[str] = Counter()
        self._stage = stage
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self._lock = threading.Lock()
        self._next = 0.0

    def at(self, call: Call, moment: Moment) -> bool:
        """Whether the worker was killed here."""
        with self._lock:
            for point, (function, when, _) in POINTS.items():
                if (
                    (function, when) == (call.function, moment)
                    and self.owed[point] > 0
                    and self._due(call, moment)
                ):
                    if moment == "running":
                        time.sleep(self._chance.uniform(0, 0.03))
                    return self._kill(point, call.worker)
        return False

    def _due(self, call: Call, moment: Moment) -> bool:
        # A call that found nothing to do is no such point.
        return time.monotonic() >= self._next and (moment != "answered" or call.busy)

    def at_random(self) -> None:
        """Kill any worker now."""
        with self._lock:
            if self.owed[ANY] > 0 and time.monotonic() >= self._next:
                self._kill(ANY, self._chance.randrange(len(self._stage.fleet.workers)))

    def _kill(self, point: str, worker: int) -> bool:
        names = self._stage.fleet.kill(worker)
        if names is None:
            return False
        self._stage.watch.killed(names, now(), point)
        self.owed[point] -= 1
        self.done[point] += 1
        self._next = time.monotonic() + _BETWEEN * self._chance.uniform(0.6, 1.4)
        return True

    def owes_a_night(self) -> bool:
        """Whether kills are owed that only a night brings about."""
        return any(self.owed[at] > 0 for at, (function, _, _) in POINTS.items() if function not in _BY_DAY)


def kill_workers(stage: Stage, kills: int, seed: int) -> Killer:
    """Kill so many, members busy all the while; returns who did it, with its counts."""
    killer = Killer(stage, shares(kills), seed)
    said = time.monotonic()
    with stage.members:
        stage.fleet.direct(killer)
        try:
            while stage.in_time() and (+killer.owed).total():
                time.sleep(0.2)
                if random.SystemRandom().random() < 0.15:
                    killer.at_random()
                if killer.owes_a_night() and stage.asking.value(_NO_NIGHT):
                    stage.asking.rows("select private.ring('nightly')")
                    time.sleep(1.0)
                if time.monotonic() - said > 10:
                    said = time.monotonic()
                    stage.reporter.line(f"  {killer.done.total()} of {kills} killed")
        finally:
            stage.fleet.direct(None)
    stage.examine("the kills")
    return killer


_NO_NIGHT = """
select not exists (select from public.job_runs j where j.name = 'nightly' and j.status = 'running')
    and not exists (select from net.http_request_queue q where q.url like '%/nightly')
"""


class Freezer:
    """Freezes a worker between loading and storing for longer than its lease: it comes back too late."""

    def __init__(self, stage: Stage, times: int) -> None:
        self.owed = times
        self._stage = stage
        self._lock = threading.Lock()

    def at(self, call: Call, moment: Moment) -> bool:
        """Never kills; the call waits while the worker is frozen."""
        if (call.function, moment) != ("load_candidates", "answered") or not self._lock.acquire(
            blocking=False
        ):
            return False
        try:
            if self.owed > 0 and self._stage.fleet.freeze(call.worker, LEASE + TICK):
                self.owed -= 1
        finally:
            self._lock.release()
        return False


def freeze_workers(stage: Stage, times: int) -> int:
    """Freeze so many, one after the other; how many claims came back late, and changed nothing."""
    before = stage.books.late
    freezer = Freezer(stage, times)
    with stage.members:
        stage.fleet.direct(freezer)
        try:
            while stage.in_time() and freezer.owed:
                time.sleep(0.2)
        finally:
            stage.fleet.direct(None)
    stage.examine("the freezes")
    return stage.books.late - before
