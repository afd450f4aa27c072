"""A pool that grew by thousands since its statistics were made: what is planned for two must serve them all.

Whatever takes longer than a client waits (30 s) fails; a plan that is wrong takes minutes or hours.
"""

from collections.abc import Iterator

import psycopg
import pytest

from functions.worker.nightly.pool import pages_of, pool_of
from scripts.stack.throwaway import Running
from tests.cast import Cast, Member
from tests.database import queue
from tests.database.answers import ok
from tests.database.crowd import crowd, pairs
from tests.database.runs import CHARTS, ids, load
from tests.database.workshop import workshop

pytestmark = pytest.mark.one_world

THOUSANDS = 3000


@pytest.fixture(scope="module")
def grown(stack: Running) -> Iterator[tuple[Cast, list[Member]]]:
    """Loaded and analysed with two members and one match; then thousands of each came."""
    with (
        workshop(stack.options.default_grants, stack.postgres_version) as shop,
        shop.serve("postgres") as cast,
        psycopg.connect(shop.url(role="supabase_admin"), autocommit=True) as above,
    ):
        above.execute("alter system set autovacuum = off")
        above.execute("select pg_reload_conf()")
        pairs(cast, 1)
        crowd(cast, 2)
        for _ in range(2):
            assert len(ids(load(cast))) == 2
        above.execute("analyze")
        pairs(cast, THOUSANDS)
        yield cast, crowd(cast, THOUSANDS)


def test_it_is_loaded(grown: tuple[Cast, list[Member]]) -> None:
    cast, members = grown
    for _ in range(2):
        assert set(ids(load(cast))) > {member.id for member in members}
    cast.database.execute("update public.connect_profiles set max_age = 98")
    assert set(ids(load(cast))) > {member.id for member in members}


def test_it_is_previewed(grown: tuple[Cast, list[Member]]) -> None:
    cast, members = grown
    key = cast.stack.service_role_key
    pages = pages_of(
        lambda beyond: ok(cast.rpc(key, "preview_pool", chart_version=CHARTS, after=beyond, most=1000))
    )
    assert len(pages) == 1 + THOUSANDS // 1000
    assert len(pool_of(pages)["members"]["rows"]) == len(members) + 2


def test_it_is_queued(grown: tuple[Cast, list[Member]]) -> None:
    cast, members = grown
    key = cast.stack.service_role_key
    for _ in range(2):
        queued = cast.rpc(key, "enqueue_event_matchmaking", event_id=None, priority=2)
        assert queued.json() == len(members) + 2


def test_candidates_are_found_in_it(grown: tuple[Cast, list[Member]]) -> None:
    cast, _ = grown
    claimed = queue.claim(cast)
    assert len(queue.load(cast, queue.claims(claimed))["asking"]) == len(queue.users(claimed)) == 20
