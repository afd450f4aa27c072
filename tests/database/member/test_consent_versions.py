"""A new consent text: who agreed to another is not matched until they agree to it; what is open goes on."""

import contextlib
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import ok, refused
from tests.database.crowd import crowd
from tests.database.lists import be_numbered, is_named, listed_with, packed, put_on
from tests.database.runs import VECTOR, births_due, during, ids, load, offer, store
from tests.database.work import rows_read
from tests.often import often

pytestmark = pytest.mark.one_world

OFF: dict[str, bool] = {}


@contextlib.contextmanager
def _new_text(cast: Cast) -> Iterator[str]:
    """Another consent text in force for a while."""
    version = f"v{uuid.uuid4().hex[:8]}"
    with cast.settings(consent_version=version):
        yield version


def _listed(cast: Cast, member: Member) -> bool:
    """Whether anything that leads to a proposal still names the member."""
    return bool(
        is_named(cast, member)
        or cast.value(
            "select exists (select from private.pool_members where user_id = %s)"
            " or exists (select from public.matchmaking_queue where user_id = %s)",
            *(member.id, member.id),
        )
    )


def _accept(cast: Cast, member: Member, version: str, how: str) -> None:
    if how == "activate":
        ok(cast.rpc(member, "activate", mode="both", consent_version=version))
    else:
        ok(cast.rpc(member, "put_consents", version=version, switches=OFF))


@pytest.mark.parametrize("how", ["activate", "put_consents"])
def test_nobody_is_matched_under_a_text_they_have_not_agreed_to(cast: Cast, how: str) -> None:
    pair = cast.pair("proposed")
    chat = cast.pair("blind_chat_active", a=pair.a)
    member, other = pair.a, cast.member(gender="male")
    assert {member.id, other.id} <= set(ids(load(cast)))
    put_on(cast, member, other)
    put_on(cast, other, member)
    made = offer(cast, member, other)
    with _new_text(cast) as version:
        assert not _listed(cast, member)
        assert member.id not in ids(load(cast))
        assert store(cast, [made])["stored"] == 0
        assert store(cast, [offer(cast, member, other)])["stored"] == 0

        status = ok(cast.rpc(member, "get_status"))
        assert (status["active"], status["consentRequired"]) == (False, True)
        consents = ok(cast.rpc(member, "get_consents"))
        assert (consents["version"], consents["currentVersion"]) == ("v1", version)
        # What is open goes on.
        assert {entry["stage"] for entry in status["matches"]} == {"match_found", "blind_chat"}
        ok(cast.rpc(member, "respond", match_id=pair.match_id, action="accept"))
        body = {"blindChatId": chat.chat_id, "message": "Still here"}
        assert cast.call(member, "POST", "/connect/chat", body).status_code == 200

        refused(cast.rpc(member, "put_consents", version="v1", switches=OFF), 403, "consent_required")
        _accept(cast, member, version, how)
        status = ok(cast.rpc(member, "get_status"))
        assert (status["active"], status["consentRequired"]) == (True, False)
        assert (
            cast.value("select reason from public.matchmaking_queue where user_id = %s", member.id)
            == "joined"
        )
        assert member.id in ids(load(cast))
        assert other.id not in ids(load(cast))
    # The former text is back: who agreed to that is matched again, who agreed to the other one is not.
    assert other.id in ids(load(cast))
    assert member.id not in ids(load(cast))
    _accept(cast, member, "v1", how)
    assert member.id in ids(load(cast))


def test_who_has_agreed_keeps_their_list_without_those_who_have_not(cast: Cast) -> None:
    ahead, also, behind = cast.member(), cast.member(), cast.member()
    with _new_text(cast) as version:
        for member in (ahead, also):
            _accept(cast, member, version, "put_consents")
        cast.database.execute("update public.settings set consent_version = 'v1'")
        for member in (ahead, also):  # as after a text that was put in force too early
            cast.database.execute(
                "update public.connect_profiles set consent_lapsed_at = null where user_id = %s", [member.id]
            )
        put_on(cast, ahead, also, behind)
        assert listed_with(cast, ahead) == {also.id, behind.id}
        cast.database.execute("update public.settings set consent_version = %s", [version])
        assert listed_with(cast, ahead) == {also.id}


