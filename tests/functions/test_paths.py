"""Paths, methods, headers and the request id: what surrounds every answer."""

from __future__ import annotations

import pytest

from functions.connect.routes import ROUTES
from tests.functions.deployment import SEARCHING, Member, Rpc, refused

PATHS = sorted({path for _, path in ROUTES})
MEMBER_ROUTES = sorted(key for key in ROUTES if key[1] not in ("/health", "/openapi.json"))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/connect",
        "/connect/",
        "/connect/status/",
        "/connect//status",
        "/connect/STATUS",
        "/connect/status/../profile",
        "/matcher",
        "/worker/health",
        "/robots.txt",
        "/favicon.ico",
        "/rest/v1/rpc/get_status",
    ],
)
def test_an_unknown_path_is_not_found(member: Member, rpc: Rpc, path: str) -> None:
    assert refused(member.get(path), 404, "not_found")["detail"] == "There is no such path."


@pytest.mark.parametrize("path", PATHS)
def test_another_method_tells_which_are_allowed(member: Member, rpc: Rpc, path: str) -> None:
    answer = member.client.open(path, method="PATCH")
    refused(answer, 405, "method_not_allowed")
    known = {method for method, at in ROUTES if at == path}
    expected = known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set())
    assert answer.headers["Allow"] == ", ".join(sorted(expected))


@pytest.mark.parametrize("path", PATHS)
def test_options_tells_the_methods_and_nothing_else(member: Member, rpc: Rpc, path: str) -> None:
    answer = member.client.options(path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "OPTIONS" in answer.headers["Allow"]


def test_head_is_get_without_the_body(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_status", SEARCHING)
    headers = {"Authorization": f"Bearer {member.token}"}
    answer = member.client.head("/connect/status", headers=headers)
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(member.get("/connect/status").data)


@pytest.mark.parametrize(("method", "path"), MEMBER_ROUTES)
def test_every_member_route_wants_a_token(member: Member, rpc: Rpc, method: str, path: str) -> None:
    refused(member.client.open(path, method=method), 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/connect/status", "/robots.txt"])
def test_no_answer_is_kept_or_guessed_at(member: Member, rpc: Rpc, path: str) -> None:
    answer = member.client.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content_type in ("application/json", "application/problem+json")


def test_a_sane_request_id_comes_back(member: Member, rpc: Rpc) -> None:
    answer = member.get("/health", **{"X-Request-Id": "app-1.2.3_0042"})
    assert answer.headers["X-Request-Id"] == "app-1.2.3_0042"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space", "ana@example.org", "{}" * 9])
def test_any_other_request_id_is_replaced(member: Member, rpc: Rpc, given: str) -> None:
    answer = member.get("/health", **{"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] != given
    assert len(answer.headers["X-Request-Id"]) == 32


def test_the_request_id_is_in_no_body(member: Member, rpc: Rpc) -> None:
    for path in ("/health", "/nowhere", "/connect/status"):
        answer = member.client.get(path, headers={"X-Request-Id": "find-me-0001"})
        assert b"find-me-0001" not in answer.data
