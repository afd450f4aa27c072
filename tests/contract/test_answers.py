"""Every answer a member gets is the one its route names, to the last member and value."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from functions.connect.routes import ROUTES
from shared.openapi import document
from shared.quiz.questionnaire import questionnaire
from tests.cast import Cast, Member

DOCUMENT = document("connect", ROUTES, "member")


class Reader:
    """Calls as members and holds each answer to the document; remembers which routes answered."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.answered: set[tuple[str, str]] = set()

    def __call__(self, member: Member | str | None, method: str, path: str, body: Any = None) -> Any:
        answer = self.cast.call(member, method, path, body)
        plain = path.split("?")[0]
        told = DOCUMENT["paths"][plain][method.lower()]["responses"]["200"]
        assert answer.status_code == 200, answer.text
        schema = told["content"]["application/json"]["schema"]
        jsonschema_rs.validator_for(
            schema | {"components": DOCUMENT["components"]}, validate_formats=True
        ).validate(answer.json())
        assert {name.lower() for name in told["headers"] if name != "Idempotent-Replayed"} <= {
            name.lower() for name in answer.headers
        }
        self.answered.add((method, plain))
        return answer.json()


@pytest.fixture
def call(cast: Cast) -> Reader:
    return Reader(cast)


def test_every_route_answers_as_it_says(cast: Cast, call: Reader) -> None:
    for state in ("proposed", "accepted_a", "blind_chat_active", "reveal_requested", "revealed"):
        pair = cast.pair(state)
        for member in (pair.a, pair.b):
            call(member, "GET", "/connect/status")
    newcomer = cast.stranger()
    for path in ("profile", "consents", "status", "funnel", "quiz"):
        call(newcomer, "GET", f"/connect/{path}")
    profile = {
        "displayName": "Ana",
        "birthDate": "1990-05-17",
        "birthTime": "14:30",
        "birthTimeAccuracy": "exact",
        "birthPlace": "Berlin",
        "gender": "female",
        "langPrimary": "en",
        "homePlace": "Hamburg",
    }
    call(newcomer, "PUT", "/connect/profile", profile)
    call(newcomer, "POST", "/connect/activate", {"mode": "both", "consentVersion": "v1"})
    switches = {"location": True, "values": True}
    call(newcomer, "PUT", "/connect/consents", {"version": "v1", "switches": switches})
    answers = {"decide_myself": 6, "days_alike": None}
    call(newcomer, "PUT", "/connect/quiz", {"version": questionnaire().version, "answers": answers})
    call(newcomer, "PUT", "/connect/interests", {"interests": ["chess"]})
    wishes = {"traits": ["religious"], "networkingGoals": ["hire"], "algorithmWeights": {"values": 1.5}}
    call(newcomer, "PUT", "/connect/preferences", wishes)
    work = {
        "industry": "law",
        "jobLevel": "lead",
        "employer": "Acme",
        "skills": ["French"],
        "shown": ["skills"],
    }
    call(newcomer, "PUT", "/connect/work-profile", work)
    for path in ("profile", "consents", "interests", "preferences", "work-profile", "status", "quiz"):
        call(newcomer, "GET", f"/connect/{path}")
    call(newcomer, "POST", "/connect/deactivate", {"until": "2099-01-31T12:00:00Z"})
    call(newcomer, "POST", "/connect/deactivate", {})
    call(newcomer, "GET", "/connect/status")

    cast.database.execute(
        "insert into private.funnels (user_id, funnel, engine_version) values (%s, %s, 'test')",
        [
            newcomer.id,
            json.dumps(
                {
                    "searching": 800,
                    "steps": [{"rule": "age", "left": 300}, {"rule": "gender", "left": None}],
                    "suggestions": [{"change": "widen_age", "effect": "about_doubles"}],
                    "sentences": ["About 800 people are searching."],
                }
            ),
        ],
    )
    call(newcomer, "GET", "/connect/funnel")

    pair = cast.pair("proposed")
    call(pair.a, "POST", "/connect/respond", {"matchId": pair.match_id, "action": "accept"})
    chat = call(pair.b, "POST", "/connect/respond", {"matchId": pair.match_id, "action": "accept"})
    call(pair.b, "POST", "/connect/respond", {"matchId": pair.match_id, "action": "accept"})
    chat_id = chat["blindChatId"]
    call(pair.a, "GET", f"/connect/chat?blindChatId={chat_id}")
    call(pair.a, "POST", "/connect/chat", {"blindChatId": chat_id, "message": "Hello"})
    page = call(pair.b, "GET", f"/connect/chat?blindChatId={chat_id}")
    call(pair.b, "GET", f"/connect/chat?blindChatId={chat_id}&after={page['next']}")
    call(pair.a, "POST", "/connect/reveal", {"matchId": pair.match_id, "action": "request"})
    asked = call(pair.b, "GET", "/connect/status")["current"]["revealId"]
    call(pair.b, "POST", "/connect/reveal", {"revealId": asked, "action": "decline"})
    call(pair.b, "POST", "/connect/reveal", {"matchId": pair.match_id, "action": "request"})
    call(pair.b, "GET", "/connect/status")
    call(pair.a, "POST", "/connect/feedback", {"matchId": pair.match_id, "rating": 5, "reasons": ["kind"]})
    evidence = [message["id"] for message in page["messages"]]
    report = {"matchId": pair.match_id, "reason": "Spam", "messageIds": evidence}
    call(pair.a, "POST", "/connect/report", report)
    report_id = str(cast.value("select id from public.reports where match_id = %s", pair.match_id))
    call(cast.stack.admin_token, "POST", "/admin/evidence", {"reportId": report_id, "why": "To decide."})
    call(pair.a, "POST", "/connect/close", {"matchId": pair.match_id})
    call(pair.a, "POST", "/connect/block", {"matchId": pair.match_id})
    declined = cast.pair("proposed")
    call(declined.a, "POST", "/connect/respond", {"matchId": declined.match_id, "action": "decline"})

    cast.database.execute(
        "insert into public.events (code, name, matchmaking_enabled) values ('CONTRACT-1', 'A fair', true)"
        " on conflict do nothing"
    )
    call(pair.a, "POST", "/connect/events/join", {"eventCode": "contract-1"})
    call(pair.a, "POST", "/connect/events/leave", {"eventCode": "CONTRACT-1"})
    for member in (pair.a, cast.pair("revealed").b, newcomer, cast.stranger()):
        call(member, "GET", "/connect/export")
    code = call(pair.a, "POST", "/connect/erase", {})["code"]
    call(pair.a, "POST", "/connect/erase", {"code": code})
    for path in ("/health", "/openapi.json"):
        call(None, "GET", path)

    # A new route is to be called here too.
    assert call.answered == set(ROUTES)
