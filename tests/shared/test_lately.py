"""A crowd that asks the same costs as much as one who asks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import Unavailable
from shared.lately import WAITING, Lately
from tests.server.served import until


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Counts how often it is asked; answers or fails when it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.begun = threading.Semaphore(0)
        self.end = threading.Event()
        self.fails = False

    def __call__(self) -> int:
        self.asked += 1
        self.begun.release()
        assert self.end.wait(30)
        if self.fails:
            raise Unavailable(reason=f"failure {self.asked}")
        return self.asked


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def lately(clock: Clock) -> Lately[int]:
    return Lately(2.0, 5.0, clock)


def test_it_is_asked_once_until_the_answer_is_old(lately: Lately[int], clock: Clock, source: Source) -> None:
    source.end.set()
    assert [lately.get(source) for _ in range(100)] == [1] * 100
    clock.now += 1.9
    assert lately.get(source) == 1
    clock.now += 0.2
    assert [lately.get(source) for _ in range(100)] == [2] * 100


def test_a_failure_is_kept_as_long(lately: Lately[int], clock: Clock, source: Source) -> None:
    source.end.set()
    source.fails = True
    for _ in range(100):
        with pytest.raises(Unavailable) as failed:
            lately.get(source)
        assert failed.value.reason == "failure 1"
    source.fails = False
    clock.now += 2
    assert lately.get(source) == 2


def test_a_crowd_asks_once_and_a_few_wait_for_it(lately: Lately[int], source: Source) -> None:
    with ThreadPoolExecutor(WAITING + 1) as pool:
        first = pool.submit(lately.get, source)
        assert source.begun.acquire(timeout=30)
        waiting = [pool.submit(lately.get, source) for _ in range(WAITING)]
        until(lambda: lately._places._value == 0)
        with pytest.raises(Unavailable) as refused:
            lately.get(source)
        source.end.set()
        assert [first.result(), *(each.result() for each in waiting)] == [1] * (WAITING + 1)
    assert refused.value.reason == "too many wait for one answer"
    assert source.asked == 1


def test_while_it_is_asked_again_the_answer_before_serves(
    lately: Lately[int], clock: Clock, source: Source
) -> None:
    source.end.set()
    lately.get(source)
    source.end.clear()
    clock.now += 3
    with ThreadPoolExecutor(2) as pool:
        assert source.begun.acquire(timeout=30)
        second = pool.submit(lately.get, source)
        assert source.begun.acquire(timeout=30)
        assert [lately.get(source) for _ in range(100)] == [1] * 100
        # But not for ever: nobody is told what was true long ago.
        clock.now += 2
        third = pool.submit(lately.get, source)
        source.end.set()
        assert (second.result(), third.result()) == (2, 2)


def test_whatever_goes_wrong_nobody_waits_for_ever(lately: Lately[int], clock: Clock, source: Source) -> None:
    def broken() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lately.get(broken)
    clock.now += 2
    source.end.set()
    assert lately.get(source) == 1


def test_an_error_does_not_gather_the_traces_of_all_who_met_it(lately: Lately[int], source: Source) -> None:
    source.end.set()
    source.fails = True
    depths = set()
    for _ in range(5):
        with pytest.raises(Unavailable) as failed:
            lately.get(source)
        depths.add(len(failed.traceback))
    assert len(depths) <= 2
