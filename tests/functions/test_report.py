"""POST /connect/report."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import MATCH, Member, Rpc, refused, refused_field

PATH = "/connect/report"


def test_reason_and_details_reach_the_database(member: Member, rpc: Rpc) -> None:
    rpc.answers("report_partner", {})
    body = {"matchId": MATCH, "reason": " harassment ", "details": "First this.\nThen that."}
    answer = member.post(PATH, body)
    assert (answer.status_code, answer.json) == (200, {"ok": True})
    assert rpc.args("report_partner") == {
        "match_id": MATCH,
        "reason": "harassment",
        "details": "First this.\nThen that.",
    }


def test_details_may_be_absent(member: Member, rpc: Rpc) -> None:
    rpc.answers("report_partner", {})
    assert member.post(PATH, {"matchId": MATCH, "reason": "spam"}).status_code == 200
    assert rpc.args("report_partner")["details"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("matchId", "1"),
        ("reason", ""),
        ("reason", "   "),
        ("reason", "x" * 101),
        ("reason", "two\nlines"),
        ("reason", None),
        ("details", "x" * 2001),
        ("details", "\x00"),
        ("reportedUserId", MATCH),
    ],
)
def test_nonsense_is_refused(member: Member, rpc: Rpc, field: str, value: Any) -> None:
    body = {"matchId": MATCH, "reason": "spam", field: value}
    refused_field(member.post(PATH, body), field)


def test_an_unknown_match_is_not_found(member: Member, rpc: Rpc) -> None:
    rpc.refuses("report_partner", "not_found", 404)
    answer = member.post(PATH, {"matchId": MATCH, "reason": "spam"})
    refused(answer, 404, "not_found")
