"""A database that is away, busy or wrong: one clear answer, and nothing of its own words."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.functions.deployment import Member, Rpc, refused

PATH = "/connect/status"


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused at 10.0.0.7"),
        httpx.ConnectTimeout("10.0.0.7"),
        httpx.ReadTimeout("10.0.0.7"),
        httpx.WriteTimeout("10.0.0.7"),
        httpx.PoolTimeout("10.0.0.7"),
        httpx.ReadError("reset by 10.0.0.7"),
        httpx.RemoteProtocolError("10.0.0.7 hung up"),
    ],
)
def test_no_answer_is_unavailable(member: Member, rpc: Rpc, failure: Exception) -> None:
    rpc.on("get_status").mock(side_effect=failure)
    answer = member.get(PATH)
    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert b"10.0.0.7" not in answer.data
    assert rpc.routes["get_status"].call_count == 1  # nothing is silently repeated


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (503, "PGRST001"),
        (503, "PGRST002"),
        (504, "PGRST003"),
        (500, "57014"),
        (503, "57P01"),
        (409, "40001"),
        (409, "23503"),
        (500, "40P01"),
        (503, "53300"),
        (503, "08006"),
        (500, "55P03"),
        (405, "25006"),
    ],
)
def test_a_busy_database_is_unavailable(member: Member, rpc: Rpc, status: int, code: str) -> None:
    rpc.answers("get_status", {"code": code, "message": "canceling on node 7"}, status)
    answer = member.get(PATH)
    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert b"node 7" not in answer.data


@pytest.mark.parametrize("status", [429, 502, 503, 504, 522])
def test_a_gateway_without_json_is_unavailable(member: Member, rpc: Rpc, status: int) -> None:
    rpc.on("get_status").mock(return_value=httpx.Response(status, html="<h1>nginx</h1>"))
    refused(member.get(PATH), 503, "unavailable")


@pytest.mark.parametrize(
    ("status", "body", "answered", "code"),
    [
        (401, {"code": "PGRST301", "message": "JWT expired"}, 401, "unauthenticated"),
        (401, {"code": "PGRST302", "message": "no anonymous"}, 401, "unauthenticated"),
        (401, {"code": "PGRST303", "message": "JWT expired"}, 401, "unauthenticated"),
        (401, {"code": "42501", "message": "permission denied"}, 401, "unauthenticated"),
        (401, {"message": "Invalid API key", "hint": "check"}, 500, "internal"),
        (403, {"code": "42501", "message": "permission denied for x"}, 403, "forbidden"),
        (400, {"code": "22P02", "message": "invalid input: 'Ana'"}, 422, "invalid_body"),
        (400, {"code": "22003", "message": "out of range"}, 422, "invalid_body"),
        (400, {"code": "23514", "message": "check users_age"}, 422, "invalid_body"),
        (403, {"code": "PT403", "message": "values"}, 403, "forbidden"),
        (403, {"code": "PT403", "message": "consent_required"}, 403, "consent_required"),
        (404, {"code": "PT404", "message": "row 7"}, 404, "not_found"),
        (409, {"code": "PT409", "message": "match_not_open"}, 409, "match_not_open"),
        (409, {"code": "PT409", "message": "conflict"}, 409, "conflict"),
        (418, {"code": "PT418", "message": "teapot"}, 500, "internal"),
        (404, {"code": "PGRST202", "message": "no function get_status"}, 500, "internal"),
        (300, {"code": "PGRST203", "message": "choose"}, 500, "internal"),
        (409, {"code": "23505", "message": "Key (id)=(7) exists"}, 500, "internal"),
        (400, {"code": "P0001", "message": "raised"}, 500, "internal"),
        (500, {"code": "XX000", "message": "panic"}, 500, "internal"),
        (404, "not even an object", 500, "internal"),
        (200, ["a list"], 500, "internal"),
        (200, None, 500, "internal"),
        (409, {"ok": False, "code": "some_new_code", "detail": "?"}, 500, "internal"),
        (422, {"ok": False, "code": "idempotency_conflict"}, 422, "idempotency_conflict"),
        (409, {"ok": False, "code": "idempotency_conflict"}, 409, "idempotency_conflict"),
        (200, {"ok": False, "code": "match_not_open"}, 409, "match_not_open"),
    ],
)
def test_what_the_database_answers_becomes_our_own_words(
    member: Member, rpc: Rpc, status: int, body: Any, answered: int, code: str
) -> None:
    rpc.answers("get_status", body, status)
    problem = refused(member.get(PATH), answered, code)
    if isinstance(body, dict) and "message" in body:
        assert body["message"] not in problem["detail"]


def test_a_page_of_html_with_status_200_is_not_an_answer(member: Member, rpc: Rpc) -> None:
    rpc.on("get_status").mock(return_value=httpx.Response(200, html="<h1>captive portal</h1>"))
    refused(member.get(PATH), 500, "internal")


def test_a_redirect_is_not_followed(member: Member, rpc: Rpc) -> None:
    elsewhere = httpx.Response(307, headers={"Location": "http://elsewhere.test/"})
    rpc.on("get_status").mock(return_value=elsewhere)
    refused(member.get(PATH), 500, "internal")
    assert len(rpc.router.calls) == 1


def test_a_fault_of_ours_is_internal(member: Member, rpc: Rpc, capsys: pytest.CaptureFixture[str]) -> None:
    rpc.answers("read_chat", {"unexpected": "Ana"})
    answer = member.get("/connect/chat?blindChatId=c4a70000-0000-4000-8000-0000000000bb")
    assert refused(answer, 500, "internal")["detail"] == "Something went wrong on our side."
    assert "builtins.KeyError" in capsys.readouterr().err
