"""load_pool(): everyone who searches, what their switches allow, and who may not meet again."""

from typing import Any

from tests.cast import Cast, Json, Member
from tests.database.answers import ok
from tests.database.crowd import crowd, retire

VECTOR = [1.0] + [0.0] * 15


def _pool(cast: Cast) -> Json:
    return ok(cast.rpc(cast.stack.service_role_key, "load_pool", engine_version="test-1"))


def _of(pool: Json, member: Member) -> Json | None:
    ids = pool["members"]["id"]
    if member.id not in ids:
        return None
    place = ids.index(member.id)
    return {column: values[place] for column, values in pool["members"].items()}


def _excluded(pool: Json, one: Member, other: Member) -> bool:
    ids = pool["members"]["id"]
    return {ids.index(one.id), ids.index(other.id)} in [set(pair) for pair in pool["excluded"]]


def _with_signals(cast: Cast, signals: str, **columns: Any) -> Member:
    """A member who once stored vectors and a cell, whatever they allow now."""
    member = cast.member(signals=signals, home_place="Berlin, Germany", home_cell="1425.1155", **columns)
    cast.database.execute(
        "update public.connect_profiles set values_vector = %s, communication_vector = %s,"
        " life_goals_vector = %s,"
        " emotional_readiness_score = 62.5 where user_id = %s",
        [str(VECTOR), str(VECTOR), str(VECTOR), member.id],
    )
    return member


def test_the_pool_is_columns_of_one_length_ordered_by_id(cast: Cast) -> None:
    cast.member()
    pool = _pool(cast)
    ids = pool["members"]["id"]
    assert ids == sorted(ids)
    assert {len(values) for values in pool["members"].values()} == {len(ids)}
    assert set(pool) == {"runId", "now", "settings", "members", "excluded"}
    assert set(pool["settings"]) == {"matchMinScore", "minPool"}
    run = cast.database.execute(
        "select name, trigger, status::text, engine_version from public.job_runs where id = %s",
        [pool["runId"]],
    ).fetchone()
    assert run == ("matcher", "schedule", "running", "test-1")


def test_a_member_is_loaded_with_everything_the_engine_reads(cast: Cast) -> None:
    member = _with_signals(
        cast, "{values,location}", gender="male", lang_secondary="de", birth_date="1985-02-03"
    )
    ok(
        cast.rpc(
            member,
            "activate",
            mode="professional",
            consent_version="v1",
            min_age=30,
            max_age=50,
            distance_km=40,
            preferred_genders=["female", "non_binary"],
            language_pref=["fr"],
        )
    )
    loaded = _of(_pool(cast), member)
    assert loaded is not None
    assert isinstance(loaded.pop("revision"), int)
    assert loaded == {
        "id": member.id,
        "birthDate": "1985-02-03",
        "gender": "male",
        "preferredGenders": ["female", "non_binary"],
        "mode": "professional",
        "minAge": 30,
        "maxAge": 50,
        "distanceKm": 40,
        "languages": ["en", "de"],
        "languagePref": ["fr"],
        "homeCell": "1425.1155",
        "tz": "Europe/Berlin",
        "valuesVector": VECTOR,
        "communicationVector": VECTOR,
        "lifeGoalsVector": VECTOR,
        "readiness": 62.5,
        "capacity": 3,
    }


def test_a_switch_that_is_off_hides_what_is_still_stored(cast: Cast) -> None:
    """Even where rows were left behind: the switch decides at the load, not the deletion alone."""
    signals = ("valuesVector", "communicationVector", "lifeGoalsVector", "readiness")
    members = {
        allowed: _with_signals(cast, allowed)
        for allowed in ("{}", "{values}", "{location}", "{birthData,feedback,aiText}", "{values,location}")
    }
    pool = _pool(cast)
    for allowed, member in members.items():
        loaded = _of(pool, member)
        assert loaded is not None
        assert all((loaded[name] is not None) == ("values" in allowed) for name in signals), allowed
        assert (loaded["homeCell"] is not None) == ("location" in allowed), allowed


def test_only_who_searches_is_loaded(cast: Cast) -> None:
    searching, paused = cast.member(), cast.member()
    ok(cast.rpc(paused, "deactivate"))
    incomplete = cast.member()
    cast.database.execute("update public.users set tz = null where id = %s", [incomplete.id])
    erased = cast.member()
    cast.database.execute("delete from auth.users where id = %s", [erased.id])
    pool = _pool(cast)
    assert _of(pool, searching)
    for member in (paused, incomplete, erased, cast.member(active=False), cast.stranger()):
        assert _of(pool, member) is None


def test_capacity_is_what_is_free_now(cast: Cast) -> None:
    member, newcomer = cast.member(), cast.member(joined="1 hour")
    cast.pair(a=member)
    cast.pair("blind_chat_active", b=member)
    cast.pair("declined", a=member)  # left: free again
    ended = cast.pair(a=member)
    cast.let_end(ended)
    waiting = cast.pair("declined", b=newcomer)  # the other side left: taken until it expires
    pool = _pool(cast)
    assert [(_of(pool, one) or {})["capacity"] for one in (member, newcomer)] == [1, 3]
    assert (_of(pool, waiting.a) or {})["capacity"] == 3
    with cast.settings(live_match_cap=1):
        assert (_of(_pool(cast), member) or {})["capacity"] == -1


def test_pairs_that_met_or_blocked_are_excluded_for_ever(cast: Cast) -> None:
    met = [cast.pair(state) for state in ("proposed", "blind_chat_active", "declined", "expired", "closed")]
    for pair in met:
        cast.database.execute(
            "update public.matches set created_at = now() - interval '3 years' where id = %s", [pair.match_id]
        )
    blocker, blocked, free = cast.member(), cast.member(), cast.member()
    cast.database.execute(
        "insert into public.blocks (blocker_id, blocked_id) values (%s, %s)", [blocker.id, blocked.id]
    )
    pool = _pool(cast)
    assert all(_excluded(pool, pair.a, pair.b) for pair in met)
    assert _excluded(pool, blocker, blocked)
    assert not _excluded(pool, blocker, free)


def test_a_pool_is_never_cut_at_a_thousand_rows(cast: Cast) -> None:
    """PostgREST cuts longer answers off in silence; one JSON value is one row."""
    members = crowd(cast, 1200)
    ids = set(_pool(cast)["members"]["id"])
    retire(cast, members)
    assert {member.id for member in members} <= ids
