"""What the market of a run asked for each member: where the next run begins."""

from tests.cast import Cast
from tests.database.answers import ok
from tests.database.runs import claim, in_pool, load, prices, store


def test_a_price_is_where_the_next_run_begins(cast: Cast) -> None:
    member, other = cast.member(), cast.member()
    run = load(cast)
    assert in_pool(run, member)["price"] is None
    store(cast, [], run, prices=[{"id": member.id, "price": 1.25}, {"id": other.id, "price": 0}])
    run = load(cast)
    assert [in_pool(run, one)["price"] for one in (member, other)] == [1.25, 0]
    store(cast, [], run, prices=[{"id": member.id, "price": 2.5}])
    run = load(cast)
    assert [in_pool(run, one)["price"] for one in (member, other)] == [2.5, 0]
    assert (prices(cast, member), prices(cast, other)) == ([1.25, 2.5], [0])


def test_of_two_runs_at_once_the_later_word_on_a_price_holds(cast: Cast) -> None:
    member = cast.member()
    one, two = load(cast), load(cast)
    store(cast, [], two, prices=[{"id": member.id, "price": 1}])
    store(cast, [], one, prices=[{"id": member.id, "price": 2}])
    assert in_pool(load(cast), member)["price"] == 2
    assert prices(cast, member) == [2]


def test_a_price_of_somebody_the_run_has_not_seen_is_dropped(cast: Cast) -> None:
    """And costs the run nothing else: somebody erased, somebody who has withdrawn, somebody not searching."""
    erased, withdrawn, member = cast.member(), cast.member(signals="{values}"), cast.member()
    run = load(cast)
    late = cast.member()
    cast.database.execute("delete from auth.users where id = %s", [erased.id])
    ok(cast.rpc(withdrawn, "put_consents", version="v1", switches={}))
    everyone = (erased, withdrawn, late, member, cast.stranger())
    store(cast, [], run, prices=[{"id": one.id, "price": 3} for one in everyone])
    assert [prices(cast, one) for one in everyone] == [[], [], [], [3], []]


def test_a_price_is_never_negative(cast: Cast) -> None:
    member = cast.member()
    run = load(cast)
    words = {"claim": claim(cast, run["runId"]), "proposals": []}
    answer = cast.rpc(
        cast.stack.service_role_key, "store_proposals", **words, prices=[{"id": member.id, "price": -0.5}]
    )
    assert answer.status_code == 400
    assert prices(cast, member) == []
