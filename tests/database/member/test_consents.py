"""The ledger and its switches: what is allowed is read here, what is withdrawn takes its traces with it."""

import json
import math
from typing import Any

import httpx
import pytest

from tests.cast import Cast, Json, Member, Pair
from tests.database.answers import ok, refused

OFF: Json = dict.fromkeys(("birthData", "values", "location", "feedback", "aiText"), False)
VECTORS = ("values_vector", "communication_vector", "life_goals_vector")


def _put(cast: Cast, member: Member, **on: bool) -> Json:
    return ok(cast.rpc(member, "put_consents", version="v1", switches=OFF | on))


def _store(cast: Cast, member: Member | str, **changes: Any) -> httpx.Response:
    user_id = member if isinstance(member, str) else member.id
    words: Json = {name: [3.0] + [0.0] * 14 + [4.0] for name in VECTORS} | {"readiness": 62.5} | changes
    return cast.rpc(cast.stack.service_role_key, "store_profile_vectors", user_id=user_id, **words)


def _stored(cast: Cast, member: Member) -> tuple[Any, ...]:
    row = cast.database.execute(
        "select values_vector::text, communication_vector::text, life_goals_vector::text,"
        " emotional_readiness_score::float,"
        " vectors_stored_at is not null from public.connect_profiles where user_id = %s",
        [member.id],
    ).fetchone()
    assert row is not None
    return tuple(row)


NOTHING = (None, None, None, None, False)


def _scored(cast: Cast, member: Member) -> Pair:
    pair = cast.pair(a=member)
    cast.database.execute(
        "update public.matches set values_score = 70, communication_score = 60, readiness_score = 50,"
        " astro_score = 40,"
        " hd_score = 30, score_breakdown = %s where id = %s",
        [
            json.dumps(
                {"values": 70, "communication": 60, "life_goals": 65, "readiness": 50, "astro": 40, "hd": 30}
                | {"profile": 55, "activity": 45, "location": 35, "interests": 25}
            ),
            pair.match_id,
        ],
    )
    return pair


def _scores(cast: Cast, pair: Pair) -> Json:
    found: Json = cast.value(
        "select to_jsonb(m) - '{created_at,updated_at}'::text[] from public.matches m where id = %s",
        pair.match_id,
    )
    return found


def test_switches_are_replaced_and_the_ledger_only_grows(cast: Cast) -> None:
    member = cast.member()
    first = _put(cast, member, values=True, location=True)
    assert first["switches"] == OFF | {"values": True, "location": True}
    second = ok(cast.rpc(member, "put_consents", version="v1", switches={"aiText": True}))
    assert second["switches"] == OFF | {"aiText": True}
    assert (second["version"], second["currentVersion"]) == ("v1", "v1")
    log = ok(cast.rpc(member, "get_consents"))["log"]
    assert [entry["signals"] for entry in log] == [[], ["values", "location"], ["aiText"]]
    assert [entry["kind"] for entry in log] == ["activated", "switched", "switched"]
    changed = cast.value(
        "select count(*) from public.domain_events where event_type = 'consent.changed' and user_id = %s",
        member.id,
    )
    assert changed == 2


def test_saying_the_same_again_adds_nothing_to_the_ledger_or_the_outbox(cast: Cast) -> None:
    member = cast.member()
    _put(cast, member, values=True)
    counts = (
        "select (select count(*) from public.consents where user_id = %s)"
        " + (select count(*) from public.domain_events where user_id = %s and event_type = 'consent.changed')"
    )
    before = cast.value(counts, member.id, member.id)
    for _ in range(3):
        assert _put(cast, member, values=True)["switches"] == OFF | {"values": True}
        ok(cast.rpc(member, "activate", mode="romantic", consent_version="v1"))
        ok(cast.rpc(member, "deactivate"))
    assert cast.value(counts, member.id, member.id) == before
    _put(cast, member, values=True, aiText=True)
    assert cast.value(counts, member.id, member.id) == before + 2


@pytest.mark.parametrize("version", ["v0", None])
def test_an_unknown_version_changes_nothing(cast: Cast, version: str | None) -> None:
    member = cast.member()
    refused(cast.rpc(member, "put_consents", version=version, switches=OFF), 403, "consent_required")
    assert len(ok(cast.rpc(member, "get_consents"))["log"]) == 1


@pytest.mark.parametrize(
    "switches", [{"horoscope": True}, {"values": "yes"}, {"values": None}, [], "values", None], ids=repr
)
def test_switches_in_nonsense_are_refused(cast: Cast, switches: Any) -> None:
    member = cast.member()
    refused(cast.rpc(member, "put_consents", version="v1", switches=switches), 422, "invalid_body")
    assert len(ok(cast.rpc(member, "get_consents"))["log"]) == 1


def test_the_ledger_cannot_be_rewritten_not_even_by_the_service(cast: Cast) -> None:
    member = cast.member()
    for caller in (member, cast.stack.service_role_key):
        answer = cast.rest(caller, "PATCH", f"/consents?user_id=eq.{member.id}", json={"version": "v9"})
        assert answer.status_code in (403, 409)
    assert ok(cast.rpc(member, "get_consents"))["version"] == "v1"


