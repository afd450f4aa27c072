"""What goes when, and what must not go: every purge on both sides of its limit."""

import json
from typing import Any

import psycopg
import pytest

from tests.cast import HARMLESS, Cast, Json, Pair
from tests.database.answers import ok

SCORES = ("total_score", "astro_score", "hd_score", "values_score", "communication_score", "readiness_score")


def purge(cast: Cast, job: str, **words: Any) -> Json:
    named = "".join(f", {name} => %s" for name in words)
    did: Json = cast.value(f"select private.purge(%s{named})", job, *words.values())
    return did


@pytest.fixture(autouse=True)
def nothing_due(cast: Cast) -> None:
    """What other tests left behind is gone."""
    for job in ("purge_messages", "purge_matches", "purge_analytics"):
        cast.database.execute("select private.purge(%s)", [job])


def chat(cast: Cast, ago: str, messages: int = 3) -> Pair:
    """A chat with messages that ended so long ago."""
    pair = cast.pair("blind_chat_active")
    cast.database.execute(
        "insert into public.blind_chat_messages"
        " (id, blind_chat_id, number, side, sender_user_id, content_ciphertext, key_id)"
        " select gen_random_uuid(), %s, n, 'a', %s, decode(repeat('ab', 64), 'hex'), 'k1'"
        " from generate_series(1, %s) n",
        [pair.chat_id, pair.a.id, messages],
    )
    cast.let_end(pair, ago)
    return pair


def left(cast: Cast, pair: Pair) -> tuple[int, int]:
    """How many messages, and chats, the pair has."""
    messages = "select count(*) from public.blind_chat_messages where blind_chat_id = %s"
    chats = "select count(*) from public.blind_chats where id = %s"
    return int(cast.value(messages, pair.chat_id)), int(cast.value(chats, pair.chat_id))


# Messages.


def test_messages_go_ninety_days_after_the_end_of_their_chat_with_the_salt(cast: Cast) -> None:
    over, ended, going = chat(cast, "91 days"), chat(cast, "89 days"), cast.pair("blind_chat_active")
    ok(
        cast.rpc(
            going.a,
            "send_message",
            **{"blind_chat_id": going.chat_id, "message_id": over.match_id, "key_id": "k1"},
            ciphertext="A" * 40,
            **HARMLESS,
        )
    )
    assert purge(cast, "purge_messages") == {"chats": 4}
    assert left(cast, over) == (0, 0)
    assert left(cast, ended) == (3, 1)
    assert left(cast, going) == (1, 1)
    assert purge(cast, "purge_messages") == {"chats": 0}
    # The row of the match stays: a pair is proposed once.
    assert cast.value("select status::text from public.matches where id = %s", over.match_id)


def test_messages_stay_while_the_match_can_be_blocked_and_reported(cast: Cast) -> None:
    pair = chat(cast, "10 days")
    with cast.settings(message_retention="1 day"):
        assert purge(cast, "purge_messages") == {"chats": 0}
        message = cast.value(
            "select id::text from public.blind_chat_messages where blind_chat_id = %s limit 1", pair.chat_id
        )
        words: Json = {"match_id": pair.match_id, "reason": "rude", "message_ids": [message]}
        ok(cast.rpc(pair.b, "report_partner", **words))
    other = chat(cast, "10 days")
    with cast.settings(message_retention="1 day", safety_window="9 days"):
        purge(cast, "purge_messages")
    assert left(cast, other) == (0, 0)
    # A report keeps the chat until it is decided. Evidence stays with the report.
    assert left(cast, pair) == (3, 1)
    cast.database.execute(
        "update public.reports set status = 'decided', decision = 'no_action', decided_at = now(),"
        " decided_by = gen_random_uuid(), decision_reason = 'test' where match_id = %s",
        [pair.match_id],
    )
    with cast.settings(message_retention="1 day", safety_window="9 days"):
        purge(cast, "purge_messages")
    assert left(cast, pair) == (0, 0)
    assert cast.database.execute(
        "select r.evidence_count, octet_length(r.evidence_salt), (select count(*)"
        " from private.report_evidence e where e.report_id = r.id)"
        " from public.reports r where r.match_id = %s",
        [pair.match_id],
    ).fetchone() == (1, 32, 1)


def test_a_longer_retention_keeps_messages_longer(cast: Cast) -> None:
    pair = chat(cast, "100 days")
    with cast.settings(message_retention="200 days"):
        assert purge(cast, "purge_messages") == {"chats": 0}
    assert left(cast, pair) == (3, 1)


def test_a_member_whose_chat_is_gone_reads_and_exports_as_before(cast: Cast) -> None:
    pair = chat(cast, "91 days")
    purge(cast, "purge_messages")
    assert ok(cast.rpc(pair.a, "get_status"))["matches"] == []
    told = ok(cast.rpc(pair.a, "export_member"))
    assert (told["messages"], told["chats"]) == ([], [])
    assert [match["matchId"] for match in told["matches"]] == [pair.match_id]
    assert cast.rpc(pair.a, "read_chat", blind_chat_id=pair.chat_id).status_code == 404


# Matches.


