"""GET /connect/status."""

from __future__ import annotations

from tests.functions.deployment import Member, Rpc, refused, refused_field

PATH = "/connect/status"
EMPTY = {"active": True, "current": {"stage": "searching", "matchId": None}, "matches": []}


def test_the_answer_is_what_the_database_says(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_status", EMPTY)
    answer = member.get(PATH)
    assert (answer.status_code, answer.json) == (200, {"ok": True, **EMPTY})
    assert rpc.args("get_status") == {}
    assert rpc.sent_headers("get_status")["authorization"] == f"Bearer {member.token}"


def test_reading_is_a_post_to_the_database_so_that_it_can_count(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_status", EMPTY)
    member.get(PATH)
    assert rpc.routes["get_status"].calls.last.request.method == "POST"


def test_parameters_are_refused(member: Member, rpc: Rpc) -> None:
    refused_field(member.get(f"{PATH}?userId=1"), "query")


def test_too_many_requests_tell_when_to_come_back(member: Member, rpc: Rpc) -> None:
    limits = {"RateLimit-Limit": "120", "RateLimit-Remaining": "0", "RateLimit-Reset": "17"}
    body = {"ok": False, "code": "rate_limited", "detail": "Too many reads."}
    rpc.answers("get_status", body, 429, limits | {"Retry-After": "17"})
    answer = member.get(PATH)
    refused(answer, 429, "rate_limited")
    assert answer.headers["Retry-After"] == "17"
    assert {name: answer.headers[name] for name in limits} == limits
