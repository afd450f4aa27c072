"""After an erasure nothing of the person is left: looked for in every table there is, not in a list."""

import pytest

from tests.cast import Cast, Member
from tests.database.answers import ok
from tests.database.runs import VECTOR, ids, load, load_again, of, offer, store, with_chart

# Words and numbers that are nobody else's.
NAME, EMPLOYER, INTEREST, PLACE = "Quirinia Qvist", "Qvist Qlockworks", "qlock_making", "Qaanaaq, Greenland"
PACKED = [123_454_321, -98_765_678]


def _somebody(cast: Cast) -> Member:
    """A member with something in every table that can hold something."""
    pair = cast.pair(
        "revealed",
        a=cast.member(
            display_name=NAME, signals="{birthData,values,location,feedback,aiText}", home_place=PLACE
        ),
    )
    member = pair.a
    cast.pair("accepted_a", a=member)
    ok(cast.rpc(member, "give_feedback", match_id=pair.match_id, rating=4, notes=f"From {NAME}"))
    for insert in (
        f"insert into public.work_profiles (user_id, employer) values (%s, '{EMPLOYER}')",
        f"insert into public.user_interest_index (user_id, interests) values (%s, '{{{INTEREST}}}')",
        "insert into public.matching_preferences (user_id, traits) values (%s, '{smokes}')",
        f"insert into public.user_features (user_id, feature_vector) values (%s, '{VECTOR}')",
        "insert into private.funnels (user_id, funnel, engine_version) values (%s, '{}', 'v')",
    ):
        cast.database.execute(insert, [member.id])
    with_chart(cast, member, PACKED)
    run = load(cast)
    store(cast, [offer(cast, member, cast.member())], run, prices=[{"id": member.id, "price": 1.5}])
    ok(cast.rpc(member, "block_partner", match_id=pair.match_id))
    load(cast)
    return member


def _holding(cast: Cast, word: str) -> set[str]:
    """The tables of public and private with this word in some row."""
    tables = cast.database.execute(
        "select c.oid::regclass::text from pg_class c where c.relkind = 'r'"
        " and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    ).fetchall()
    return {
        str(table)
        for (table,) in tables
        if cast.value(f"select count(*) from {table} t where t::text ilike %s", f"%{word}%")
    }


def test_nothing_of_the_person_is_left_in_any_table(cast: Cast) -> None:
    member = _somebody(cast)
    words = [member.id, NAME, EMPLOYER, INTEREST, PLACE, *map(str, PACKED)]
    found = {word: _holding(cast, word) for word in words}
    # The search finds what is there, the tables of the engine among them.
    assert found[member.id] >= {
        *("users", "connect_profiles", "consents", "matches", "birth_charts", "user_features"),
        *("matching_preferences", "work_profiles", "user_interest_index"),
        *("private.pool_history", "private.prices", "private.funnels", "private.pool_members"),
    }
    assert found[INTEREST] == {"user_interest_index", "private.pool_history", "private.pool_members"}
    assert found[str(PACKED[0])] == {"birth_charts", "private.pool_history", "private.pool_members"}
    assert found[EMPLOYER] == {"work_profiles"}

    cast.database.execute("delete from auth.users where id = %s", [member.id])
    assert {word: left for word in words if (left := _holding(cast, word))} == {}


def test_the_next_run_and_every_replay_go_on_without_them(cast: Cast) -> None:
    member, other = _somebody(cast), cast.member()
    run = load(cast)
    cast.database.execute("delete from auth.users where id = %s", [member.id])
    assert of(load_again(cast, run), member) is None
    assert other.id in ids(load(cast))


@pytest.mark.parametrize("first", ["users", "connect_profiles"])
def test_an_erasure_that_follows_a_change_in_one_transaction(cast: Cast, first: str) -> None:
    """Deleting a member's rows changes their profile once more, while it is going itself."""
    member = _somebody(cast)
    column = {"users": "id", "connect_profiles": "user_id"}[first]
    change = {"users": "lang_secondary = 'fr'", "connect_profiles": "max_age = 50"}[first]
    with cast.database.transaction():
        cast.database.execute(f"update public.{first} set {change} where {column} = %s", [member.id])
        cast.database.execute("delete from public.work_profiles where user_id = %s", [member.id])
        cast.database.execute("delete from auth.users where id = %s", [member.id])
    assert _holding(cast, member.id) == set()
