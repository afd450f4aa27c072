"""Web pages of named origins read every answer, refusals too; nobody else's page reads any."""

from __future__ import annotations

import functions_framework
import pytest
from flask.testing import FlaskClient

from tests.functions.deployment import ENVIRONMENT, Member, Rpc

APP = "https://app.example"
HEADERS = "authorization,content-type,idempotency-key,x-request-id,traceparent"


@pytest.fixture
def open_client(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The deployment with two origins allowed (`client` has cleared the environment)."""
    monkeypatch.setenv("CONNECT_CORS_ORIGINS", f"{APP},http://localhost:3000")
    app = functions_framework.create_app(  # type: ignore[no-untyped-call]
        "connect", "functions/connect/main.py"
    )
    told: FlaskClient = app.test_client()
    return told


def preflight(client: FlaskClient, origin: str, method: str = "POST") -> dict[str, str]:
    """The headers a browser is told before it sends `method`."""
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": HEADERS,
    }
    answer = client.options("/connect/chat", headers=asked)
    assert answer.status_code == 204
    return dict(answer.headers)


@pytest.mark.parametrize("origin", [APP, "http://localhost:3000"])
def test_a_preflight_of_a_named_origin(open_client: FlaskClient, origin: str) -> None:
    told = preflight(open_client, origin)
    assert told["Access-Control-Allow-Origin"] == origin
    assert told["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS, POST"
    allowed = {name.strip().lower() for name in told["Access-Control-Allow-Headers"].split(",")}
    assert allowed == set(HEADERS.split(","))
    assert int(told["Access-Control-Max-Age"]) > 0
    assert "Origin" in told["Vary"]
    assert "Access-Control-Allow-Credentials" not in told


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{APP}.evil.example", "http://app.example", f"{APP}:444", "null", "*"]
)
def test_another_origin_is_told_nothing(open_client: FlaskClient, origin: str) -> None:
    told = preflight(open_client, origin)
    assert not [name for name in told if name.startswith("Access-Control-")]
    assert told["Vary"] == "Origin"
    answer = open_client.get("/health", headers={"Origin": origin})
    assert not [name for name in dict(answer.headers) if name.startswith("Access-Control-")]


def test_without_any_origin_no_header_is_sent(client: FlaskClient) -> None:
    told = preflight(client, APP) | dict(client.get("/health", headers={"Origin": APP}).headers)
    assert not [name for name in told if name.startswith("Access-Control-") or name == "Vary"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/connect/status", 401),
        ("GET", "/nothing", 404),
        ("DELETE", "/connect/status", 405),
        ("GET", "/favicon.ico", 404),
        ("GET", "/health?a=1", 422),
    ],
)
def test_refusals_can_be_read_too(open_client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = open_client.open(path, method=method, headers={"Origin": APP})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Vary"] == "Origin"


def test_a_rate_limit_can_be_read_with_its_headers(open_client: FlaskClient, rpc: Rpc) -> None:
    member = Member(open_client)
    headers = {"RateLimit-Limit": "60", "RateLimit-Remaining": "0", "Retry-After": "7"}
    rpc.answers("get_status", {"ok": False, "code": "rate_limited", "detail": "Wait."}, 429, headers)
    answer = member.get("/connect/status", Origin=APP)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    read = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert read == {
        *("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
        *("Retry-After", "X-Request-Id", "Idempotent-Replayed"),
    }


def test_the_environment_of_the_tests_names_no_origin() -> None:
    assert "CONNECT_CORS_ORIGINS" not in ENVIRONMENT
