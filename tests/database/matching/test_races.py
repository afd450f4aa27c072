"""Two people act at the same instant, a thousand times: the match always ends in one legal state.

Each kind of race prepares its pairs in bulk, lets both calls go together through PostgREST, and then looks at
what the database holds and at what each of the two was told. That both orders happened is part of every test:
a race nobody ran proves nothing.
"""

from collections import Counter
from typing import Any

import pytest

from tests.cast import Cast
from tests.database.crowd import crowd, pairs
from tests.database.racing import (
    ROUNDS,
    asked_by_a,
    at_once,
    both_orders,
    matches_of,
    respond,
    send,
    steps_of,
)
from tests.database.simultaneous import Answer, Call, together

pytestmark = pytest.mark.one_world


def test_accept_and_accept_open_exactly_one_chat(cast: Cast) -> None:
    """No yes is lost: whoever comes second opens the chat, whoever came first was told to wait."""
    made = pairs(cast, ROUNDS)
    outcomes = together(cast.stack, [(respond(p, "a", "accept"), respond(p, "b", "accept")) for p in made])

    matches = matches_of(cast, made, "m.status::text, m.decision_a::text, m.decision_b::text, c.id::text")
    steps = steps_of(cast, made)
    orders: Counter[str] = Counter()
    for pair, answers in zip(made, outcomes, strict=True):
        *state, chat_id = matches[pair.match_id]
        assert state == ["blind_chat_active", "accepted", "accepted"]
        assert chat_id is not None
        second = Answer(200, {"status": "accepted_both", "blindChatId": chat_id})
        first = "b" if answers[0] == second else "a"
        waiting = Answer(200, {"status": f"accepted_{first}", "blindChatId": None})
        assert answers == ((second, waiting) if first == "b" else (waiting, second))
        assert steps[pair.match_id] == [f"accepted_{first}", "accepted_both"]
        orders[first] += 1
    both_orders(orders)


def test_accept_and_decline_end_declined(cast: Cast) -> None:
    """A no is a no, whenever it comes; the one who said yes is told what a yes is always told."""
    made = pairs(cast, ROUNDS)
    outcomes = together(cast.stack, [(respond(p, "a", "accept"), respond(p, "b", "decline")) for p in made])

    matches = matches_of(
        cast, made, "m.status::text, m.decision_a::text, m.decision_b::text, c.id, m.ends_at = m.expires_at"
    )
    steps = steps_of(cast, made)
    orders: Counter[tuple[str, ...]] = Counter()
    for pair, answers in zip(made, outcomes, strict=True):
        assert answers == (
            Answer(200, {"status": "accepted_a", "blindChatId": None}),
            Answer(200, {"status": "declined", "blindChatId": None}),
        )
        assert matches[pair.match_id] == ("declined", "accepted", "declined", None, True)
        assert steps[pair.match_id][-1] == "declined"
        orders[tuple(steps[pair.match_id])] += 1
    assert set(orders) == {("accepted_a", "declined"), ("declined",)}, orders


def test_reveal_and_reveal_are_mutual(cast: Cast) -> None:
    """Two who ask at once have answered each other: one request, accepted, and both see it."""
    made = pairs(cast, ROUNDS, chatting=True)
    outcomes = together(
        cast.stack,
        [at_once(Call(m, "request_reveal", {"match_id": p.match_id}) for m in (p.a, p.b)) for p in made],
    )
    matches = matches_of(
        cast,
        made,
        "m.status::text, c.reveal_state::text,"
        " (select array_agg(r.status::text) from public.reveals r where r.match_id = m.id)",
    )
    steps = steps_of(cast, made)
    orders: Counter[str] = Counter()
    for pair, (of_a, of_b) in zip(made, outcomes, strict=True):
        assert (of_a.status, of_b.status) == (200, 200)
        assert {of_a.body["revealState"], of_b.body["revealState"]} == {"requested", "mutual"}
        assert matches[pair.match_id] == ("revealed", "mutual", ["accepted"])
        assert steps[pair.match_id] == ["revealed"]
        orders[of_a.body["revealState"]] += 1
    both_orders(orders)


