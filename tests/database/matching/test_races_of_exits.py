"""Somebody leaves at the very instant something else happens: a thousand times each, one legal state always.

Every kind writes out the ends that are legal, with what each of the two is told; see racing.py for the rest.
"""

from collections import Counter
from typing import Any

import pytest

from tests.cast import Cast
from tests.database.crowd import pairs
from tests.database.racing import ROUNDS, about, both_orders, matches_of, respond, search, steps_of
from tests.database.simultaneous import Answer, Call, together

pytestmark = pytest.mark.one_world

CLOSED = Answer(200, {"status": "closed"})
PAUSED = Answer(200, {"status": "paused", "until": None})


def test_decline_and_pause_of_one_member_leave_once(cast: Cast) -> None:
    """One member on two phones: gone by the one or by the other, never by both."""
    made = pairs(cast, ROUNDS)
    search(cast, [pair.a for pair in made])
    outcomes = together(cast.stack, [(respond(p, "a", "decline"), Call(p.a, "deactivate", {})) for p in made])
    matches = matches_of(
        cast, made, "m.status::text, m.decision_a::text, m.left_a_at is not null, m.left_b_at, c.id"
    )
    steps = steps_of(cast, made)
    orders: Counter[str] = Counter()
    for pair, (declined, paused) in zip(made, outcomes, strict=True):
        assert paused == PAUSED
        status, decision, *rest = matches[pair.match_id]
        assert rest == [True, None, None]
        assert (status, decision, declined.status, declined.code) in (
            ("declined", "declined", 200, None),
            ("closed", None, 404, "not_found"),
        )
        assert steps[pair.match_id] == [status]
        orders[status] += 1
    both_orders(orders)


def test_pause_and_the_second_yes_open_a_chat_or_none(cast: Cast) -> None:
    """A said yes and pauses just as b says yes: a chat that opened stays, else it never opens."""
    made = pairs(cast, ROUNDS, accepted_by_a=True)
    search(cast, [pair.a for pair in made])
    outcomes = together(cast.stack, [(Call(p.a, "deactivate", {}), respond(p, "b", "accept")) for p in made])
    matches = matches_of(
        cast, made, "m.status::text, m.left_a_at is not null, c.id::text, c.closed_at, m.ends_at > now()"
    )
    orders: Counter[str] = Counter()
    for pair, (paused, accepted) in zip(made, outcomes, strict=True):
        assert paused == PAUSED
        status, left, chat_id, *rest = matches[pair.match_id]
        assert rest == [None, True]
        assert (status, left, chat_id is not None) in (
            ("blind_chat_active", False, True),
            ("closed", True, False),
        )
        told = "accepted_both" if chat_id else "accepted_b"
        assert accepted == Answer(200, {"status": told, "blindChatId": chat_id})
        orders[status] += 1
    both_orders(orders)


def test_accept_and_decline_of_one_member_count_once(cast: Cast) -> None:
    """One member on two phones says yes and no: the first word stands, the second is told so."""
    made = pairs(cast, ROUNDS)
    outcomes = together(cast.stack, [(respond(p, "a", "accept"), respond(p, "a", "decline")) for p in made])
    matches = matches_of(cast, made, "m.status::text, m.decision_a::text, m.left_a_at is not null")
    steps = steps_of(cast, made)
    orders: Counter[str] = Counter()
    for pair, (yes, no) in zip(made, outcomes, strict=True):
        assert (*matches[pair.match_id], yes.status, yes.code, no.status, no.code) in (
            ("accepted_a", "accepted", False, 200, None, 409, "match_not_open"),
            ("declined", "declined", True, 409, "match_not_open", 200, None),
        )
        assert steps[pair.match_id] == [matches[pair.match_id][0]]
        orders[matches[pair.match_id][0]] += 1
    both_orders(orders)


