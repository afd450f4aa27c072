"""GET /connect/status."""

from __future__ import annotations

import pytest

from tests.functions.deployment import SEARCHING, Member, Rpc, refused, refused_field

PATH = "/connect/status"
FOUND = {"stage": "match_found", "labels": ["shared_values"]}
SAID = {"en": "You care about the same things.", "de": "Euch sind dieselben Dinge wichtig."}


def test_the_answer_is_what_the_database_says(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_status", SEARCHING)
    answer = member.get(PATH)
    shown = {"active": True, "current": SEARCHING["current"] | {"insight": None}, "matches": []}
    assert (answer.status_code, answer.json) == (200, {"ok": True, **shown})
    assert rpc.args("get_status") == {}
    assert rpc.sent_headers("get_status")["authorization"] == f"Bearer {member.token}"


def test_reading_is_a_post_to_the_database_so_that_it_can_count(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_status", SEARCHING)
    member.get(PATH)
    assert rpc.routes["get_status"].calls.last.request.method == "POST"


@pytest.mark.parametrize(("language", "said"), [*SAID.items(), ("sw", SAID["en"]), (None, SAID["en"])])
def test_the_sentence_is_in_the_reader_s_language(
    member: Member, rpc: Rpc, language: str | None, said: str
) -> None:
    rpc.answers("get_status", {"language": language, "current": FOUND, "matches": [FOUND, FOUND]})
    answer = member.get(PATH).json
    assert answer is not None
    assert [match["insight"] for match in (answer["current"], *answer["matches"])] == [said] * 3
    assert "language" not in answer


def test_parameters_are_refused(member: Member, rpc: Rpc) -> None:
    refused_field(member.get(f"{PATH}?userId=1"), "query")


def test_too_many_requests_tell_when_to_come_back(member: Member, rpc: Rpc) -> None:
    limits = {"RateLimit-Limit": "120", "RateLimit-Remaining": "0", "RateLimit-Reset": "17"}
    body = {"ok": False, "code": "rate_limited", "detail": "Too many reads."}
    rpc.answers("get_status", body, 429, limits | {"Retry-After": "17"})
    answer = member.get(PATH)
    refused(answer, 429, "rate_limited")
    assert answer.headers["Retry-After"] == "17"
    assert {name: answer.headers[name] for name in limits} == limits
