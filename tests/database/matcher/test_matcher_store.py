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
from tests.database.runs import claim, load, offer, store, with_chart


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
    run = load(cast)
    assert store(cast, [offer(cast, a, b)], run) == {"stored": 1}
    entries = [ok(cast.rpc(member, "get_status"))["matches"] for member in (a, b)]
    assert entries[0] == entries[1]
    [entry] = entries[0]
    assert (entry["stage"], entry["mode"], entry["labels"]) == ("match_found", "romantic", ["shared_values"])
    assert events(cast, entry["matchId"]) == [("match.created", None, None)]
    row = cast.database.execute(
        "select total_score::float, astro_score::float, hd_score, values_score::float, communication_score,"
        " readiness_score::float, score_breakdown, engine_version, run_id::text, expires_at = ends_at,"
        " extract(epoch from expires_at - created_at)::int from public.matches where id = %s",
        [entry["matchId"]],
    ).fetchone()
    breakdown = {"values": 80, "readiness": 55.5, "astro": 64.5}
    assert row == (
        *(71.25, 64.5, None, 80, None, 55.5, breakdown),
        *("test-1", run["runId"], True, 3 * 24 * 3600),
    )
    closed = cast.database.execute(
        "select status::text, metadata - '{chartVersion,claim,steps}'::text[], finished_at is not null"
        " from public.job_runs where id = %s",
        [run["runId"]],
    ).fetchone()
    assert closed == ("succeeded", {"offered": 1, "stored": 1}, True)


def _changed(cast: Cast, a: Member, b: Member) -> None:
    ok(cast.rpc(b, "activate", mode="romantic", consent_version="v1"))


def _new_chart(cast: Cast, a: Member, b: Member) -> None:
    with_chart(cast, a, [1, 2, 3])


def _moved_job(cast: Cast, a: Member, b: Member) -> None:
    cast.database.execute("insert into public.work_profiles (user_id, employer) values (%s, 'Acme')", [b.id])


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
    [
        _changed,
        _new_chart,
        _moved_job,
        _paused,
        _older,
        _withdrew,
        _blocked,
        _blocked_back,
        _met,
        _met_long_ago,
        _erased,
    ],
    ids=lambda change: change.__name__.strip("_"),
)
def test_what_happened_since_the_load_is_respected(cast: Cast, meanwhile: Any) -> None:
    a, b = cast.member(signals="{values}"), cast.member()
    bad, good = offer(cast, a, b), offer(cast, cast.member(), cast.member())
    meanwhile(cast, a, b)
    before = len(_matches(cast, a, b))
    # One bad proposal takes no good one with it.
    assert store(cast, [bad, good]) == {"stored": 1}
    assert len(_matches(cast, a, b)) == before


@pytest.mark.parametrize(
    ("score", "stored"), [(50, 1), (49.99, 0), (None, 0), (0, 0)], ids=["at", "below", "none", "zero"]
)
def test_the_minimum_score_is_the_database_s(cast: Cast, score: float | None, stored: int) -> None:
    made = offer(cast, cast.member(), cast.member(), totalScore=score)
    assert store(cast, [made])["stored"] == stored


def test_one_pair_named_twice_in_one_payload_is_stored_once(cast: Cast) -> None:
    a, b = cast.member(), cast.member()
    offers = [offer(cast, a, b), offer(cast, b, a), offer(cast, a, b, mode="friendship")]
    assert store(cast, offers) == {"stored": 1}
    assert _matches(cast, a, b) == [{a.id, b.id}]


def test_a_member_is_never_proposed_to_themself(cast: Cast) -> None:
    """And one such line does not cost the run its others."""
    a, b = cast.member(), cast.member()
    assert store(cast, [offer(cast, a, a), offer(cast, a, b)]) == {"stored": 1}
    assert _matches(cast, a) == [{a.id, b.id}]


def test_storing_the_same_payload_again_adds_nothing(cast: Cast) -> None:
    offers = [offer(cast, cast.member(), cast.member()) for _ in range(3)]
    run = load(cast)
    assert store(cast, offers, run, end=False) == {"stored": 3}
    assert store(cast, offers, run) == {"stored": 0}
    # A worker that lost its night stores nothing and is told so.
    late = {"claim": claim(cast, run["runId"]), "proposals": offers}
    answer = ok(cast.rpc(cast.stack.service_role_key, "store_proposals", **late))
    assert answer == {"late": True, "stored": 0}


