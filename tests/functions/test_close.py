"""POST /connect/close."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import MATCH, Member, Rpc, refused, refused_field

PATH = "/connect/close"


def test_the_match_reaches_the_database(member: Member, rpc: Rpc) -> None:
    rpc.answers("close_match", {"status": "closed"})
    answer = member.post(PATH, {"matchId": MATCH})
    assert (answer.status_code, answer.json) == (200, {"ok": True} | {"status": "closed"})
    assert rpc.args("close_match") == {"match_id": MATCH}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("matchId", {}),
        ("matchId", {"matchId": "1"}),
        ("userId", {"matchId": MATCH, "userId": MATCH}),
    ],
)
def test_only_a_match_is_taken(member: Member, rpc: Rpc, field: str, body: dict[str, Any]) -> None:
    refused_field(member.post(PATH, body), field)


def test_an_unknown_match_is_not_found(member: Member, rpc: Rpc) -> None:
    rpc.refuses("close_match", "not_found", 404)
    refused(member.post(PATH, {"matchId": MATCH}), 404, "not_found")
