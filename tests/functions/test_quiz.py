"""GET and PUT /connect/quiz."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.quiz.questionnaire import questionnaire
from tests.functions.deployment import Member, Rpc, refused

PATH = "/connect/quiz"
QUIZ = questionnaire()
ASKED = {"version": "1", "answers": {"decide_myself": 6, "days_alike": None}}
FIRST = next(iter(QUIZ.items.values()))
MISSING = {"values": False, "communication": False, "lifeGoals": False, "readiness": False}


def body_of(answer: TestResponse) -> Any:
    """The body of a success."""
    assert answer.status_code == 200
    return answer.json


def told(**changes: Any) -> dict[str, Any]:
    """What the database says of a member."""
    return {"answers": {}, "language": "en", "mode": "both"} | changes


def test_all_statements_are_shown_with_what_was_answered(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_quiz", told(answers={FIRST.id: 6}))
    body = body_of(member.get(PATH))
    assert (body["ok"], body["version"], body["enough"]) == (True, QUIZ.version, MISSING)
    assert [item["id"] for item in body["items"]] == [*QUIZ.items]
    assert body["items"][0] == {"id": FIRST.id, "area": "values", "text": FIRST.texts["en"], "answer": 6}
    assert {item["answer"] for item in body["items"][1:]} == {None}
    assert rpc.args("get_quiz") == {}


@pytest.mark.parametrize(("language", "shown"), [("de", "de"), ("en", "en"), ("fr", "en"), (None, "en")])
def test_statements_come_in_the_member_s_language(
    member: Member, rpc: Rpc, language: str | None, shown: str
) -> None:
    rpc.answers("get_quiz", told(language=language))
    texts = [item["text"] for item in body_of(member.get(PATH))["items"]]
    assert texts == [item.texts[shown] for item in QUIZ.items.values()]


@pytest.mark.parametrize("mode", ["romantic", "friendship", "both", "professional", None])
def test_who_only_looks_for_friends_is_not_asked_about_romance(
    member: Member, rpc: Rpc, mode: str | None
) -> None:
    rpc.answers("get_quiz", told(mode=mode))
    body = body_of(member.get(PATH))
    friends = mode == "friendship"
    assert {item["id"] for item in body["items"]} == {
        item.id for item in QUIZ.items.values() if not (friends and item.scale.romance)
    }
    assert body["enough"]["readiness"] is (None if friends else False)


def test_a_signal_with_enough_answers_is_told(member: Member, rpc: Rpc) -> None:
    said = {item.id: 4 + 2 * item.key for item in QUIZ.items.values() if item.area != "communication"}
    rpc.answers("put_quiz", told(answers=said))
    body = body_of(member.put(PATH, ASKED))
    assert body["enough"] == {"values": True, "communication": False, "lifeGoals": True, "readiness": True}


def test_answers_reach_the_database_and_come_back(member: Member, rpc: Rpc) -> None:
    rpc.answers("put_quiz", told(answers={FIRST.id: 6, "long_gone": 2}))
    body = body_of(member.put(PATH, ASKED))
    assert rpc.args("put_quiz") == ASKED
    assert body["items"][0]["answer"] == 6
    assert "long_gone" not in {item["id"] for item in body["items"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"answers": {"no_such_statement": 3}}, "answers.no_such_statement"),
        ({"answers": {"<b>": 3}}, "answers.?"),
        ({"answers": {FIRST.id: 0}}, f"answers.{FIRST.id}"),
        ({"answers": {FIRST.id: 8}}, f"answers.{FIRST.id}"),
        ({"answers": {FIRST.id: 2.5}}, f"answers.{FIRST.id}"),
        ({"answers": {FIRST.id: "6"}}, f"answers.{FIRST.id}"),
        ({"answers": {FIRST.id: True}}, f"answers.{FIRST.id}"),
        ({"answers": []}, "answers"),
        ({"answers": None}, "answers"),
        ({"version": "not a version"}, "version"),
        ({"version": 1}, "version"),
        ({"userId": "somebody"}, "userId"),
    ],
)
def test_nonsense_is_refused(member: Member, rpc: Rpc, changes: dict[str, Any], field: str) -> None:
    problem = refused(member.put(PATH, ASKED | changes), 422, "invalid_body")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_answers_to_another_version_are_refused(member: Member, rpc: Rpc) -> None:
    problem = refused(member.put(PATH, ASKED | {"version": "0"}), 422, "invalid_body")
    assert problem["detail"] == "version: the questionnaire has version 1; read it again."


def test_the_switch_must_be_on(member: Member, rpc: Rpc) -> None:
    rpc.refuses("put_quiz", "consent_required", 403)
    refused(member.put(PATH, ASKED), 403, "consent_required")
