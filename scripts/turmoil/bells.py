"""Bells that come twice, not at all, too late, or from somebody else; and two schedules at once."""

import datetime
import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from scripts.stack.children import Child, plain_environment
from scripts.turmoil.stage import TICK, Stage
from scripts.turmoil.switchboard import Bell, Change
from shared.bell import SIGNATURE, signed_headers

HOUR = datetime.timedelta(hours=1)


@contextmanager
def changed(stage: Stage, change: Change) -> Iterator[Counter[int]]:
    """Inside the block bells become what `change` says; counts how they were answered, by status."""
    before = Counter(stage.switchboard.answers)
    here: Counter[int] = Counter()
    usual, stage.switchboard.change = stage.switchboard.change, change
    try:
        yield here
    finally:
        stage.switchboard.change = usual
        here.update(stage.switchboard.answers - before)


def doubled(stage: Stage, seconds: float) -> int:
    """Every bell comes twice, at the same moment, at two workers: one is refused. Returns how many came."""
    rung = stage.switchboard.rung
    with stage.members, changed(stage, lambda bell: [bell, bell]) as answers:
        _pass(stage, seconds)
    twice, dead = stage.switchboard.rung - rung, answers[0] + answers[502]
    stage.examine("doubled bells")
    if not twice - dead <= answers[401] <= twice:
        stage.faults["doubled bells that were not refused once each"] += 1
    return twice


def lost(stage: Stage, seconds: float) -> int:
    """No bell comes: the work waits, and the next bell that comes does it. Returns how many waited."""
    rung = stage.switchboard.rung
    with stage.members, changed(stage, lambda _: []):
        _pass(stage, seconds)
        # So does a crash of Postgres, which empties pg_net's tables.
        stage.asking.rows("delete from net.http_request_queue")
        waited = int(
            stage.asking.value(
                "select count(*) from public.matchmaking_queue q where q.available_at <= now()"
            )
        )
    if stage.switchboard.rung == rung or not waited:
        stage.faults["lost bells that nobody missed"] += 1
    stage.examine("lost bells")
    return waited


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
        "for another path": bell(path="/jobs/match_scores"),
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
    """A second schedule on the same database: twice the ticks, and two that empty pg_net's queue."""
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
            _pass(stage, seconds)
    finally:
        second.stop()
    stage.examine("two schedules")
    ticks = stage.switchboard.rung - rung
    if ticks < 1.5 * seconds / TICK:
        stage.faults["a second schedule that did not ring"] += 1
    return ticks


def _pass(stage: Stage, seconds: float) -> None:
    end = time.monotonic() + seconds
    while stage.in_time() and time.monotonic() < end:
        time.sleep(0.1)