def test_agreeing_ends_no_pause_of_one_s_own(cast: Cast) -> None:
    paused, for_a_while = cast.member(), cast.member()
    ok(cast.rpc(paused, "deactivate"))
    ok(cast.rpc(for_a_while, "deactivate", until="2100-01-01T00:00:00Z"))
    with _new_text(cast) as version:
        for member in (paused, for_a_while):
            assert not _listed(cast, member)
            _accept(cast, member, version, "put_consents")
            status = ok(cast.rpc(member, "get_status"))
            assert (status["active"], status["consentRequired"]) == (False, False)
            assert status["current"]["stage"] == "paused"
        queued = "select available_at > now() from public.matchmaking_queue where user_id = %s"
        assert [cast.value(queued, member.id) for member in (paused, for_a_while)] == [None, True]
    assert [_listed(cast, member) for member in (paused, for_a_while)] == [False, False]


def test_a_status_without_a_match_says_what_to_do(cast: Cast) -> None:
    member, stranger = cast.member(), cast.stranger()
    with _new_text(cast):
        status = ok(cast.rpc(member, "get_status"))
        assert (status["current"]["stage"], status["consentRequired"]) == ("paused", True)
        status = ok(cast.rpc(stranger, "get_status"))
        assert (status["current"]["stage"], status["consentRequired"]) == ("inactive", False)


def test_what_was_switched_on_is_not_used_meanwhile(cast: Cast) -> None:
    born: Json = {"birth_place": "Berlin", "birth_lat": 52.5, "birth_lon": 13.4, "birth_tz": "Europe/Berlin"}
    member = cast.member(signals="{birthData,values}", **born)
    key = cast.stack.service_role_key

    def due() -> bool:
        return member.id in births_due(cast, "consent")["id"]

    vectors = dict.fromkeys(("values_vector", "communication_vector", "life_goals_vector"), VECTOR)
    chart = {
        "id": member.id,
        "hash": cast.value("select private.birth_hash(u) from public.users u where id = %s", member.id),
        "radix": {"sun": 1.5},
        "design": {},
        "packed": [1],
    }
    assert due()
    with _new_text(cast) as version:
        assert not due()
        stored = ok(cast.rpc(key, "store_birth_charts", chart_version="consent", charts=[chart]))
        assert stored == {"stored": 0, "skipped": 1}
        answer = cast.rpc(key, "store_profile_vectors", user_id=member.id, readiness=50, **vectors)
        assert (answer.status_code, answer.json()["message"]) == (403, "consent_required")
        switches = {"birthData": True, "values": True}
        ok(cast.rpc(member, "put_consents", version=version, switches=switches))
        assert due()
        ok(cast.rpc(key, "store_profile_vectors", user_id=member.id, readiness=50, **vectors))
    assert cast.value(
        "select consent_lapsed_at is not null from public.connect_profiles where user_id = %s", member.id
    )


def test_agreeing_waits_for_a_text_that_is_being_put_in_force(cast: Cast) -> None:
    member = cast.member()
    ok(cast.rpc(member, "deactivate"))
    for function, words in (
        ("activate", {"mode": "both", "consent_version": "v1"}),
        ("put_consents", {"version": "v1", "switches": OFF}),
    ):
        try:
            _, answer, waited = during(
                cast,
                lambda function=function, words=words: cast.rpc(member, function, **words),  # type: ignore[misc]
                "update public.settings set consent_version = 'v-next' returning 1",
            )
            assert waited
            refused(answer, 403, "consent_required")
        finally:
            cast.database.execute("update public.settings set consent_version = 'v1'")


