"""The connect deployment of the tests: its environment, tokens for it, and a database that obeys."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import respx
from flask.testing import FlaskClient
from httpx import Response
from jose import jwt
from werkzeug.test import TestResponse

PROJECT = "http://project.test"
ISSUER = f"{PROJECT}/auth/v1"
PUBLISHABLE = "sb_publishable_test"
SECRET = "a secret of the tests, long enough to sign"
RING = {"k2": bytes(range(32)), "k1": bytes(range(32, 64))}

ALICE = "a11ce000-0000-4000-8000-000000000001"
MATCH = "3a7c4000-0000-4000-8000-0000000000aa"
SEARCHING: dict[str, Any] = {
    "active": True,
    "language": None,
    "current": {"stage": "searching", "matchId": None, "labels": None},
    "matches": [],
}
"""What get_status says of a member whom nobody has been proposed to."""
CHAT = "c4a70000-0000-4000-8000-0000000000bb"
REVEAL = "4e7ea100-0000-4000-8000-0000000000cc"

RATE = {"RateLimit-Limit": "60", "RateLimit-Remaining": "59", "RateLimit-Reset": "42"}

ENVIRONMENT = {
    "SUPABASE_URL": PROJECT,
    "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE,
    "SUPABASE_JWT_SECRET": SECRET,
    "CONNECT_MESSAGE_KEYS": ",".join(
        f"{name}:{base64.b64encode(key).decode()}" for name, key in RING.items()
    ),
}


def claims(**changes: Any) -> dict[str, Any]:
    """What the issuer says about a signed-in member; a change to None leaves the claim out."""
    now = int(time.time())
    said = {
        "sub": ALICE,
        "role": "authenticated",
        "aud": "authenticated",
        "iss": ISSUER,
        "iat": now,
        "exp": now + 3600,
        "is_anonymous": False,
    }
    return {name: value for name, value in (said | changes).items() if value is not None}


def token(**changes: Any) -> str:
    """A token of the issuer, with changed claims."""
    return str(jwt.encode(claims(**changes), SECRET, "HS256"))


class Rpc:
    """PostgREST as the tests need it: functions answer what a test says, and tell what was sent."""

    def __init__(self, router: respx.MockRouter) -> None:
        self.router = router
        self.routes: dict[str, respx.Route] = {}

    def answers(
        self, function: str, body: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """From now on `function` answers this."""
        answer = Response(status, json=body, headers=RATE if headers is None else headers)
        self.on(function).mock(return_value=answer)

    def refuses(self, function: str, code: str, status: int, **extras: Any) -> None:
        """From now on `function` returns this refusal, as our SQL functions return theirs."""
        self.answers(function, {"ok": False, "code": code, "detail": "As SQL says.", **extras}, status)

    def on(self, function: str) -> respx.Route:
        """The respx route of a function."""
        self.routes[function] = self.router.post(f"{PROJECT}/rest/v1/rpc/{function}")
        return self.routes[function]

    def args(self, function: str) -> Any:
        """What the one call of `function` sent."""
        assert self.routes[function].call_count == 1
        return json.loads(self.routes[function].calls.last.request.content)

    def sent_headers(self, function: str) -> dict[str, str]:
        """The headers of the last call of `function`."""
        return dict(self.routes[function].calls.last.request.headers)


class Member:
    """A member with a phone: requests with their token, a body as JSON."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = token()

    def get(self, path: str, **headers: str) -> TestResponse:
        """GET a path, with its query."""
        return self.client.get(path, headers=self._headers() | headers)

    def post(self, path: str, body: Any) -> TestResponse:
        """POST a JSON body."""
        return self.client.post(path, json=body, headers=self._headers())

    def put(self, path: str, body: Any) -> TestResponse:
        """PUT a JSON body."""
        return self.client.put(path, json=body, headers=self._headers())

    def post_raw(self, path: str, raw: bytes) -> TestResponse:
        """POST these exact bytes."""
        return self.client.post(path, data=raw, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def refused(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem an answer holds, after checking that it is one."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer.data)
    assert list(problem)[:6] == ["type", "title", "status", "detail", "ok", "code"]
    assert (problem["ok"], problem["code"], problem["status"]) == (False, code, status)
    return problem


def refused_field(answer: TestResponse, field: str) -> dict[str, Any]:
    """The problem of a 422 that names `field`."""
    problem = refused(answer, 422, "invalid_body")
    assert field in [error["field"] for error in problem["errors"]], problem
    return problem
