"""A busy process refuses at once what it cannot begin soon, and is itself again the moment it is not busy."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import Unavailable
from shared.gate import Gate


class Work:
    """Requests that stay in work until they are let go."""

    def __init__(self, gate: Gate, count: int) -> None:
        self.gate = gate
        self.end = threading.Event()
        self.begun = threading.Barrier(count + 1)
        self.threads = [threading.Thread(target=self._work) for _ in range(count)]

    def _work(self) -> None:
        with self.gate.turn("/connect/status"):
            self.begun.wait(5)
            self.end.wait(5)

    def __enter__(self) -> Work:
        for thread in self.threads:
            thread.start()
        self.begun.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self.end.set()
        for thread in self.threads:
            thread.join()


def refusal(gate: Gate) -> tuple[Unavailable, float]:
    """What the gate says, and after how many seconds."""
    began = time.monotonic()
    with pytest.raises(Unavailable) as refused, gate.turn("/connect/status"):
        pass
    return refused.value, time.monotonic() - began


def test_who_finds_no_turn_in_time_is_sent_away_and_told_when_to_return() -> None:
    gate = Gate(at_once=3, wait_seconds=0.1)
    with Work(gate, 3):
        refused, seconds = refusal(gate)
    assert (refused.status, refused.code, refused.retry_after) == (503, "unavailable", 1)
    assert 0.09 <= seconds < 0.5
    with Work(gate, 3):
        pass  # all turns are back


def test_a_turn_that_gets_free_is_taken_by_who_waits() -> None:
    gate = Gate(at_once=1, wait_seconds=5)
    with Work(gate, 1) as work, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: gate.turn("/connect/status").__enter__())
        time.sleep(0.05)
        assert not waiting.done()
        work.end.set()
        waiting.result(5)


def test_behind_a_full_line_nobody_waits_at_all() -> None:
    gate = Gate(at_once=1, in_line=2, wait_seconds=2)
    with Work(gate, 1), ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(refusal, gate) for _ in range(2)]
        time.sleep(0.1)
        refused, seconds = refusal(gate)
        assert refused.reason == "too many in line"
        assert seconds < 0.5
        assert [each.result()[0].reason for each in waiting] == ["no turn in time"] * 2


def test_health_is_never_sent_away() -> None:
    gate = Gate(at_once=1, wait_seconds=0)
    with Work(gate, 1), gate.turn("/health"):
        assert refusal(gate)[0].status == 503


def test_a_turn_comes_back_when_the_work_fails() -> None:
    gate = Gate(at_once=1, wait_seconds=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), gate.turn("/connect/status"):
            raise ZeroDivisionError
    with gate.turn("/connect/status"):
        pass
