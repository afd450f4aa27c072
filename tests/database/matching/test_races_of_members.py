"""One member at one instant on two phones, or one member and the matcher: a thousand times, one legal state.

Every kind writes out the ends that are legal, with what each of the two is told; see racing.py for the rest.
"""

import uuid
from collections import Counter

import pytest

from tests.cast import Cast, Json, Member
from tests.database.crowd import crowd, pairs
from tests.database.racing import ROUNDS, about, asked_by_a, both_orders, matches_of, search, send
from tests.database.runs import begin, claim
from tests.database.simultaneous import Answer, Call, together

pytestmark = pytest.mark.one_world

VECTOR = [1.0] + [0.0] * 15


def _service(cast: Cast) -> Member:
    """The matcher, as whom PostgREST knows it."""
    return Member("", cast.stack.service_role_key, "the service")


def test_send_and_send_number_the_messages_one_after_the_other(cast: Cast) -> None:
    """Both write at once: both messages are there, and every reader sees them in one order."""
    made = pairs(cast, ROUNDS, chatting=True)
    outcomes = together(cast.stack, [(send(p, "a"), send(p, "b")) for p in made])
    matches = matches_of(
        cast,
        made,
        "c.message_count, (select array_agg(x.id::text order by x.number) from public.blind_chat_messages x"
        " where x.blind_chat_id = c.id), (select array_agg(x.number order by x.number)"
        " from public.blind_chat_messages x where x.blind_chat_id = c.id)",
    )
    orders: Counter[bool] = Counter()
    for pair, answers in zip(made, outcomes, strict=True):
        assert [answer.status for answer in answers] == [200, 200]
        count, ids, numbers = matches[pair.match_id]
        assert (count, numbers) == (2, [1, 2])
        sent = [answer.body["messageId"] for answer in answers]
        assert sorted(ids) == sorted(sent)
        orders[ids == sent] += 1
    both_orders(orders)


def test_declining_and_asking_for_names_at_once_end_mutual(cast: Cast) -> None:
    """B declines a's asking on one phone and asks on the other: who asks says yes, before or after a no."""
    made = pairs(cast, ROUNDS, chatting=True)
    asked = asked_by_a(cast, made)
    outcomes = together(
        cast.stack,
        [
            (
                Call(p.b, "answer_reveal", {"reveal_id": asked[p.match_id], "action": "decline"}),
                about(p, "b", "request_reveal"),
            )
            for p in made
        ],
    )
    matches = matches_of(
        cast,
        made,
        "m.status::text, c.reveal_state::text,"
        " (select array_agg(r.status::text) from public.reveals r where r.match_id = m.id)",
    )
    orders: Counter[int] = Counter()
    for pair, (declined, wished) in zip(made, outcomes, strict=True):
        assert wished == Answer(200, {"revealState": "mutual"})
        assert (declined.status, declined.code) in ((200, None), (409, "match_not_open"))
        assert matches[pair.match_id] == ("revealed", "mutual", ["accepted"])
        orders[declined.status] += 1
    both_orders(orders)


def test_pause_and_a_proposal_never_propose_who_pauses(cast: Cast) -> None:
    """The matcher proposes a just as a pauses: no match, or one that a has left and b sees as ever."""
    members = crowd(cast, 2 * ROUNDS)
    rows = cast.database.execute(
        "select user_id::text, revision from public.connect_profiles where user_id = any (%s::uuid[])",
        [[member.id for member in members]],
    ).fetchall()
    revisions = {str(user_id): int(revision) for user_id, revision in rows}
    made = list(zip(members[:ROUNDS], members[ROUNDS:], strict=True))

    def offer(a: Member, b: Member) -> Json:
        people = {"a": a.id, "b": b.id, "revisionA": revisions[a.id], "revisionB": revisions[b.id]}
        rest = {"mode": "romantic", "totalScore": 80, "labels": ["shared_values"]}
        return people | rest

    service, run = _service(cast), begin(cast.database)
    outcomes = together(
        cast.stack,
        [
            (
                Call(a, "deactivate", {}),
                Call(
                    service,
                    "store_proposals",
                    {"claim": claim(cast, run), "proposals": [offer(a, b)]},
                ),
            )
            for a, b in made
        ],
    )
    found = cast.database.execute(
        "select p.user_id::text, p.is_active, m.status::text,"
        " case when m.user_a = p.user_id then m.left_a_at else m.left_b_at end is not null,"
        " case when m.user_a = p.user_id then m.left_b_at else m.left_a_at end is not null, m.ends_at > now()"
        " from public.connect_profiles p left join public.matches m on p.user_id in (m.user_a, m.user_b)"
        " where p.user_id = any (%s::uuid[])",
        [[a.id for a, _ in made]],
    ).fetchall()
    ends = {str(row[0]): row[1:] for row in found}
    assert len(found) == ROUNDS, "somebody was proposed twice"
    orders: Counter[int] = Counter()
    for (a, _), (paused, stored) in zip(made, outcomes, strict=True):
        assert (paused.status, stored.status) == (200, 200), stored
        count = stored.body["stored"]
        proposed = (False, "closed", True, False, True)
        assert ends[a.id] == (proposed if count else (False, None, False, False, None))
        orders[count] += 1
    both_orders(orders)


