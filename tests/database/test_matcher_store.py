"""store_proposals(): proposals are checked again under lock, and only what still holds is stored."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.cast import Cast, Json, Member, Pair
from tests.database.answers import events, ok
from tests.database.crowd import crowd, retire


def _load(cast: Cast) -> Json:
    return ok(cast.rpc(cast.stack.service_role_key, "load_pool", engine_version="test"))


def _offer(cast: Cast, a: Member, b: Member, **changes: Any) -> Json:
    """A proposal as the engine makes it, from the revisions of this moment."""
    revisions = [
        cast.value("select revision from public.connect_profiles where user_id = %s", member.id)
        for member in (a, b)
    ]
    return {
        "a": a.id,
        "b": b.id,
        "revisionA": revisions[0],
        "revisionB": revisions[1],
        "mode": "romantic",
        "totalScore": 71.25,
        "valuesScore": 80,
        "communicationScore": None,
        "readinessScore": 55.5,
        "scoreBreakdown": {"values": 80, "readiness": 55.5},
        "labels": ["shared_values"],
        "insight": "You care about the same things.",
    } | changes


def _store(cast: Cast, proposals: list[Json], run_id: str | None = None) -> Json:
    return ok(
        cast.rpc(
            cast.stack.service_role_key,
            "store_proposals",
            run_id=run_id or _load(cast)["runId"],
            engine_version="test",
            proposals=proposals,
            statement={"eligiblePairs": len(proposals)},
        )
    )


def _matches(cast: Cast, *members: Member) -> list[set[str]]:
    ids = [member.id for member in members]
    rows = cast.database.execute(
        "select user_a::text, user_b::text from public.matches where user_a = any (%s::uuid[]) or user_b ="
        " any (%s::uuid[])",
        [ids, ids],
    ).fetchall()
    return [set(row) for row in rows]


def test_a_proposal_becomes_a_match_both_can_see_and_closes_the_run(cast: Cast) -> None:
    a, b = cast.member(), cast.member()
    run_id = _load(cast)["runId"]
    assert _store(cast, [_offer(cast, a, b)], run_id) == {"stored": 1, "skipped": 0}
    entries = [ok(cast.rpc(member, "get_status"))["matches"] for member in (a, b)]
    assert entries[0] == entries[1]
    [entry] = entries[0]
    assert (entry["stage"], entry["mode"], entry["labels"]) == ("match_found", "romantic", ["shared_values"])
    assert events(cast, entry["matchId"]) == [("match.created", None, None)]
    row = cast.database.execute(
        "select total_score::float, values_score::float, communication_score, readiness_score::float,"
        " score_breakdown,"
        " engine_version, expires_at = ends_at, extract(epoch from expires_at - created_at)::int from"
        " public.matches"
        " where id = %s",
        [entry["matchId"]],
    ).fetchone()
    assert row == (71.25, 80, None, 55.5, {"values": 80, "readiness": 55.5}, "test", True, 3 * 24 * 3600)
    run = cast.database.execute(
        "select status::text, metadata, finished_at is not null from public.job_runs where id = %s", [run_id]
    ).fetchone()
    assert run == ("succeeded", {"eligiblePairs": 1, "offered": 1, "stored": 1, "skipped": 0}, True)


def _changed(cast: Cast, a: Member, b: Member) -> None:
    ok(cast.rpc(b, "activate", mode="romantic", consent_version="v1"))


def _paused(cast: Cast, a: Member, b: Member) -> None:
    # Paused without a new revision: the pause alone must be enough.
    cast.database.execute("alter table public.connect_profiles disable trigger profile_changed")
    cast.database.execute(
        "update public.connect_profiles set is_active = false, paused_at = now() where user_id = %s", [a.id]
    )
    cast.database.execute("alter table public.connect_profiles enable trigger profile_changed")


def _older(cast: Cast, a: Member, b: Member) -> None:
    cast.database.execute("update public.users set birth_date = '1950-01-01' where id = %s", [a.id])


def _withdrew(cast: Cast, a: Member, b: Member) -> None:
    ok(cast.rpc(a, "put_consents", version="v1", switches={}))


def _blocked(cast: Cast, a: Member, b: Member) -> None:
    cast.database.execute("insert into public.blocks (blocker_id, blocked_id) values (%s, %s)", [a.id, b.id])


def _blocked_back(cast: Cast, a: Member, b: Member) -> None:
    _blocked(cast, b, a)


def _met(cast: Cast, a: Member, b: Member) -> None:
    cast.pair("declined", a=b, b=a)


def _met_long_ago(cast: Cast, a: Member, b: Member) -> None:
    cast.let_end(cast.pair("expired", a=a, b=b), "2 years")


def _erased(cast: Cast, a: Member, b: Member) -> None:
    cast.database.execute("delete from auth.users where id = %s", [b.id])


@pytest.mark.parametrize(
    "meanwhile",
    [_changed, _paused, _older, _withdrew, _blocked, _blocked_back, _met, _met_long_ago, _erased],
    ids=lambda change: change.__name__.strip("_"),
)
def test_what_happened_since_the_load_is_respected(cast: Cast, meanwhile: Any) -> None:
    a, b = cast.member(), cast.member()
    offer, good = _offer(cast, a, b), _offer(cast, cast.member(), cast.member())
    meanwhile(cast, a, b)
    before = len(_matches(cast, a, b))
    # One bad proposal takes no good one with it.
    assert _store(cast, [offer, good]) == {"stored": 1, "skipped": 1}
    assert len(_matches(cast, a, b)) == before


@pytest.mark.parametrize(
    ("score", "stored"), [(50, 1), (49.99, 0), (None, 0), (0, 0)], ids=["at", "below", "none", "zero"]
)
def test_the_minimum_score_is_the_database_s(cast: Cast, score: float | None, stored: int) -> None:
    offer = _offer(cast, cast.member(), cast.member(), totalScore=score)
    assert _store(cast, [offer])["stored"] == stored


def test_one_pair_named_twice_in_one_payload_is_stored_once(cast: Cast) -> None:
    a, b = cast.member(), cast.member()
    offers = [_offer(cast, a, b), _offer(cast, b, a), _offer(cast, a, b, mode="friendship")]
    assert _store(cast, offers) == {"stored": 1, "skipped": 2}
    assert _matches(cast, a, b) == [{a.id, b.id}]


def test_a_member_is_never_proposed_to_themself(cast: Cast) -> None:
    """And one such line does not cost the run its others."""
    a, b = cast.member(), cast.member()
    assert _store(cast, [_offer(cast, a, a), _offer(cast, a, b)]) == {"stored": 1, "skipped": 1}
    assert _matches(cast, a) == [{a.id, b.id}]


def test_storing_the_same_payload_again_adds_nothing(cast: Cast) -> None:
    offers = [_offer(cast, cast.member(), cast.member()) for _ in range(3)]
    run_id = _load(cast)["runId"]
    assert _store(cast, offers, run_id) == {"stored": 3, "skipped": 0}
    assert _store(cast, offers, run_id) == {"stored": 0, "skipped": 3}


def test_nobody_gets_more_matches_than_they_have_room_for(cast: Cast) -> None:
    """In one payload, best first: three for a member, four in their first 48 hours."""
    popular, newcomer = cast.member(), cast.member(joined="47 hours")
    others = [cast.member() for _ in range(5)]
    offers = [_offer(cast, member, other) for other in others for member in (popular, newcomer)]
    assert _store(cast, offers) == {"stored": 7, "skipped": 3}
    assert sorted(map(sorted, _matches(cast, popular))) == sorted(
        sorted([popular.id, o.id]) for o in others[:3]
    )
    assert sorted(map(sorted, _matches(cast, newcomer))) == sorted(
        sorted([newcomer.id, o.id]) for o in others[:4]
    )


def test_what_is_held_already_counts_and_what_was_left_does_not(cast: Cast) -> None:
    member = cast.member()
    held: list[Pair] = [
        cast.pair(state, a=member) for state in ("proposed", "accepted_a", "blind_chat_active")
    ]
    offer = _offer(cast, member, cast.member())
    assert _store(cast, [offer])["stored"] == 0
    ok(cast.rpc(member, "respond", match_id=held[0].match_id, action="decline"))
    assert _store(cast, [offer])["stored"] == 1
    assert cast.value("select private.free_slots(%s)", member.id) == 0


def test_the_newcomer_s_fourth_slot_ends_with_their_48_hours(cast: Cast) -> None:
    member = cast.member(joined="48 hours 1 second")
    for _ in range(3):
        cast.pair(a=member)
    assert _store(cast, [_offer(cast, member, cast.member())])["stored"] == 0


def test_sides_are_drawn_at_random(cast: Cast) -> None:
    """Neither the order of the payload nor that of the ids says who is a."""
    members = crowd(cast, 400)
    cast.database.execute(
        "insert into public.consents (user_id, version, kind) select unnest(%s::uuid[]), 'v1', 'activated'",
        [[member.id for member in members]],
    )
    offers = [_offer(cast, a, b) for a, b in zip(members[::2], members[1::2], strict=True)]
    assert _store(cast, offers)["stored"] == 200
    rows = cast.database.execute(
        "select user_a::text, user_b::text from public.matches where user_a = any (%s::uuid[])",
        [[member.id for member in members]],
    ).fetchall()
    first = {offer["a"] for offer in offers}
    # 200 tosses: fewer than 60 heads or tails happens once in 10^8 runs.
    retire(cast, members)
    assert 60 < sum(a in first for a, _ in rows) < 140
    assert 60 < sum(a < b for a, b in rows) < 140


def test_two_matchers_at_once_do_no_harm(cast: Cast) -> None:
    """Both store the same load at the same instant: every pair once, nobody over their limit."""
    members = crowd(cast, 60)
    offers = [
        _offer(cast, a, members[(place + step) % 60]) for step in (1, 2, 3) for place, a in enumerate(members)
    ]
    runs = [_load(cast)["runId"] for _ in range(2)]
    start = threading.Barrier(2, timeout=30)

    def store(seat: int) -> Json:
        headers = {"apikey": cast.stack.anon_key, "Authorization": f"Bearer {cast.stack.service_role_key}"}
        words = {
            "run_id": runs[seat],
            "engine_version": "test",
            "proposals": offers[:: 1 - 2 * seat],
            "statement": {},
        }
        with httpx.Client(timeout=60, headers=headers) as client:
            client.get(f"{cast.stack.api_url}/rest/v1/settings?select=id")
            start.wait()
            return ok(
                client.post(f"{cast.stack.api_url}/rest/v1/rpc/store_proposals", content=json.dumps(words))
            )

    for _ in range(3):
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(store, (0, 1)))
        assert all(answer["stored"] + answer["skipped"] == len(offers) for answer in answers)
    retire(cast, members)
    made = _matches(cast, *members)
    assert len(made) > 60
    assert max(Counter(frozenset(pair) for pair in made).values()) == 1
    assert max(Counter(member for pair in made for member in pair).values()) == 4  # newcomers, all of them


def test_a_failed_run_is_closed_once(cast: Cast) -> None:
    run_id = _load(cast)["runId"]
    key = cast.stack.service_role_key
    assert ok(cast.rpc(key, "fail_job_run", run_id=run_id, error="ValueError")) == {}
    ok(cast.rpc(key, "fail_job_run", run_id=run_id, error="Later"))
    assert cast.database.execute(
        "select status::text, error from public.job_runs where id = %s", [run_id]
    ).fetchone() == ("failed", "ValueError")


def test_a_bell_is_claimed_once(cast: Cast) -> None:
    words = {"nonce": "0d7d3f0e-8f5c-4c39-9b1d-2f6f3f1f9a01", "rung_at": "2026-01-01T00:00:00Z"}
    answers = [ok(cast.rpc(cast.stack.service_role_key, "claim_bell", **words)) for _ in range(3)]
    assert answers == [{"fresh": True}, {"fresh": False}, {"fresh": False}]
