"""GET /connect/funnel."""

from __future__ import annotations

import pytest

from tests.functions.deployment import Member, Rpc, refused, refused_field

PATH = "/connect/funnel"
LAST_NIGHT = {"funnel": {"total": 500, "left": None}, "asOf": "2026-11-20T02:47:00.000000Z"}
NONE_YET = {"funnel": None, "asOf": None}


@pytest.mark.parametrize("told", [LAST_NIGHT, NONE_YET], ids=["last night", "before the first night"])
def test_the_answer_is_what_the_database_says(member: Member, rpc: Rpc, told: dict[str, object]) -> None:
    rpc.answers("get_funnel", told)
    answer = member.get(PATH)
    assert (answer.status_code, answer.json) == (200, {"ok": True, **told})
    assert rpc.args("get_funnel") == {}
    assert rpc.sent_headers("get_funnel")["authorization"] == f"Bearer {member.token}"


def test_nobody_asks_for_somebody_else_s(member: Member, rpc: Rpc) -> None:
    refused_field(member.get(f"{PATH}?userId=1"), "query")


def test_without_a_token_nothing_is_asked(member: Member, rpc: Rpc) -> None:
    refused(member.client.get(PATH), 401, "unauthenticated")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_is_only_read(member: Member, rpc: Rpc, method: str) -> None:
    headers = {"Authorization": f"Bearer {member.token}"}
    answer = member.client.open(PATH, method=method, json={}, headers=headers)
    refused(answer, 405, "method_not_allowed")


def test_too_many_requests_tell_when_to_come_back(member: Member, rpc: Rpc) -> None:
    limits = {"RateLimit-Limit": "120", "RateLimit-Remaining": "0", "RateLimit-Reset": "17"}
    body = {"ok": False, "code": "rate_limited", "detail": "Too many reads."}
    rpc.answers("get_funnel", body, 429, limits | {"Retry-After": "17"})
    answer = member.get(PATH)
    refused(answer, 429, "rate_limited")
    assert answer.headers["Retry-After"] == "17"
