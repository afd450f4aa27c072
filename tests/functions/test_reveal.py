"""POST /connect/reveal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import MATCH, REVEAL, Member, Rpc, refused, refused_field

PATH = "/connect/reveal"


def test_asking_names_the_match(member: Member, rpc: Rpc) -> None:
    rpc.answers("request_reveal", {"revealState": "requested"})
    answer = member.post(PATH, {"matchId": MATCH, "action": "request"})
    assert (answer.status_code, answer.json) == (200, {"ok": True, "revealState": "requested"})
    assert rpc.args("request_reveal") == {"match_id": MATCH}


@pytest.mark.parametrize(("action", "state"), [("accept", "mutual"), ("decline", "none")])
def test_answering_names_the_reveal(member: Member, rpc: Rpc, action: str, state: str) -> None:
    rpc.answers("answer_reveal", {"revealState": state})
    answer = member.post(PATH, {"revealId": REVEAL, "action": action})
    assert (answer.status_code, answer.json) == (200, {"ok": True, "revealState": state})
    assert rpc.args("answer_reveal") == {"reveal_id": REVEAL, "action": action}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"matchId": MATCH, "action": "accept"}, "action"),
        ({"revealId": REVEAL, "action": "request"}, "action"),
        ({"matchId": MATCH, "revealId": REVEAL, "action": "request"}, "action"),
        ({"matchId": MATCH, "revealId": REVEAL, "action": "accept"}, "action"),
        ({"action": "request"}, "action"),
        ({"matchId": None, "action": "request"}, "action"),
        ({"matchId": "x", "action": "request"}, "matchId"),
        ({"revealId": "x", "action": "accept"}, "revealId"),
        ({"matchId": MATCH}, "action"),
        ({"matchId": MATCH, "action": "mutual"}, "action"),
        ({"matchId": MATCH, "action": "request", "status": "revealed"}, "status"),
    ],
)
def test_other_shapes_are_refused(member: Member, rpc: Rpc, body: dict[str, Any], field: str) -> None:
    refused_field(member.post(PATH, body), field)


def test_before_the_chat_it_is_match_not_open(member: Member, rpc: Rpc) -> None:
    rpc.refuses("request_reveal", "match_not_open", 409)
    answer = member.post(PATH, {"matchId": MATCH, "action": "request"})
    refused(answer, 409, "match_not_open")


def test_a_foreign_reveal_is_not_found(member: Member, rpc: Rpc) -> None:
    rpc.refuses("answer_reveal", "not_found", 404)
    refused(member.post(PATH, {"revealId": REVEAL, "action": "accept"}), 404, "not_found")
