"""load_pool(): everyone who searches, what their switches allow, and who may not meet again."""

import hmac
import json
from typing import Any

from shared.engine.scoring.parts import PARTS
from tests.cast import Cast, Member
from tests.database.answers import ok
from tests.database.crowd import crowd, retire
from tests.database.lists import number_of
from tests.database.runs import (
    CHARTS,
    VECTOR,
    apart,
    have_met,
    ids,
    in_pool,
    load,
    of,
    store_price,
    with_chart,
)

SIGNALS = ("valuesVector", "communicationVector", "lifeGoalsVector", "readiness", "profileVector", "activity")


def _with_signals(cast: Cast, signals: str, **columns: Any) -> Member:
    """A member of whom everything was stored once, whatever they allow now."""
    member = cast.member(signals=signals, home_place="Berlin, Germany", home_cell="1425.1155", **columns)
    cast.database.execute(
        "update public.connect_profiles set values_vector = %s, communication_vector = %s,"
        " life_goals_vector = %s,"
        " emotional_readiness_score = 62.5 where user_id = %s",
        [str(VECTOR), str(VECTOR), str(VECTOR), member.id],
    )
    cast.database.execute(
        "insert into public.user_features (user_id, feature_vector, activity_score) values (%s, %s, 41.5)",
        [member.id, str(VECTOR)],
    )
    with_chart(cast, member, [7, -8, 9])
    return member


def test_the_answer_is_one_table_ordered_by_id(cast: Cast) -> None:
    cast.member()
    run = load(cast)
    assert set(run) == {"runId", "now", "settings", "inputHash", "pool"}
    assert set(run["pool"]) == {"members", "excluded", "met"}
    assert set(run["settings"]) == {"matchMinScore", "minFit"}
    table = run["pool"]["members"]
    assert {len(row) for row in table["rows"]} == {len(table["columns"])}
    assert ids(run) == sorted(ids(run))
    opened = cast.database.execute(
        "select name, trigger, status::text, engine_version from public.job_runs where id = %s",
        [run["runId"]],
    ).fetchone()
    assert opened == ("nightly", "test", "running", "test-1")


