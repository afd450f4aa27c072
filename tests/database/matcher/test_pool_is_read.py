"""What load_pool() answers is what the engine reads: columns, vocabularies, charts; nothing is lost."""

import datetime

from shared.engine import Pool, Rules, rank
from shared.engine.charts import Birth, chart_version, compute
from shared.engine.pool.pool import COLUMNS, TRAITS
from tests.cast import Cast
from tests.database.answers import ok
from tests.database.runs import VECTOR, births_due, load, store
from tests.database.signals.test_birth_charts import BORN


def test_the_columns_are_those_that_the_engine_reads(cast: Cast) -> None:
    """By name: their order is the database's own affair."""
    columns = load(cast)["pool"]["members"]["columns"]
    assert sorted(columns) == sorted(COLUMNS)


def test_traits_are_the_engine_s_in_its_order(cast: Cast) -> None:
    assert tuple(cast.value("select enum_range(null::public.trait)::text[]")) == tuple(TRAITS)


def test_a_member_arrives_whole(cast: Cast) -> None:
    member = cast.member(
        signals="{birthData,values,location}", **BORN, home_place="Berlin", home_cell="1425.1155"
    )
    other = cast.member()
    cast.database.execute(
        "update public.connect_profiles set values_vector = %s, emotional_readiness_score = 62.5"
        " where user_id = %s",
        [str(VECTOR), member.id],
    )
    for insert in (
        "insert into public.matching_preferences (user_id, traits, deal_breakers, algorithm_weights)"
        " values (%s, '{smokes}', '{religious}', '{\"values\": 2}')",
        "insert into public.work_profiles (user_id, employer, industry) values (%s, 'Acme', 'design')",
        "insert into public.user_features (user_id, feature_vector, activity_score)"
        f" values (%s, '{VECTOR}', 12.5)",
    ):
        cast.database.execute(insert, [member.id])
    ok(cast.rpc(member, "put_interests", interests=["chess"]))
    key, version = cast.stack.service_role_key, chart_version()
    births = births_due(cast, version)
    at = births["id"].index(member.id)
    born = (datetime.date.fromisoformat(births["date"][at]), datetime.time.fromisoformat(births["time"][at]))
    [chart] = compute([Birth(*born, *(births[name][at] for name in ("accuracy", "lat", "lon", "tz")))])
    made = {"id": member.id, "hash": births["hash"][at]}
    made |= {"radix": chart.radix_json(), "design": chart.design_json(), "packed": chart.packed()}
    assert ok(cast.rpc(key, "store_birth_charts", chart_version=version, charts=[made])) == {
        "stored": 1,
        "skipped": 0,
    }

    run = load(cast, version)
    pool = Pool.parse(run["pool"])
    me, them = pool.ids.index(member.id), pool.ids.index(other.id)
    assert pool.charts.present[[me, them]].tolist() == [True, False]
    vectors = ("values", "communication", "life_goals", "profile")
    assert [bool(pool.parts[name][1][me]) for name in vectors] == [True, False, False, True]
    assert not any(pool.parts[name][1][them] for name in vectors)
    assert (pool.parts["readiness"][0][me], pool.parts["activity"][0][me]) == (62.5, 12.5)
    assert (pool.traits[me], pool.deal_breakers[me], pool.traits[them]) == (
        1 << TRAITS.index("smokes"),
        1 << TRAITS.index("religious"),
        0,
    )
    assert (pool.employers[me] >= 0, pool.employers[them]) == (True, -1)
    assert (pool.has_place[me], pool.has_place[them]) == (True, False)
    assert pool.weights[me].tolist() != pool.weights[them].tolist()


def test_what_the_engine_makes_of_it_can_be_stored(cast: Cast) -> None:
    """A whole run but for the worker around it: every proposal's fields are what the tables take."""
    for _ in range(2):
        member = cast.member(signals="{values}")
        cast.database.execute(
            "update public.connect_profiles set values_vector = %s, emotional_readiness_score = 90"
            " where user_id = %s",
            [str(VECTOR), member.id],
        )
    run = load(cast, chart_version())
    ranking = rank(
        Pool.parse(run["pool"]), Rules.parse(run["settings"]), datetime.datetime.fromisoformat(run["now"])
    )
    made = [proposal.as_json() for proposal in ranking.proposals]
    assert made
    assert store(cast, made, run) == {"stored": len(made)}
    before = [{"a": m["a"], "b": m["b"]} for m in made]
    assert len({frozenset(pair.values()) for pair in before}) == len(made)