def test_vectors_arrive_while_the_switch_is_on_and_become_unit_vectors(cast: Cast) -> None:
    member = cast.member(signals="{values}")
    ok(_store(cast, member))
    *vectors, readiness, dated = _stored(cast, member)
    for text in vectors:
        vector = json.loads(text)
        assert math.isclose(sum(x * x for x in vector), 1, rel_tol=1e-6)
        assert (vector[0], vector[-1]) == (pytest.approx(0.6), pytest.approx(0.8))
    assert (readiness, dated) == (62.5, True)


def test_vectors_are_refused_without_the_switch(cast: Cast) -> None:
    for signals in ("{}", "{birthData,location,feedback,aiText}"):
        member = cast.member(signals=signals)
        assert _store(cast, member).status_code == 403
        assert _stored(cast, member) == NOTHING
    withdrawn = cast.member(signals="{values}")
    _put(cast, withdrawn)
    assert _store(cast, withdrawn).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        *({name: [1.0] * 15} for name in VECTORS),
        *({name: [0.0] * 16} for name in VECTORS),
        *({name: None} for name in VECTORS),
        {"values_vector": "[NaN" + ",0" * 15 + "]"},
        {"values_vector": "[Infinity" + ",0" * 15 + "]"},
        {"values_vector": []},
        {"values_vector": [1.0] * 17},
        {"readiness": 100.5},
        {"readiness": -1},
        {"readiness": None},
        {"readiness": "NaN"},
    ],
    ids=lambda changes: str(changes)[:36],
)
def test_vectors_in_nonsense_are_refused_and_nothing_is_stored(cast: Cast, changes: Json) -> None:
    member = cast.member(signals="{values}")
    assert _store(cast, member, **changes).status_code in (400, 422)
    assert _stored(cast, member) == NOTHING


def test_vectors_of_nobody_are_refused(cast: Cast) -> None:
    assert _store(cast, cast.member(active=False, signals="{values}")).status_code == 404
    assert _store(cast, "00000000-0000-4000-8000-000000000000").status_code == 403


def test_withdrawing_values_takes_vectors_and_sub_scores_and_leaves_the_match(cast: Cast) -> None:
    member = cast.member(signals="{values,birthData}")
    ok(_store(cast, member))
    pair = _scored(cast, member)
    before = _scores(cast, pair)
    _put(cast, member, birthData=True)
    assert _stored(cast, member) == NOTHING
    assert _scores(cast, pair) == before | {
        **dict.fromkeys(("values_score", "communication_score", "readiness_score")),
        "score_breakdown": {"astro": 40, "hd": 30, "location": 35, "interests": 25},
    }
    shown = ok(cast.rpc(pair.b, "get_status"))["matches"][0]
    assert shown["labels"] == ["shared_values"]


def test_withdrawing_birth_data_takes_its_sub_scores_alone(cast: Cast) -> None:
    member = cast.member(signals="{values,birthData}")
    ok(_store(cast, member))
    vectors = _stored(cast, member)
    pair = _scored(cast, member)
    before = _scores(cast, pair)
    _put(cast, member, values=True)
    assert _stored(cast, member) == vectors
    assert _scores(cast, pair) == before | {
        "astro_score": None,
        "hd_score": None,
        "score_breakdown": {
            **{"values": 70, "communication": 60, "life_goals": 65, "readiness": 50},
            **{"profile": 55, "activity": 45, "location": 35, "interests": 25},
        },
    }


def test_withdrawing_location_takes_its_sub_score_alone(cast: Cast) -> None:
    member = cast.member(signals="{values,location}")
    pair = _scored(cast, member)
    before = _scores(cast, pair)
    _put(cast, member, values=True)
    without = {name: score for name, score in before["score_breakdown"].items() if name != "location"}
    assert _scores(cast, pair) == before | {"score_breakdown": without}


def test_withdrawing_feedback_takes_what_was_learnt_and_leaves_the_opinion(cast: Cast) -> None:
    member = cast.member(signals="{feedback}")
    pair = cast.pair("blind_chat_active", a=member)
    ok(cast.rpc(member, "give_feedback", match_id=pair.match_id, rating=4))
    cast.database.execute(
        "update public.match_feedback set vector_delta = array_fill(0.1::real, array[16])::extensions.vector"
        " where user_id = %s",
        [member.id],
    )
    _put(cast, member)
    assert cast.database.execute(
        "select rating, vector_delta from public.match_feedback where user_id = %s", [member.id]
    ).fetchall() == [(4, None)]


def test_the_home_cell_exists_only_while_location_is_allowed(cast: Cast) -> None:
    member = cast.member(home_place="Berlin, Germany")
    berlin = {"home_place": "Berlin, Germany", "home_cell": "1425.1155"}
    cell = "select home_cell from public.users where id = %s"
    for switches, words, kept in (
        ({}, berlin, None),
        ({"location": True}, {}, None),
        ({"location": True}, berlin, "1425.1155"),
        ({"location": True}, {}, "1425.1155"),
        ({}, berlin, None),
    ):
        ok(cast.rpc(member, "put_consents", version="v1", switches=switches, **words))
        assert cast.value(cell, member.id) == kept
