"""POST /connect/report."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import MATCH, Member, Rpc, refused, refused_field

PATH = "/connect/report"
ONE = "00000000-0000-4000-8000-000000000001"


def test_reason_and_details_reach_the_database(member: Member, rpc: Rpc) -> None:
    rpc.answers("report_partner", {})
    body = {"matchId": MATCH, "reason": " harassment ", "details": "First this.\nThen that."}
    answer = member.post(PATH, body)
    assert (answer.status_code, answer.json) == (200, {"ok": True})
    assert rpc.args("report_partner") == {
        "match_id": MATCH,
        "reason": "harassment",
        "details": "First this.\nThen that.",
        "message_ids": [],
    }


def test_messages_go_by_their_ids_alone_in_one_call(member: Member, rpc: Rpc) -> None:
    """The service neither reads nor seals them, so the member's token sees nothing of the partner's."""
    rpc.answers("report_partner", {})
    ids = [f"00000000-0000-4000-8000-0000000000{n:02}" for n in range(21)]
    body = {"matchId": MATCH, "reason": "spam", "messageIds": ids[:20]}
    assert member.post(PATH, body).json == {"ok": True}
    assert rpc.args("report_partner")["message_ids"] == ids[:20]
    assert member.post(PATH, {**body, "messageIds": ids}).status_code == 422


@pytest.mark.parametrize("chosen", [["x"], [ONE, ONE], [ONE, ONE.upper()], [None], ONE, [[ONE]]])
def test_nonsense_for_messages_is_refused(member: Member, rpc: Rpc, chosen: Any) -> None:
    body = {"matchId": MATCH, "reason": "rude", "messageIds": chosen}
    problem = refused(member.post(PATH, body), 422, "invalid_body")
    assert problem["errors"][0]["field"].startswith("messageIds")


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
