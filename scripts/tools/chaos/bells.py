"""Bells that come twice, not at all, too late, or from somebody else; and two schedules at once."""

import datetime
import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import psutil

from scripts.stack.children import Child, plain_environment
from scripts.stack.home import read_json
from scripts.tools.chaos.stage import TICK, Stage
from scripts.tools.chaos.switchboard import UNKNOWN, Bell, Change, Spell
from shared.callers.bell import SIGNATURE, signed_headers

HOUR = datetime.timedelta(hours=1)


@contextmanager
def changed(stage: Stage, change: Change) -> Iterator[Spell]:
    """Inside the block bells become what `change` says; afterwards all of them have been answered."""
    usual = stage.switchboard.spell
    stage.switchboard.spell = spell = Spell(change)
    try:
        yield spell
    finally:
        stage.switchboard.spell = usual
    stage.wait("bells to be answered", lambda: spell.open == 0)


def heard_once(answers: Sequence[int]) -> bool:
    """Whether a bell that came several times was answered once, and refused as a bell each other time.

    A worker that cannot begin refuses with 503, and the bell is as good as before; of one that died nobody
    knows what it did.
    """
    kinds = Counter(answers)
    told = kinds[200] + kinds[401] + kinds[503] + kinds[UNKNOWN] == len(answers)
    return told and kinds[200] <= 1 and kinds[200] + kinds[503] + kinds[UNKNOWN] >= 1


def doubled(stage: Stage, seconds: float) -> int:
    """Every bell comes twice, at the same moment, at two workers: one is refused. Returns how many came."""
    with stage.members, changed(stage, lambda bell: [bell, bell]) as spell:
        _pass(stage, seconds)
        stage.wait(
            "a bell and its double",
            lambda: any(sorted(each) == [200, 401] or not heard_once(each) for each in spell.answers),
        )
    stage.examine("doubled bells")
    stage.faults["doubled bells that were not answered once"] += sum(
        not heard_once(each) for each in spell.answers
    )
    return len(spell.answers)


def lost(stage: Stage, seconds: float) -> int:
    """No bell comes: the work waits, and the next bell that comes does it. Returns how many waited."""
    with stage.members, changed(stage, lambda _: []) as spell:
        _pass(stage, seconds)
        stage.wait("bells to be lost, and missed", lambda: spell.answers and stage.asking.value(_WAITING))
        # So does a crash of Postgres, which empties pg_net's tables.
        stage.asking.rows("delete from net.http_request_queue")
        waited = int(stage.asking.value(_WAITING))
    stage.examine("lost bells")
    return waited


_WAITING = "select count(*) from public.matchmaking_queue q where q.available_at <= now()"


def forged(stage: Stage) -> dict[str, int]:
    """Bells that are no bells: statuses by kind. Each must be refused, and nothing may come of it."""
    key, now = stage.stack.keys.bell_key, datetime.datetime.now(datetime.UTC)
    stage.wait("a bell", lambda: stage.switchboard.last is not None)
    real = stage.switchboard.last
    if real is None:
        raise AssertionError("waited for above")
    body = json.dumps({"job": "matcher", "trigger": "schedule"}).encode()

    def bell(
        when: datetime.datetime = now, signed: str = key, path: str = "/matcher", says: bytes = body
    ) -> Bell:
        headers = signed_headers(signed.encode(), "/matcher", body, when, str(uuid.uuid4()))
        return Bell(path, {"Content-Type": "application/json", **headers}, says)

    minute = datetime.timedelta(minutes=1)
    kinds = {
        "replayed": real,
        "late by five minutes and more": bell(now - 5.1 * minute),
        "early by an hour": bell(now + HOUR),
        "signed with another key": bell(signed="somebody else's key, just as long as ours"),
        "for another path": bell(path="/jobs/nightly"),
        "with another body": bell(says=body.replace(b"schedule", b"hand")),
        "without a signature": replace(
            b := bell(), headers={k: v for k, v in b.headers.items() if k != SIGNATURE}
        ),
    }
    answers = {kind: stage.switchboard.send(one) for kind, one in kinds.items()}
    for kind, status in answers.items():
        if status != 401:
            stage.faults[f"a bell {kind} answered {status}"] += 1
    if stage.switchboard.send(bell()) != 200:
        stage.faults["a true bell refused"] += 1
    return answers


def two_schedules(stage: Stage, seconds: float) -> int:
    """A second schedule on the same database: twice the ticks, and two that empty pg_net's queue. Returns how
    many bells came."""
    rung = stage.switchboard.rung
    second = Child(
        "second schedule",
        [sys.executable, "-P", "-m", "scripts.stack.background"],
        plain_environment(DATABASE_URL=stage.stack.superuser_url),
        stage.stack.home / "log" / "second-schedule.log",
        patience=2,
    )
    second.start()
    try:
        with stage.members:
            stage.wait("the second schedule to ring by itself", lambda: _rings_without(stage, "schedule"))
            _pass(stage, seconds)
    finally:
        second.stop()
    stage.examine("two schedules")
    return stage.switchboard.rung - rung


def _rings_without(stage: Stage, name: str) -> bool:
    """Whether bells come while that program of the stack stands still; not for long, it may hold locks."""
    children = read_json(stage.stack.home / "stack.json").get("children", [])
    [still] = [psutil.Process(one["pid"]) for one in children if one["name"] == name]
    still.suspend()
    try:
        time.sleep(TICK / 2)  # for what was on its way
        rung = stage.switchboard.rung
        time.sleep(2 * TICK)
        return stage.switchboard.rung > rung
    finally:
        still.resume()


def _pass(stage: Stage, seconds: float) -> None:
    end = time.monotonic() + seconds
    while stage.in_time() and time.monotonic() < end:
        time.sleep(0.1)
