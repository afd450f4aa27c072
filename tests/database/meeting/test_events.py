"""Joining and leaving events: who is matched there afterwards, and that codes tell nothing when tried out."""

import uuid

import httpx
import pytest

from tests.cast import Cast, Member
from tests.database.answers import NOT_FOUND, not_found, ok, refused
from tests.database.events import Event, event
from tests.database.lists import listed_with, put_on

JOIN, LEAVE = "/connect/events/join", "/connect/events/leave"


def at(cast: Cast, party: Event) -> set[str]:
    """Who is at the event."""
    rows = cast.database.execute(
        "select user_id::text from public.all_events_members where event_id = %s", [party.id]
    )
    return {user for (user,) in rows}


def queued(cast: Cast, member: Member, party: Event) -> tuple[int, str] | None:
    """Priority and reason of the member's row in the event's queue."""
    row = cast.database.execute(
        "select priority, reason::text from public.matchmaking_queue where user_id = %s and event_id = %s",
        [member.id, party.id],
    ).fetchone()
    return None if row is None else (row[0], row[1])


def told(cast: Cast, member: Member, party: Event) -> list[str]:
    """What the outbox holds about the member and the event."""
    rows = cast.database.execute(
        "select event_type from public.domain_events where user_id = %s and payload ->> 'event' = %s"
        " order by id",
        [member.id, party.id],
    )
    return [kind for (kind,) in rows]


def joined(answer: httpx.Response, party: Event) -> None:
    """The whole body of a success."""
    assert answer.status_code == 200, answer.text
    said = {"status": "joined", "eventCode": party.code, "eventName": party.name}
    assert answer.json() == {"ok": True} | said


def test_who_joins_is_matched_there(cast: Cast) -> None:
    member, party = cast.member(), event(cast)
    joined(cast.call(member, "POST", JOIN, {"eventCode": f" {party.code.upper()} "}), party)
    assert at(cast, party) == {member.id}
    assert queued(cast, member, party) == (0, "joined")
    assert told(cast, member, party) == ["event.joined"]


def test_joining_again_changes_nothing(cast: Cast) -> None:
    member, party = cast.member(), event(cast)
    first = cast.call(member, "POST", JOIN, {"eventCode": party.code})
    cast.database.execute("delete from public.matchmaking_queue where event_id = %s", [party.id])
    again = cast.call(member, "POST", JOIN, {"eventCode": party.code.lower()})
    assert again.content == first.content
    joined(again, party)
    assert queued(cast, member, party) is None
    assert told(cast, member, party) == ["event.joined"]


def test_a_stranger_joins_first_and_is_matched_once_they_activate(cast: Cast) -> None:
    stranger, party = cast.stranger(), event(cast)
    joined(cast.call(stranger, "POST", JOIN, {"eventCode": party.code}), party)
    assert at(cast, party) == {stranger.id}
    assert queued(cast, stranger, party) is None
    cast.database.execute(
        "update public.users set display_name = 'New', birth_date = '1990-01-01', gender = 'female',"
        " lang_primary = 'en', tz = 'Europe/Paris' where id = %s",
        [stranger.id],
    )
    ok(cast.rpc(stranger, "activate", mode="both", consent_version="v1"))
    assert queued(cast, stranger, party) == (0, "joined")


def test_whoever_pauses_joins_and_waits_for_the_end_of_the_pause(cast: Cast) -> None:
    member, party = cast.member(), event(cast)
    ok(cast.rpc(member, "deactivate"))
    joined(cast.call(member, "POST", JOIN, {"eventCode": party.code}), party)
    assert queued(cast, member, party) is None


def test_a_pause_with_an_end_ends_at_the_event_too(cast: Cast) -> None:
    early, late, party = cast.member(), cast.member(), event(cast, enabled=False)
    until = cast.value("select to_jsonb(now() + interval '2 hours')")
    for member in (early, late):
        ok(cast.rpc(member, "deactivate", until=until))
    joined(cast.call(early, "POST", JOIN, {"eventCode": party.code}), party)
    cast.database.execute("update public.events set matchmaking_enabled = true where id = %s", [party.id])
    joined(cast.call(late, "POST", JOIN, {"eventCode": party.code}), party)
    turn = "select to_jsonb(available_at) from public.matchmaking_queue where user_id = %s and event_id = %s"
    assert [cast.value(turn, member.id, party.id) for member in (early, late)] == [until, until]