def test_a_member_is_loaded_with_everything_the_engine_reads(cast: Cast) -> None:
    member = _with_signals(
        cast, "{values,location,birthData}", gender="male", lang_secondary="de", birth_date="1985-02-03"
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
    cast.database.execute(
        "insert into public.matching_preferences (user_id, traits, deal_breakers, industries, job_levels,"
        " company_sizes, networking_goals, exclude_colleagues, exclude_competitors, algorithm_weights)"
        " values (%s, '{religious,has_pets}', '{smokes}', '{law,health}', '{founder}', '{1,2-10}', '{hire}',"
        " false, true, '{\"values\": 0.5}')",
        [member.id],
    )
    cast.database.execute(
        "insert into public.work_profiles (user_id, industry, employer, job_level, company_size)"
        " values (%s, 'design', 'Acme', 'lead', '11-50')",
        [member.id],
    )
    ok(cast.rpc(member, "put_interests", interests=["opera", "chess"]))
    store_price(cast, load(cast), member, 2.5)
    loaded = in_pool(load(cast), member)
    assert isinstance(loaded.pop("revision"), int)
    assert isinstance(loaded.pop("employer"), int)
    joined = cast.value(
        "select floor(extract(epoch from created_at))::bigint from public.connect_profiles"
        " where user_id = %s",
        member.id,
    )
    assert loaded == {
        "id": member.id,
        "birthDate": "1985-02-03",
        "gender": "male",
        "preferredGenders": ["female", "non_binary"],
        "friendshipGenders": None,
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
        "traits": ["religious", "has_pets"],
        "dealBreakers": ["smokes"],
        "industry": "design",
        "wantedIndustries": ["law", "health"],
        "jobLevel": "lead",
        "wantedLevels": ["founder"],
        "companySize": "11-50",
        "wantedSizes": ["1", "2-10"],
        "goals": ["hire"],
        "avoidsColleagues": False,
        "avoidsCompetitors": True,
        "profileVector": VECTOR,
        "activity": 41.5,
        "interests": {"chess": 1, "opera": 1},
        "weights": {"values": 0.5},
        "chart": [7, -8, 9],
        "capacity": 3,
        "stands": True,
        "waitingSince": joined,
        "price": 2.5,
        "number": number_of(cast, member),
    }


def test_who_said_nothing_of_it_is_loaded_with_nothing(cast: Cast) -> None:
    member = cast.member()
    loaded = in_pool(load(cast), member)
    said = {name: loaded[name] for name in ("traits", "dealBreakers", "wantedIndustries")}
    assert all(value == [] for value in said.values()), said
    assert loaded["interests"] == {}
    unknown = (*SIGNALS, "employer", "industry", "weights", "chart", "homeCell", "price")
    assert {name: loaded[name] for name in unknown} == dict.fromkeys(unknown)
    assert (loaded["avoidsColleagues"], loaded["avoidsCompetitors"]) == (True, False)


def test_a_switch_that_is_off_hides_what_is_still_stored(cast: Cast) -> None:
    """Even where rows were left behind: the switch decides at the load, not the deletion alone."""
    members = {
        allowed: _with_signals(cast, allowed)
        for allowed in (
            "{}",
            "{values}",
            "{location}",
            "{birthData}",
            "{feedback,aiText}",
            "{values,location,birthData}",
        )
    }
    run = load(cast)
    for allowed, member in members.items():
        loaded = in_pool(run, member)
        assert all((loaded[name] is not None) == ("values" in allowed) for name in SIGNALS), allowed
        assert (loaded["homeCell"] is not None) == ("location" in allowed), allowed
        assert (loaded["chart"] is not None) == ("birthData" in allowed), allowed
        for part in PARTS:
            if part.switch and part.switch not in allowed:
                assert {loaded[name] for name in part.columns} == {None}, part.name


def test_a_switch_turned_off_in_the_ledger_itself_is_off_at_the_next_load(cast: Cast) -> None:
    """Whoever writes the ledger: what the load before kept must not be used again."""
    member = _with_signals(cast, "{values,location,birthData}")
    load(cast)
    cast.database.execute(
        "insert into public.consents (user_id, version, kind) values (%s, 'v1', 'switched')", [member.id]
    )
    loaded = in_pool(load(cast), member)
    assert [loaded[name] for name in (*SIGNALS, "homeCell", "chart")] == [None] * 8


def test_a_chart_of_another_version_is_not_loaded(cast: Cast) -> None:
    member = cast.member(signals="{birthData}")
    with_chart(cast, member, [1, 2, 3], version="charts-0")
    assert in_pool(load(cast), member)["chart"] is None
    assert in_pool(load(cast, "charts-0"), member)["chart"] == [1, 2, 3]
    assert in_pool(load(cast, CHARTS), member)["chart"] is None


def test_an_employer_is_a_number_that_only_says_the_same(cast: Cast) -> None:
    members = {}
    for employer in ("Zyqqo Works", "ZYQQO works", "Zyqqo", None):
        members[employer] = cast.member()
        cast.database.execute(
            "insert into public.work_profiles (user_id, employer) values (%s, %s)",
            [members[employer].id, employer],
        )
    run = load(cast)
    found = {employer: in_pool(run, member)["employer"] for employer, member in members.items()}
    assert found["Zyqqo Works"] == found["ZYQQO works"] != found["Zyqqo"]
    assert found[None] is None
    assert all(0 <= number < 2**31 for number in found.values() if number is not None)
    assert "zyqqo" not in json.dumps(run).lower()
    kept = cast.value(
        "select count(*) from private.pool_history where input::text ilike any (%s)",
        ["%zyqqo%", f"%{b'Zyqqo'.hex()}%"],
    )
    assert kept == 0


def test_an_employer_s_number_is_the_same_on_every_server(cast: Cast) -> None:
    """Its definition: HMAC under the erasure key, of the name without spelling and legal form."""
    member = cast.member()
    cast.database.execute(
        "insert into public.work_profiles (user_id, employer) values (%s, 'Müller AG')", [member.id]
    )
    key = cast.stack.keys.erasure_key.encode()
    digest = hmac.digest(key, b"employer mueller", "sha256")
    assert in_pool(load(cast), member)["employer"] == int.from_bytes(digest[:4], "big") & 0x7FFFFFFF


def test_only_who_searches_is_loaded(cast: Cast) -> None:
    searching, paused = cast.member(), cast.member()
    ok(cast.rpc(paused, "deactivate"))
    incomplete = cast.member()
    cast.database.execute("update public.users set tz = null where id = %s", [incomplete.id])
    erased = cast.member()
    cast.database.execute("delete from auth.users where id = %s", [erased.id])
    run = load(cast)
    assert of(run, searching)
    for member in (paused, incomplete, erased, cast.member(active=False), cast.stranger()):
        assert of(run, member) is None


def test_capacity_is_what_is_free_now(cast: Cast) -> None:
    member, newcomer = cast.member(), cast.member(joined="1 hour")
    cast.pair(a=member)
    cast.pair("blind_chat_active", b=member)
    cast.pair("declined", a=member)  # left: free again
    ended = cast.pair(a=member)
    cast.let_end(ended)
    waiting = cast.pair("declined", b=newcomer)  # the other side left: taken until it expires
    run = load(cast)
    assert [in_pool(run, one)["capacity"] for one in (member, newcomer)] == [1, 3]
    assert in_pool(run, waiting.a)["capacity"] == 3
    with cast.settings(live_match_cap=1):
        assert in_pool(load(cast), member)["capacity"] == -1


def test_leaving_gives_no_further_turn_within_a_lifetime(cast: Cast) -> None:
    """Whatever became of them, proposals count until a lifetime has passed since each was made."""
    made = [cast.pair("declined")]
    member = made[0].a
    made += [cast.pair("expired", a=member), cast.pair("closed", b=member)]
    with cast.settings(proposals_per_lifetime=4):
        run = load(cast)
        assert in_pool(run, member)["capacity"] == 1
        # The side that stays has its place taken besides, until the proposal expires.
        assert in_pool(run, made[0].b)["capacity"] == 2
    with cast.settings(proposals_per_lifetime=3):
        assert in_pool(load(cast), member)["capacity"] == 0
        cast.database.execute(
            "update public.matches set created_at = now() - interval '73 hours' where id = %s",
            [made[1].match_id],
        )
        assert in_pool(load(cast), member)["capacity"] == 1


def test_waiting_begins_with_the_last_proposal(cast: Cast) -> None:
    pair = cast.pair("declined")
    cast.database.execute(
        "update public.connect_profiles set created_at = '2020-01-01 00:00Z' where user_id in (%s, %s)",
        [pair.a.id, pair.b.id],
    )
    cast.database.execute(
        "update public.matches set created_at = '2021-01-01 00:00:00.9Z' where id = %s", [pair.match_id]
    )
    alone = cast.member()
    cast.database.execute(
        "update public.connect_profiles set created_at = '2022-01-01 00:00Z' where user_id = %s", [alone.id]
    )
    run = load(cast)
    assert [in_pool(run, one)["waitingSince"] for one in (pair.a, pair.b, alone)] == [
        1609459200,
        1609459200,
        1640995200,
    ]


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
    run = load(cast)
    assert all(have_met(run, pair.a, pair.b) for pair in met)
    assert apart(run, blocker, blocked)
    assert not apart(run, blocker, free)


def test_a_pool_is_never_cut_at_a_thousand_rows(cast: Cast) -> None:
    """PostgREST cuts longer answers off in silence; one JSON value is one row."""
    members = crowd(cast, 1200)
    found = set(ids(load(cast)))
    retire(cast, members)
    assert {member.id for member in members} <= found