def test_block_and_accept_never_leave_an_open_chat(cast: Cast) -> None:
    """A blocks after saying yes, just as b says yes: the chat never opened, or it opened and is closed."""
    made = pairs(cast, ROUNDS, accepted_by_a=True)
    outcomes = together(
        cast.stack,
        [(Call(p.a, "block_partner", {"match_id": p.match_id}), respond(p, "b", "accept")) for p in made],
    )
    matches = matches_of(
        cast,
        made,
        "m.status::text, m.left_a_at is not null, c.id::text, c.closed_at is not null, m.ends_at <= now(),"
        " exists (select from public.blocks k where k.blocker_id = m.user_a and k.blocked_id = m.user_b)",
    )
    steps = steps_of(cast, made)
    orders: Counter[tuple[str, ...]] = Counter()
    for pair, (blocked, accepted) in zip(made, outcomes, strict=True):
        assert blocked == Answer(200, {})
        chat_id = matches[pair.match_id][2]
        opened = chat_id is not None
        told = "accepted_both" if opened else "accepted_b"
        assert accepted == Answer(200, {"status": told, "blindChatId": chat_id})
        assert matches[pair.match_id] == ("closed", True, chat_id, opened, opened, True)
        orders[tuple(steps[pair.match_id])] += 1
    assert set(orders) == {("closed",), ("accepted_both", "closed")}, orders


def test_activate_and_activate_make_one_profile(cast: Cast) -> None:
    """One member on two phones: one profile, wholly of one of the two, and one consent in the ledger."""
    members = crowd(cast, ROUNDS, active=False)
    phones = {"friendship": 30, "romantic": 40}

    def call(member: Any, mode: str) -> Call:
        age = phones[mode]
        return Call(
            member, "activate", {"mode": mode, "min_age": age, "max_age": age + 4, "consent_version": "v1"}
        )

    outcomes = together(cast.stack, [at_once(call(m, mode) for mode in phones) for m in members])
    rows = cast.database.execute(
        "select p.user_id, array_agg(p.id::text), min(p.mode::text), min(p.min_age), min(p.max_age),"
        " (select count(*) from public.consents c where c.user_id = p.user_id and c.kind = 'activated')"
        " from public.connect_profiles p where p.user_id = any (%s::uuid[]) group by p.user_id",
        [[member.id for member in members]],
    ).fetchall()
    profiles = {str(row[0]): row[1:] for row in rows}
    orders: Counter[str] = Counter()
    for member, answers in zip(members, outcomes, strict=True):
        [profile_id], mode, *ages, agreed = profiles[member.id]
        for answer in answers:
            assert (answer.status, answer.body["status"], answer.body["profileId"]) == (
                200,
                "active",
                profile_id,
            )
        assert ages == [phones[mode], phones[mode] + 4]
        assert agreed == 1
        orders[mode] += 1
    both_orders(orders)


def test_close_and_send_never_reopen_a_chat(cast: Cast) -> None:
    """Whoever comes second finds the chat over: a message neither follows the end nor moves it."""
    made = pairs(cast, ROUNDS, chatting=True)
    outcomes = together(
        cast.stack, [(Call(p.a, "close_match", {"match_id": p.match_id}), send(p, "b")) for p in made]
    )
    matches = matches_of(
        cast, made, "m.status::text, m.ends_at <= now(), c.closed_at is not null, c.message_count"
    )
    orders: Counter[int] = Counter()
    for pair, (closed, sent) in zip(made, outcomes, strict=True):
        assert closed == Answer(200, {"status": "closed"})
        assert (sent.status, sent.code) in ((200, None), (404, "not_found"))
        assert matches[pair.match_id] == ("closed", True, True, 1 if sent.status == 200 else 0)
        orders[sent.status] += 1
    both_orders(orders)


def test_close_and_reveal_never_reveal_a_closed_chat(cast: Cast) -> None:
    """A has asked for names and leaves, just as b says yes: revealed and then closed, or only closed."""
    made = pairs(cast, ROUNDS, chatting=True)
    asked = asked_by_a(cast, made)
    outcomes = together(
        cast.stack,
        [
            (
                Call(p.a, "close_match", {"match_id": p.match_id}),
                Call(p.b, "answer_reveal", {"reveal_id": asked[p.match_id], "action": "accept"}),
            )
            for p in made
        ],
    )
    matches = matches_of(cast, made, "m.status::text, m.ends_at <= now(), c.reveal_state::text")
    steps = steps_of(cast, made)
    orders: Counter[int] = Counter()
    for pair, (closed, answered) in zip(made, outcomes, strict=True):
        assert closed == Answer(200, {"status": "closed"})
        mutual = answered.status == 200
        assert mutual or (answered.status, answered.code) == (404, "not_found")
        assert matches[pair.match_id] == ("closed", True, "mutual" if mutual else "none")
        assert steps[pair.match_id] == (["revealed", "closed"] if mutual else ["closed"])
        orders[answered.status] += 1
    both_orders(orders)
