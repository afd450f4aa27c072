"""POST /connect/respond."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import CHAT, MATCH, Member, Rpc, refused, refused_field

PATH = "/connect/respond"


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("accept", {"status": "accepted_a", "blindChatId": None}),
        ("accept", {"status": "blind_chat_active", "blindChatId": CHAT}),
        ("decline", {"status": "declined", "blindChatId": None}),
    ],
)
def test_an_answer_reaches_the_match(member: Member, rpc: Rpc, action: str, said: dict[str, Any]) -> None:
    rpc.answers("respond", said)
    answer = member.post(PATH, {"matchId": MATCH, "action": action})
    assert (answer.status_code, answer.json) == (200, {"ok": True, **said})
    assert rpc.args("respond") == {"match_id": MATCH, "action": action}


def test_an_id_may_be_written_in_capitals(member: Member, rpc: Rpc) -> None:
    rpc.answers("respond", {"status": "accepted_a", "blindChatId": None})
    assert member.post(PATH, {"matchId": MATCH.upper(), "action": "accept"}).status_code == 200
    assert rpc.args("respond")["match_id"] == MATCH


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("matchId", "not-a-uuid"),
        ("matchId", MATCH.replace("-", "")),
        ("matchId", f"{{{MATCH}}}"),
        ("matchId", f"{MATCH}\n"),
        ("matchId", 7),
        ("matchId", None),
        ("matchId", [MATCH]),
        ("action", "maybe"),
        ("action", "ACCEPT"),
        ("action", True),
        ("userId", MATCH),
    ],
)
def test_malformed_bodies_are_refused(member: Member, rpc: Rpc, field: str, value: Any) -> None:
    refused_field(member.post(PATH, {"matchId": MATCH, "action": "accept", field: value}), field)


def test_absent_foreign_and_over_ids_answer_the_same_bytes(member: Member, rpc: Rpc) -> None:
    answers = []
    for detail in ("No such match.", "That match is not yours.", "That match is over."):
        body = {"ok": False, "code": "not_found", "detail": detail, "why": detail}
        rpc.answers("respond", body, 404)
        answer = member.post(PATH, {"matchId": MATCH, "action": "accept"})
        refused(answer, 404, "not_found")
        headers = [(n, v) for n, v in answer.headers if n != "X-Request-Id"]
        answers.append((answer.data, headers))
    assert answers[0] == answers[1] == answers[2]


def test_the_opposite_of_ones_decision_is_match_not_open(member: Member, rpc: Rpc) -> None:
    rpc.refuses("respond", "match_not_open", 409)
    refused(member.post(PATH, {"matchId": MATCH, "action": "decline"}), 409, "match_not_open")
