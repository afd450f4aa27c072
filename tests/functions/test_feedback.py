"""POST /connect/feedback."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import MATCH, Member, Rpc, refused

PATH = "/connect/feedback"
EXAMPLE = {
    "matchId": MATCH,
    "rating": 4,
    "fitScore": 78,
    "safetyScore": 90,
    "communicationScore": 70.5,
    "reasons": ["shared_values", "timing"],
    "notes": "Felt respectful\nand aligned.",
}


def test_everything_said_reaches_the_database(member: Member, rpc: Rpc) -> None:
    rpc.answers("give_feedback", {})
    answer = member.post(PATH, EXAMPLE)
    assert (answer.status_code, answer.json) == (200, {"ok": True})
    assert rpc.args("give_feedback") == {
        "match_id": MATCH,
        "rating": 4,
        "fit_score": 78,
        "safety_score": 90,
        "communication_score": 70.5,
        "reasons": ["shared_values", "timing"],
        "notes": "Felt respectful\nand aligned.",
    }


def test_a_rating_alone_is_enough(member: Member, rpc: Rpc) -> None:
    rpc.answers("give_feedback", {})
    assert member.post(PATH, {"matchId": MATCH, "rating": 1}).status_code == 200
    assert rpc.args("give_feedback") == {
        "match_id": MATCH,
        "rating": 1,
        "fit_score": None,
        "safety_score": None,
        "communication_score": None,
        "reasons": [],
        "notes": None,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rating", 0),
        ("rating", 6),
        ("rating", 4.5),
        ("rating", None),
        ("fitScore", -1),
        ("safetyScore", 100.01),
        ("communicationScore", "70"),
        ("fitScore", True),
        ("reasons", ["a"] * 11),
        ("reasons", ["timing", "timing"]),
        ("reasons[0]", ["Shared Values"]),
        ("reasons[0]", ["a" * 51]),
        ("notes", "x" * 1001),
        ("notes", "bell\x07"),
        ("vectorDelta", [1]),
    ],
)
def test_nonsense_is_refused(member: Member, rpc: Rpc, field: str, value: Any) -> None:
    problem = refused(member.post(PATH, EXAMPLE | {field.partition("[")[0]: value}), 422, "invalid_body")
    assert any(error["field"].startswith(field) for error in problem["errors"]), problem


def test_before_a_chat_opened_it_is_match_not_open(member: Member, rpc: Rpc) -> None:
    rpc.refuses("give_feedback", "match_not_open", 409)
    refused(member.post(PATH, EXAMPLE), 409, "match_not_open")