def test_joining_and_leaving_an_event_end_in_or_out(cast: Cast) -> None:
    """One member joins and leaves: whichever came last holds, and nobody is half there."""
    code = f"RACE-{uuid.uuid4().hex[:8].upper()}"
    event = cast.value("insert into public.events (code, name) values (%s, 'Race') returning id", code)
    members = crowd(cast, ROUNDS, active=False)
    ids = [member.id for member in members]
    cast.database.execute(
        "insert into public.event_members (event_id, user_id) select %s, unnest(%s::uuid[])", [event, ids]
    )
    words = {"event_code": code}
    outcomes = together(
        cast.stack, [(Call(m, "join_event", words), Call(m, "leave_event", words)) for m in members]
    )
    there = {
        str(user_id)
        for (user_id,) in cast.database.execute(
            "select user_id from public.event_members where event_id = %s", [event]
        ).fetchall()
    }
    orders: Counter[bool] = Counter()
    for member, (joined, left) in zip(members, outcomes, strict=True):
        assert (joined.status, joined.body["status"]) == (200, "joined")
        assert (left.status, left.body["status"]) == (200, "left")
        orders[member.id in there] += 1
    both_orders(orders)
    cast.database.execute("delete from public.events where id = %s", [event])


def test_switching_and_activating_never_lose_a_switch(cast: Cast) -> None:
    """One phone allows a signal while the other activates: the ledger ends with the signal allowed."""
    members = crowd(cast, ROUNDS, active=False)
    agreed = {"mode": "friendship", "consent_version": "v1"}
    allowed = {"version": "v1", "switches": {"feedback": True}}
    outcomes = together(
        cast.stack, [(Call(m, "activate", agreed), Call(m, "put_consents", allowed)) for m in members]
    )
    rows = cast.database.execute(
        "select user_id::text, array_agg(kind::text order by id), array_agg(signals::text order by id)"
        " from public.consents where user_id = any (%s::uuid[]) group by user_id",
        [[member.id for member in members]],
    ).fetchall()
    ledger = {str(row[0]): (row[1], row[2]) for row in rows}
    orders: Counter[str] = Counter()
    for member, answers in zip(members, outcomes, strict=True):
        assert [answer.status for answer in answers] == [200, 200]
        assert ledger[member.id] in (
            (["activated", "switched"], ["{}", "{feedback}"]),
            (["switched", "activated"], ["{feedback}", "{feedback}"]),
        )
        orders[ledger[member.id][0][0]] += 1
    both_orders(orders)


def test_withdrawing_values_and_storing_them_leave_nothing(cast: Cast) -> None:
    """A member withdraws the values switch just as their vectors arrive: nothing of them stays."""
    members = crowd(cast, ROUNDS, active=False)
    search(cast, members)
    cast.database.execute(
        "insert into public.consents (user_id, version, kind, signals)"
        " select unnest(%s::uuid[]), 'v1', 'switched', '{values}'",
        [[member.id for member in members]],
    )
    service = _service(cast)
    withdrawn = {"version": "v1", "switches": {}}
    names = ("values_vector", "communication_vector", "life_goals_vector")
    vectors = dict.fromkeys(names, str(VECTOR)) | {"readiness": 70}
    outcomes = together(
        cast.stack,
        [
            (
                Call(m, "put_consents", withdrawn),
                Call(service, "store_profile_vectors", {"user_id": m.id} | vectors),
            )
            for m in members
        ],
    )
    left = cast.value(
        "select count(*) from public.connect_profiles p where p.user_id = any (%s::uuid[])"
        " and num_nonnulls(p.values_vector, p.communication_vector, p.life_goals_vector,"
        " p.emotional_readiness_score, p.vectors_stored_at) > 0",
        [member.id for member in members],
    )
    assert left == 0
    orders: Counter[int] = Counter()
    for switched, stored in outcomes:
        assert (switched.status, switched.body["switches"]["values"]) == (200, False)
        assert stored.status in (200, 403)
        orders[stored.status] += 1
    both_orders(orders)
