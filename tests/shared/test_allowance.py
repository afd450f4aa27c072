"""What a member may have refused, counted in memory: bounded, each for themself, filling up again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.callers.allowance import Allowances
from shared.errors import RateLimited


class Clock:
    """Stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def allowances(clock: Clock) -> Allowances:
    return Allowances(most=5, a_second=0.5, members=3, clock=clock)


def refused(allowances: Allowances, user_id: str) -> RateLimited:
    with pytest.raises(RateLimited) as error:
        allowances.of(user_id)
    return error.value


def test_nothing_is_taken_from_who_is_not_refused(allowances: Allowances) -> None:
    for _ in range(1000):
        allowances.of("ana")
    assert allowances.left("ana") == 5


def test_it_is_used_up_and_comes_back(allowances: Allowances, clock: Clock) -> None:
    for _ in range(5):
        allowances.of("ana").take()
    told = refused(allowances, "ana")
    assert (told.status, told.code, told.retry_after) == (429, "rate_limited", 2)
    assert told.headers == {"RateLimit-Limit": "5", "RateLimit-Remaining": "0", "RateLimit-Reset": "2"}
    clock.now += 1.9
    assert refused(allowances, "ana").retry_after == 1
    clock.now += 0.1
    allowances.of("ana").take()
    refused(allowances, "ana")
    clock.now += 3600
    assert allowances.left("ana") == 5


def test_what_is_dear_is_owed(allowances: Allowances, clock: Clock) -> None:
    allowance = allowances.of("ana")
    allowance.take(4)
    allowance.take(4)
    assert refused(allowances, "ana").retry_after == 8
    clock.now += 8
    allowances.of("ana")


def test_one_s_own_is_nobody_else_s(allowances: Allowances) -> None:
    for _ in range(5):
        allowances.of("ana").take()
    refused(allowances, "ana")
    allowances.of("bea")


def test_memory_is_bounded_and_who_was_refused_lately_is_remembered(allowances: Allowances) -> None:
    for name in ("ana", "bea", "cleo"):
        allowances.take(name, 5)
    allowances.take("ana", 1)
    allowances.take("dora", 5)
    refused(allowances, "ana")
    refused(allowances, "dora")
    allowances.of("bea")  # refused longest ago, and forgotten
    for number in range(10_000):
        allowances.take(str(number), 1)
    assert len(allowances._left) == 3


def test_many_threads_take_exactly_what_they_take() -> None:
    allowances = Allowances(most=100_000, a_second=0, members=10, clock=lambda: 0.0)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: allowances.take("ana", 1), range(20_000)))
    assert allowances.left("ana") == 80_000
