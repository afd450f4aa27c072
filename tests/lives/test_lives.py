"""What a member reads does not depend on what their partners do in secret, in lives that are drawn.

CONNECT_LIVES says how many lives, CONNECT_LIVES_FROM with which seed they begin. A life that differs prints
its seed, the first difference and what to run to see it again.
"""

import os
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from functions.connect.routes import ROUTES
from scripts.stack.throwaway import Running
from tests.cast import Cast
from tests.database import truth_table
from tests.lives import acts, sight
from tests.lives.living import inside, live, outside
from tests.lives.script import draw
from tests.often import often

pytestmark = pytest.mark.one_world

FROM = int(os.environ.get("CONNECT_LIVES_FROM", "0"))


def seeds(each_push: int, each_night: int) -> range:
    """The seeds of this run."""
    return range(FROM, FROM + int(os.environ.get("CONNECT_LIVES", often(each_push, each_night))))


def test_lives_through_sql(superuser: psycopg.Connection[Any], tell: Callable[[str], None]) -> None:
    lived = 0
    for seed in seeds(60, 1000):
        difference = live(seed, inside(superuser))
        assert difference is None, str(difference)
        lived += 1
        if lived % 100 == 0:
            superuser.execute("vacuum")  # what was rolled back lies in the way
    tell(f"{lived} lives through SQL in two worlds each: none differs")


def test_lives_through_http(
    stack: Running, superuser: psycopg.Connection[Any], tell: Callable[[str], None]
) -> None:
    lived = 0
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        cast = Cast(stack, database)
        worlds = outside(cast, superuser)
        for seed in seeds(50, 1000):
            difference = live(seed, worlds)
            assert difference is None, str(difference)
            lived += 1
        cast.http.close()
    tell(f"{lived} lives through HTTP in two worlds each: none differs")


def test_a_seed_always_draws_the_same_life() -> None:
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


def test_the_list_of_what_can_be_read_is_whole() -> None:
    """A function or route that is new to members is read or done in lives, or says why not."""
    read = {each.function for each in sight.READS}
    assert read | acts.FUNCTIONS | set(sight.NOT_READ) == truth_table.functions_of("authenticated")
    shown = {path for method, path in ROUTES if method == "GET"}
    assert {each.path for each in sight.READS if each.path} == shown - sight.SAME_FOR_EVERYBODY