def test_block_and_block_close_once_and_keep_both_blocks(cast: Cast) -> None:
    """Both block: one exit, two blocks."""
    made = pairs(cast, ROUNDS, chatting=True)
    outcomes = together(
        cast.stack, [(about(p, "a", "block_partner"), about(p, "b", "block_partner")) for p in made]
    )
    matches = matches_of(
        cast,
        made,
        "m.status::text, c.closed_at is not null, m.ends_at <= now(), (select count(*) from public.blocks k"
        " where k.match_id = m.id), num_nonnulls(m.left_a_at, m.left_b_at), m.left_a_at is not null",
    )
    steps = steps_of(cast, made)
    orders: Counter[bool] = Counter()
    for pair, answers in zip(made, outcomes, strict=True):
        assert answers == (Answer(200, {}), Answer(200, {}))
        *state, a_left = matches[pair.match_id]
        assert state == ["closed", True, True, 2, 1]
        assert steps[pair.match_id] == ["closed"]
        orders[a_left] += 1
    both_orders(orders)


def test_close_and_asking_for_names_never_ask_in_a_closed_chat(cast: Cast) -> None:
    """A leaves just as b asks for names: asked and then closed, or closed and nothing asked."""
    made = pairs(cast, ROUNDS, chatting=True)
    outcomes = together(
        cast.stack, [(about(p, "a", "close_match"), about(p, "b", "request_reveal")) for p in made]
    )
    matches = matches_of(
        cast,
        made,
        "m.status::text, m.ends_at <= now(), c.reveal_state::text,"
        " (select count(*) from public.reveals r where r.match_id = m.id)",
    )
    orders: Counter[int] = Counter()
    for pair, (closed, asked) in zip(made, outcomes, strict=True):
        assert closed == CLOSED
        assert (asked.status, asked.code, *matches[pair.match_id]) in (
            (200, None, "closed", True, "requested", 1),
            (404, "not_found", "closed", True, "none", 0),
        )
        orders[asked.status] += 1
    both_orders(orders)


def _what_came_first(cast: Cast, made: list[Any], event_type: str) -> Counter[bool]:
    """How often the exit came before the event, as the outbox tells it; each must be there once."""
    rows = cast.database.execute(
        "select count(*) filter (where d.event_type = %(it)s),"
        " count(*) filter (where d.event_type <> %(it)s),"
        " max(d.id) filter (where d.event_type = %(it)s)"
        " > max(d.id) filter (where d.event_type <> %(it)s)"
        " from public.domain_events d where d.match_id = any (%(ids)s::uuid[])"
        " and d.event_type in (%(it)s, 'match.status_updated') group by d.match_id",
        {"it": event_type, "ids": [pair.match_id for pair in made]},
    ).fetchall()
    assert {row[:2] for row in rows} == {(1, 1)}
    assert len(rows) == len(made)
    return Counter(row[2] for row in rows)


def test_close_and_feedback_are_both_kept(cast: Cast) -> None:
    """B rates the match just as a leaves it: the opinion is kept either way."""
    made = pairs(cast, ROUNDS, chatting=True)
    outcomes = together(
        cast.stack,
        [(about(p, "a", "close_match"), about(p, "b", "give_feedback", rating=4)) for p in made],
    )
    matches = matches_of(
        cast,
        made,
        "m.status::text, (select array_agg(f.rating::int) from public.match_feedback f where"
        " f.match_id = m.id and f.user_id = m.user_b)",
    )
    for pair, answers in zip(made, outcomes, strict=True):
        assert answers == (CLOSED, Answer(200, {}))
        assert matches[pair.match_id] == ("closed", [4])
    both_orders(_what_came_first(cast, made, "feedback.given"))


def test_close_and_report_are_both_kept(cast: Cast) -> None:
    """B reports just as a leaves: leaving first is no way out of a report."""
    made = pairs(cast, ROUNDS, chatting=True)
    outcomes = together(
        cast.stack,
        [(about(p, "a", "close_match"), about(p, "b", "report_partner", reason="rude")) for p in made],
    )
    matches = matches_of(
        cast,
        made,
        "m.status::text, (select array_agg(r.reported_id = m.user_a) from public.reports r where"
        " r.match_id = m.id and r.reporter_id = m.user_b)",
    )
    for pair, (closed, reported) in zip(made, outcomes, strict=True):
        assert (closed, reported.status) == (CLOSED, 200)
        assert matches[pair.match_id] == ("closed", [True])
    both_orders(_what_came_first(cast, made, "member.reported"))