def test_whoever_agrees_at_the_instant_of_the_change_is_not_matched_under_the_old_text(cast: Cast) -> None:
    """Each of them ends opted in under the text in force, or lapsed, or refused; never in between."""
    change = "update public.settings set consent_version = %s"
    for _ in range(20):
        member = cast.member()
        ok(cast.rpc(member, "deactivate"))
        start = threading.Barrier(2, timeout=30)

        def agree(member: Member = member, start: threading.Barrier = start) -> int:
            start.wait()
            return cast.rpc(member, "activate", mode="both", consent_version="v1").status_code

        with (
            ThreadPoolExecutor(1) as pool,
            psycopg.connect(cast.stack.database_url, autocommit=True) as operator,
        ):
            agreeing = pool.submit(agree)
            start.wait()
            operator.execute(change, [f"v{uuid.uuid4().hex[:8]}"])
        try:
            assert agreeing.result() in (200, 403)
            assert cast.value(
                "select consent_lapsed_at is not null and not private.is_searching(p)"
                " from public.connect_profiles p where user_id = %s",
                member.id,
            )
        finally:
            cast.database.execute(change, ["v1"])


def test_taking_back_needs_no_yes_to_a_new_text(cast: Cast) -> None:
    """Under the text agreed to last switches go off, none goes on, and the pause stays."""
    member = cast.member(signals="{values,location}")
    with _new_text(cast) as version:
        for switches in (
            {"values": True, "location": True},
            {"values": True, "feedback": True},
            {"aiText": True},
        ):
            answer = cast.rpc(member, "put_consents", version="v1", switches=switches)
            refused(answer, 403, "consent_required")
        for switches in ({"location": True}, OFF):
            told = ok(cast.rpc(member, "put_consents", version="v1", switches=switches))
            assert {name for name, on in told["switches"].items() if on} == set(switches)
            assert told["version"] == "v1"
        refused(cast.rpc(member, "put_consents", version="v0", switches=OFF), 403, "consent_required")
        assert ok(cast.rpc(member, "get_status"))["consentRequired"] is True
        ok(cast.rpc(member, "put_consents", version=version, switches=OFF))
        assert ok(cast.rpc(member, "get_status"))["consentRequired"] is False


# The last of this file: with many members about, each change of the text takes the others longer.
def test_a_new_text_reads_each_member_and_each_entry_of_a_list_a_few_times(cast: Cast) -> None:
    """Were a list or the queue read through for each member, the rows would be size times as many."""
    size = often(500, 10_000)
    members = crowd(cast, size)
    everybody = [member.id for member in members]
    be_numbered(cast, *everybody)
    cast.database.execute(
        "with m as materialized (select m.user_id, m.number, row_number() over () - 1 as place"
        " from private.pool_members m where m.user_id = any (%s::uuid[])),"
        " once as (select array_agg(number order by place) as them from m),"
        " all_of as (select them || them as them from once)"
        " insert into private.lists (generation, user_id, candidates, scores, facts)"
        " select 0, m.user_id, a.them[m.place + 2:m.place + 51], array_fill(6000::smallint, array[50]), %s"
        " from m, all_of a",
        [everybody, packed("romantic", {}, []) * 50],
    )
    waiting = "select count(*) from public.matchmaking_queue where user_id = any (%s::uuid[])"
    listed = (
        "select coalesce(sum(cardinality(candidates)), 0) from private.lists where user_id = any (%s::uuid[])"
    )
    assert [cast.value(query, everybody) for query in (waiting, listed)] == [size, 50 * size]
    cast.database.execute("vacuum analyze private.lists")

    def text(version: str) -> int:
        with cast.database.transaction():
            return rows_read(
                cast.database,
                lambda: cast.database.execute("update public.settings set consent_version = %s", [version]),
            )

    lapsing = text("another")
    assert [cast.value(query, everybody) for query in (waiting, listed)] == [0, 0]
    returning = text("v1")
    assert cast.value(waiting, everybody) == size
    print(f"{size} members with {50 * size} list entries: {lapsing} rows read, then {returning}")
    assert lapsing < 3 * 50 * size
    assert returning < 30 * size
