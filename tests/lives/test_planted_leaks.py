"""The lives notice leaks. Each planted one must show in one of a few lives; without it none of them differs.

Each is planted in the module's own copy of the database, and taken out again.
"""

from typing import Any

import psycopg
import pytest

from scripts.stack.throwaway import Running
from tests.cast import Cast
from tests.lives.leaks import LEAKS, Leak
from tests.lives.living import Difference, Worlds, inside, live, outside

pytestmark = pytest.mark.one_world

MOST = 300
"""Lives that a leak has to show in."""
QUICK = 4
"""So many leaks are planted in each push: each shows in one of the first lives."""
THROUGH_HTTP = LEAKS[:2]


def noticed(worlds: Worlds, leak: Leak) -> Difference | None:
    """The first difference in a life."""
    seeds = range(leak.first, leak.first + MOST)
    return next((found for seed in seeds if (found := live(seed, worlds)) is not None), None)


@pytest.mark.parametrize(
    "leak",
    [
        pytest.param(leak, marks=[] if number < QUICK else [pytest.mark.nightly], id=leak.name)
        for number, leak in enumerate(LEAKS)
    ],
)
def test_a_planted_leak_shows_through_sql(superuser: psycopg.Connection[Any], leak: Leak) -> None:
    with leak.planted(superuser):
        found = noticed(inside(superuser), leak)
        assert found is not None
    assert live(found.life.seed, inside(superuser)) is None


@pytest.mark.parametrize(
    "leak",
    [
        pytest.param(leak, marks=[pytest.mark.nightly] if number else [], id=leak.name)
        for number, leak in enumerate(THROUGH_HTTP)
    ],
)
def test_a_planted_leak_shows_through_http(
    stack: Running, superuser: psycopg.Connection[Any], leak: Leak
) -> None:
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        cast = Cast(stack, database)
        with leak.planted(superuser):
            assert noticed(outside(cast, superuser), leak) is not None
        cast.http.close()
