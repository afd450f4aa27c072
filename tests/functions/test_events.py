"""POST /connect/events/join and /connect/events/leave."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import RATE, Member, Rpc, refused, refused_field

ROUTES = {"/connect/events/join": "join_event", "/connect/events/leave": "leave_event"}
ANSWERS = {"join_event": "joined", "leave_event": "left"}


@pytest.mark.parametrize(("path", "function"), ROUTES.items())
def test_the_code_reaches_the_database(member: Member, rpc: Rpc, path: str, function: str) -> None:
    told = {"status": ANSWERS[function], "eventCode": "NYE-2026", "eventName": "New Year's Eve"}
    rpc.answers(function, told)
    answer = member.post(path, {"eventCode": " nye-2026 "})
    assert (answer.status_code, answer.json) == (200, {"ok": True} | told)
    assert rpc.args(function) == {"event_code": "nye-2026"}
    assert rpc.sent_headers(function)["authorization"] == f"Bearer {member.token}"
    assert answer.headers["RateLimit-Remaining"] == RATE["RateLimit-Remaining"]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("eventCode", {}),
        ("eventCode", {"eventCode": None}),
        ("eventCode", {"eventCode": 2026}),
        ("eventCode", {"eventCode": "abc"}),
        ("eventCode", {"eventCode": "a" * 41}),
        ("eventCode", {"eventCode": "-abc"}),
        ("eventCode", {"eventCode": "new year"}),
        ("eventCode", {"eventCode": "ÄÖÜß"}),
        ("eventCode", {"eventCode": "abcd\n%"}),
        ("userId", {"eventCode": "NYE-2026", "userId": "somebody"}),
    ],
)
def test_only_a_code_is_taken(member: Member, rpc: Rpc, path: str, field: str, body: dict[str, Any]) -> None:
    refused_field(member.post(path, body), field)


@pytest.mark.parametrize(("path", "function"), ROUTES.items())
def test_an_unknown_event_is_not_found(member: Member, rpc: Rpc, path: str, function: str) -> None:
    rpc.refuses(function, "not_found", 404)
    refused(member.post(path, {"eventCode": "NYE-2026"}), 404, "not_found")
