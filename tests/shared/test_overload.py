"""A busy process refuses at once what it cannot begin soon, and is itself again the moment it is not busy."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from shared.errors import Unavailable
from shared.http.overload import OUTSIDE, Turns, outside
from tests.server.served import until


class Work:
    """Requests that stay in work until they are let go."""

    PATIENCE = 30.0  # seconds: far longer than any wait that a test allows

    def __init__(self, turns: Turns, count: int) -> None:
        self.turns = turns
        self.end = threading.Event()
        self.begun = threading.Barrier(count + 1)
        self.threads = [threading.Thread(target=self._work) for _ in range(count)]

    def _work(self) -> None:
        with self.turns.turn("/connect/status"):
            self.begun.wait(self.PATIENCE)
            self.end.wait(self.PATIENCE)

    def __enter__(self) -> Work:
        for thread in self.threads:
            thread.start()
        self.begun.wait(self.PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self.end.set()
        for thread in self.threads:
            thread.join()


def refusal(turns: Turns) -> tuple[Unavailable, float]:
    """What the turns say, and after how many seconds."""
    began = time.monotonic()
    with pytest.raises(Unavailable) as refused, turns.turn("/connect/status"):
        pass
    return refused.value, time.monotonic() - began


def test_who_finds_no_turn_in_time_is_sent_away_and_told_when_to_return() -> None:
    turns = Turns(at_once=3, wait_seconds=0.1)
    with Work(turns, 3):
        refused, seconds = refusal(turns)
    assert (refused.status, refused.code, refused.retry_after) == (503, "unavailable", 1)
    assert 0.09 <= seconds < Work.PATIENCE / 2
    with Work(turns, 3):
        pass  # all turns are back


def test_a_turn_that_gets_free_is_taken_by_who_waits() -> None:
    turns = Turns(at_once=1, wait_seconds=Work.PATIENCE)
    with Work(turns, 1) as work, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: turns.turn("/connect/status").__enter__())
        until(lambda: len(turns._line) == 1)
        assert not waiting.done()
        work.end.set()
        waiting.result(Work.PATIENCE)


def test_behind_a_full_line_nobody_waits_at_all() -> None:
    turns = Turns(at_once=1, in_line=2, wait_seconds=Work.PATIENCE)

    def ask() -> None:
        with turns.turn("/connect/status"):
            pass

    with Work(turns, 1) as work, ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(ask) for _ in range(2)]
        until(lambda: len(turns._line) == 2)
        assert refusal(turns)[0].reason == "too many in line"
        assert not any(each.done() for each in waiting)  # it was refused while these two waited
        work.end.set()
        for each in waiting:
            each.result(Work.PATIENCE)


def test_health_is_never_sent_away() -> None:
    turns = Turns(at_once=1, wait_seconds=0)
    with Work(turns, 1), turns.turn("/health"):
        assert refusal(turns)[0].status == 503


def test_a_turn_comes_back_when_the_work_fails() -> None:
    turns = Turns(at_once=1, wait_seconds=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.turn("/connect/status"):
            raise ZeroDivisionError
    with turns.turn("/connect/status"):
        pass


def test_turns_are_taken_in_the_order_in_which_people_came() -> None:
    """A newcomer who took a turn that gets free would keep those in line waiting until they are sent away."""
    turns = Turns(at_once=1, wait_seconds=30)
    served: list[int] = []

    def lined(count: int) -> bool:
        return len(turns._line) == count

    def ask(number: int) -> None:
        with turns.turn("/connect/status"):
            served.append(number)

    with ThreadPoolExecutor(10) as pool:
        with turns.turn("/connect/status"):
            for number in range(10):
                pool.submit(ask, number)
                until(partial(lined, number + 1))
            # Whoever leaves and comes again at once is behind all of them.
        with turns.turn("/connect/status"):
            assert served == list(range(10))


def test_while_somebody_outside_is_waited_for_the_turn_is_another_s() -> None:
    turns = Turns(at_once=1, wait_seconds=0)
    with turns.turn("/connect/chat"):
        with outside(), turns.turn("/connect/status"):
            assert refusal(turns)[0].status == 503
        assert refusal(turns)[0].status == 503
    with turns.turn("/connect/status"):
        pass


def test_who_comes_back_waits_for_a_turn_again() -> None:
    turns = Turns(at_once=1, wait_seconds=0.05)
    taken = turns.turn("/connect/status")

    def chat() -> None:
        with turns.turn("/connect/chat"):
            with outside():
                taken.__enter__()
            pytest.fail("the turn is somebody else's")

    with pytest.raises(Unavailable) as refused:
        chat()
    assert refused.value.reason == "no turn in time"
    taken.__exit__(None, None, None)
    # Nobody has given back what they did not have.
    with turns.turn("/connect/status"):
        assert refusal(turns)[0].status == 503


def test_a_turn_given_away_comes_back_when_nothing_came_of_it() -> None:
    turns = Turns(at_once=1, wait_seconds=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.turn("/connect/chat"), outside():
            raise ZeroDivisionError
    with turns.turn("/connect/status"):
        assert refusal(turns)[0].status == 503


def test_only_so_many_wait_outside() -> None:
    turns = Turns(at_once=OUTSIDE + 1, wait_seconds=0)
    began, end = threading.Barrier(OUTSIDE + 1), threading.Event()

    def ask() -> None:
        with turns.turn("/connect/chat"), outside():
            began.wait(30)
            end.wait(30)

    with ThreadPoolExecutor(OUTSIDE) as pool:
        asked = [pool.submit(ask) for _ in range(OUTSIDE)]
        began.wait(30)
        with pytest.raises(Unavailable) as refused, turns.turn("/connect/chat"), outside():
            pass
        end.set()
        for each in asked:
            each.result()
    assert refused.value.reason == "too many wait outside"


def test_without_a_turn_there_is_none_to_give_away() -> None:
    with outside():
        pass