def scored(cast: Cast, ago: str | None, state: str = "proposed") -> Pair:
    pair = cast.pair(state)
    cast.database.execute(
        "update public.matches set score_breakdown = '{\"values\": 50}', "
        + ", ".join(f"{name} = 70" for name in SCORES)
        + " where id = %s",
        [pair.match_id],
    )
    if ago is not None:
        cast.let_end(pair, ago)
    return pair


def row(cast: Cast, pair: Pair) -> Json:
    found: Json = cast.value("select to_jsonb(m) from public.matches m where id = %s", pair.match_id)
    return found


@pytest.mark.parametrize("state", ["proposed", "declined", "blind_chat_active", "closed"])
def test_a_match_loses_scores_and_labels_and_keeps_its_row(cast: Cast, state: str) -> None:
    over, ended, going = (scored(cast, ago, state) for ago in ("91 days", "89 days", None))
    before = {pair.match_id: row(cast, pair) for pair in (over, ended, going)}
    assert purge(cast, "purge_matches") == {"matches": 1}
    assert row(cast, ended) == before[ended.match_id]
    assert row(cast, going) == before[going.match_id]
    nothing = dict.fromkeys(SCORES) | {"score_breakdown": {}, "explanation": []}
    assert row(cast, over) == before[over.match_id] | nothing
    assert purge(cast, "purge_matches") == {"matches": 0}


def test_scores_stay_while_the_match_can_be_rated(cast: Cast) -> None:
    pair = scored(cast, "10 days", "blind_chat_active")
    with cast.settings(match_retention="1 day"):
        assert purge(cast, "purge_matches") == {"matches": 0}
        ok(cast.rpc(pair.a, "give_feedback", match_id=pair.match_id, rating=4))
        with cast.settings(safety_window="9 days"):
            purge(cast, "purge_matches")
    assert row(cast, pair)["total_score"] is None


def test_a_pair_whose_scores_are_gone_is_not_proposed_again(cast: Cast) -> None:
    pair = scored(cast, "91 days")
    purge(cast, "purge_matches")
    assert cast.value("select %s::uuid = any (private.met(%s))", pair.b.id, pair.a.id)


# Counts.


def test_counts_of_outcomes_go_after_thirteen_months_and_do_not_come_back(cast: Cast) -> None:
    version = "retention-1"
    for ago in ("14 months", "12 months"):
        pair = cast.pair("declined")
        cast.database.execute(
            "update public.matches set created_at = now() - %s::interval, engine_version = %s where id = %s",
            [ago, version, pair.match_id],
        )
    with cast.settings(analytics_retention="20 years"):
        cast.database.execute("select private.refresh_statistics()")
    weeks = "select count(*) from public.match_outcomes where engine_version = %s"
    assert cast.value(weeks, version) == 2
    assert purge(cast, "purge_analytics")["outcomes"] >= 1
    assert cast.value(weeks, version) == 1
    # Rows of matches stay, and are not counted anew.
    cast.database.execute("select private.refresh_statistics()")
    assert cast.value(weeks, version) == 1


# How they work.


def test_each_purge_is_a_job_of_the_schedule(cast: Cast) -> None:
    jobs = cast.value("select array_agg(j.name) from private.declared_jobs j where j.name like 'purge%%'")
    named = cast.value("select array_agg(distinct job) from private.purges")
    assert set(jobs) == set(named)


def test_a_purge_goes_on_batch_by_batch_until_all_is_done(cast: Cast) -> None:
    chats = [chat(cast, "91 days", 5) for _ in range(3)]
    assert purge(cast, "purge_messages", most=2) == {"chats": 18}
    assert {left(cast, pair) for pair in chats} == {(0, 0)}
    [scored(cast, "91 days") for _ in range(5)]
    assert purge(cast, "purge_matches", most=2)["matches"] >= 5


@pytest.mark.parametrize(
    "job", ["purge", "purge_messages", "purge_matches", "purge_events", "purge_analytics"]
)
def test_a_purge_begins_nothing_after_its_time(cast: Cast, job: str) -> None:
    pair = chat(cast, "91 days")
    did = purge(cast, job, lasts="0 seconds")
    assert {name for name, gone in did.items() if gone} == set()
    assert left(cast, pair) == (3, 1)


def test_the_time_of_a_purge_leaves_room_for_its_last_batch(cast: Cast) -> None:
    """Hosted projects cut a call at 60 s, and calls of the worker at 45 s."""
    source = cast.value("select pg_get_function_arguments('private.purge'::regproc)")
    assert "lasts interval DEFAULT '00:00:30'" in source


def test_a_match_in_work_is_left_for_the_next_purge(cast: Cast) -> None:
    pair = scored(cast, "91 days")
    with psycopg.connect(cast.stack.database_url) as other:
        other.execute("select from public.matches where id = %s for update", [pair.match_id])
        assert purge(cast, "purge_matches") == {"matches": 0}
    assert purge(cast, "purge_matches") == {"matches": 1}


def test_what_a_purge_looks_for_has_an_index(cast: Cast) -> None:
    """Rows of matches stay for ever: a purge must not read them all every hour."""
    with cast.database.transaction():
        cast.database.execute("set local enable_seqscan = off")
        plan = cast.value(
            "explain (format json) select from public.matches x where x.total_score is not null"
            " and x.ends_at <= now() - interval '90 days'"
        )
    assert "matches_scored_idx" in json.dumps(plan)