def test_nobody_gets_more_matches_than_they_have_room_for(cast: Cast) -> None:
    """In one payload, best first: three for a member, four in their first 48 hours."""
    popular, newcomer = cast.member(), cast.member(joined="47 hours")
    others = [cast.member() for _ in range(5)]
    offers = [offer(cast, member, other) for other in others for member in (popular, newcomer)]
    assert store(cast, offers) == {"stored": 7}
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
    made = offer(cast, member, cast.member())
    assert store(cast, [made])["stored"] == 0
    ok(cast.rpc(member, "respond", match_id=held[0].match_id, action="decline"))
    assert store(cast, [made])["stored"] == 1
    assert cast.free_slots(member) == 0


def test_the_newcomer_s_fourth_slot_ends_with_their_48_hours(cast: Cast) -> None:
    member = cast.member(joined="48 hours 1 second")
    for _ in range(3):
        cast.pair(a=member)
    assert store(cast, [offer(cast, member, cast.member())])["stored"] == 0


def test_sides_are_drawn_at_random(cast: Cast) -> None:
    """Neither the order of the payload nor that of the ids says who is a."""
    members = crowd(cast, 400)
    cast.database.execute(
        "insert into public.consents (user_id, version, kind) select unnest(%s::uuid[]), 'v1', 'activated'",
        [[member.id for member in members]],
    )
    offers = [offer(cast, a, b) for a, b in zip(members[::2], members[1::2], strict=True)]
    assert store(cast, offers)["stored"] == 200
    rows = cast.database.execute(
        "select user_a::text, user_b::text from public.matches where user_a = any (%s::uuid[])",
        [[member.id for member in members]],
    ).fetchall()
    first = {offer["a"] for offer in offers}
    # 200 tosses: fewer than 60 heads or tails happens once in 10^8 runs.
    retire(cast, members)
    assert 60 < sum(a in first for a, _ in rows) < 140
    assert 60 < sum(a < b for a, b in rows) < 140


def test_whose_proposals_are_used_up_is_not_proposed(cast: Cast) -> None:
    """Within one store, and where another one came between the load and the store."""
    member, others = cast.member(), [cast.member() for _ in range(4)]
    with cast.settings(proposals_per_lifetime=2):
        run = load(cast)
        gone = cast.pair("declined", a=member)
        offers = [offer(cast, member, other) for other in others]
        assert store(cast, offers, run) == {"stored": 1}
        assert cast.free_slots(member) == 0
        assert cast.free_slots(gone.b) == 1


def test_a_purged_run_leaves_its_matches(cast: Cast) -> None:
    a, b = cast.member(), cast.member()
    run = load(cast)
    store(cast, [offer(cast, a, b)], run)
    cast.database.execute(
        "update public.job_runs set started_at = now() - interval '91 days' where id = %s", [run["runId"]]
    )
    cast.database.execute("select private.purge()")
    assert cast.value("select count(*) from public.job_runs where id = %s", run["runId"]) == 0
    assert cast.value("select count(*) from public.matches where user_a in (%s, %s)", a.id, b.id) == 1
    assert cast.value("select run_id from public.matches where user_a in (%s, %s)", a.id, b.id) is None


def test_two_matchers_at_once_do_no_harm(cast: Cast) -> None:
    """Both store the same load at the same instant: every pair once, nobody over their limit."""
    members = crowd(cast, 60)
    offers = [
        offer(cast, a, members[(place + step) % 60]) for step in (1, 2, 3) for place, a in enumerate(members)
    ]
    claims = [claim(cast, load(cast)["runId"]) for _ in range(2)]
    start = threading.Barrier(2, timeout=30)

    def store(seat: int) -> Json:
        headers = {"apikey": cast.stack.anon_key, "Authorization": f"Bearer {cast.stack.service_role_key}"}
        words = {
            "claim": claims[seat],
            "proposals": offers[:: 1 - 2 * seat],
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
        assert all(answer["late"] is False for answer in answers)
    retire(cast, members)
    made = _matches(cast, *members)
    assert len(made) > 60
    assert max(Counter(frozenset(pair) for pair in made).values()) == 1
    assert max(Counter(member for pair in made for member in pair).values()) == 4  # newcomers, all of them


def test_a_failed_run_is_closed_once(cast: Cast) -> None:
    run_id = load(cast)["runId"]
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