def test_an_event_without_matchmaking_queues_nobody_until_it_is_enabled(cast: Cast) -> None:
    member, party = cast.member(), event(cast, enabled=False)
    joined(cast.call(member, "POST", JOIN, {"eventCode": party.code}), party)
    assert queued(cast, member, party) is None
    cast.database.execute("update public.events set matchmaking_enabled = true where id = %s", [party.id])
    assert queued(cast, member, party) == (3, "enabled")


def test_who_leaves_is_in_no_queue_and_on_no_list_of_the_event(cast: Cast) -> None:
    member, other, party = cast.member(), cast.member(gender="male"), event(cast)
    for one in (member, other):
        joined(cast.call(one, "POST", JOIN, {"eventCode": party.code}), party)
    pair = cast.pair("proposed", a=member, b=other)
    cast.database.execute("update public.matches set event_id = %s where id = %s", [party.id, pair.match_id])
    for owner, candidate in ((member, other), (other, member)):
        put_on(cast, owner, candidate, event=party.id)
        put_on(cast, owner, candidate)
    answer = cast.call(member, "POST", LEAVE, {"eventCode": party.code.lower()})
    assert answer.status_code == 200
    said = {"status": "left", "eventCode": party.code, "eventName": party.name}
    assert answer.json() == {"ok": True} | said
    assert at(cast, party) == {other.id}
    assert queued(cast, member, party) is None
    assert queued(cast, other, party) is not None
    listed = "select user_id::text, candidates from private.lists where event_id = %s"
    assert cast.database.execute(listed, [party.id]).fetchall() == [(other.id, [])]
    # In the global pool they stay on each other's lists.
    assert (listed_with(cast, member), listed_with(cast, other)) == ({other.id}, {member.id})
    assert told(cast, member, party) == ["event.joined", "event.left"]
    # What was proposed there stays a proposal, and the global pool goes on.
    assert ok(cast.rpc(member, "get_status"))["current"]["stage"] == "match_found"
    held = "select count(*) from public.matchmaking_queue where user_id = %s and event_id is null"
    assert cast.value(held, member.id) == 1


def test_one_may_leave_an_event_that_is_over(cast: Cast) -> None:
    member, party = cast.member(), event(cast, ends="1 hour")
    joined(cast.call(member, "POST", JOIN, {"eventCode": party.code}), party)
    cast.database.execute(
        "update public.events set ends_at = now() - interval '1 hour' where id = %s", [party.id]
    )
    assert cast.call(member, "POST", LEAVE, {"eventCode": party.code}).status_code == 200
    assert at(cast, party) == set()


def test_unknown_over_and_foreign_events_answer_the_same_bytes(cast: Cast) -> None:
    """A code that is tried out tells nothing, not even that the event exists; and nothing is made."""
    stranger, over, foreign = cast.stranger(), event(cast, ends="-1 second"), event(cast)
    joined(cast.call(cast.member(), "POST", JOIN, {"eventCode": foreign.code}), foreign)
    answers = [
        cast.call(stranger, "POST", JOIN, {"eventCode": "no-such-event"}),
        cast.call(stranger, "POST", JOIN, {"eventCode": over.code}),
        cast.call(stranger, "POST", LEAVE, {"eventCode": "no-such-event"}),
        cast.call(stranger, "POST", LEAVE, {"eventCode": over.code}),
        cast.call(stranger, "POST", LEAVE, {"eventCode": foreign.code}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    not_found(cast.rpc(stranger, "join_event", event_code=over.code))
    not_found(cast.rpc(stranger, "join_event", event_code=None))
    assert cast.value("select count(*) from public.users where id = %s", stranger.id) == 0
    assert at(cast, over) == set()


@pytest.mark.parametrize("function", ["join_event", "leave_event"])
def test_codes_cannot_be_tried_out(cast: Cast, function: str) -> None:
    member = cast.member()
    with cast.settings(wrong_ids_per_10_minutes=2):
        for _ in range(2):
            assert cast.rpc(member, function, event_code=uuid.uuid4().hex).json() == NOT_FOUND
        party = event(cast)
        refused(cast.rpc(member, function, event_code=party.code), 429, "rate_limited")
    assert at(cast, party) == set()


def test_an_erased_member_is_at_no_event(cast: Cast) -> None:
    member, party = cast.member(), event(cast)
    joined(cast.call(member, "POST", JOIN, {"eventCode": party.code}), party)
    cast.database.execute("delete from auth.users where id = %s", [member.id])
    assert at(cast, party) == set()
