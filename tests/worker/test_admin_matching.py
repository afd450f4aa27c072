"""POST and GET /admin/matching: who gets in, what reaches the database, as whom."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from jose import jwt
from werkzeug.test import TestResponse

from tests.functions.deployment import Rpc, claims, refused, refused_field, token
from tests.worker.deployment import SERVICE_KEY, Bells

PATH = "/admin/matching"
ADMIN = {"app_metadata": {"provider": "email", "connect_admin": True}}
STARTED = {
    "action": "start",
    "eventCode": "NYE-2026",
    "eventName": "New Year's Eve",
    "queued": 12,
    "cleared": 0,
    "rung": True,
    "notRung": None,
    "status": "running",
}


def post(client: FlaskClient, body: Any, bearer: str | None = None) -> TestResponse:
    """POST as an administrator, or with this token."""
    sent = {"Authorization": f"Bearer {bearer or token(**ADMIN)}"}
    return client.post(PATH, json=body, headers=sent)


def get(client: FlaskClient, query: str = "", bearer: str | None = None) -> TestResponse:
    """GET as an administrator, or with this token."""
    return client.get(PATH + query, headers={"Authorization": f"Bearer {bearer or token(**ADMIN)}"})


def test_a_start_reaches_the_database_as_the_administrator(client: FlaskClient, rpc: Rpc) -> None:
    rpc.answers("steer_matching", STARTED)
    bearer = token(**ADMIN)
    answer = post(client, {"eventCode": "nye-2026", "priority": 3}, bearer)
    assert (answer.status_code, json.loads(answer.data)) == (200, {"ok": True} | STARTED)
    assert rpc.args("steer_matching") == {"event_code": "nye-2026", "action": "start", "priority": 3}
    sent = rpc.sent_headers("steer_matching")
    assert (sent["apikey"], sent["authorization"]) == (SERVICE_KEY, f"Bearer {bearer}")


@pytest.mark.parametrize("body", [{}, {"eventCode": None}])
def test_without_an_event_it_is_the_global_pool(client: FlaskClient, rpc: Rpc, body: Any) -> None:
    rpc.answers("steer_matching", STARTED | {"eventCode": None, "eventName": None})
    assert post(client, body).status_code == 200
    assert rpc.args("steer_matching") == {"event_code": None, "action": "start", "priority": 0}


@pytest.mark.parametrize("action", ["start", "pause", "resume", "clear"])
def test_every_action_is_passed_on(client: FlaskClient, rpc: Rpc, action: str) -> None:
    rpc.answers("steer_matching", STARTED | {"action": action})
    assert post(client, {"action": action}).status_code == 200
    assert rpc.args("steer_matching")["action"] == action


@pytest.mark.parametrize(("query", "code"), [("", None), ("?eventCode=NYE-2026", "NYE-2026")])
def test_a_look_reaches_the_database(client: FlaskClient, rpc: Rpc, query: str, code: str | None) -> None:
    rpc.answers("get_matching", {"status": "idle", "waiting": 0, "queue": []})
    bearer = token(**ADMIN)
    answer = get(client, query, bearer)
    assert json.loads(answer.data) == {"ok": True, "status": "idle", "waiting": 0, "queue": []}
    assert rpc.args("get_matching") == {"event_code": code}
    assert rpc.sent_headers("get_matching")["authorization"] == f"Bearer {bearer}"


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("action", {"action": "stop"}),
        ("action", {"action": None}),
        ("priority", {"priority": 4}),
        ("priority", {"priority": -1}),
        ("priority", {"priority": "3"}),
        ("priority", {"priority": True}),
        ("eventCode", {"eventCode": ""}),
        ("eventCode", {"eventCode": "a b c d"}),
        ("eventId", {"eventId": "x"}),
    ],
)
def test_a_wrong_body_reaches_nothing(client: FlaskClient, rpc: Rpc, field: str, body: Any) -> None:
    refused_field(post(client, body), field)


@pytest.mark.parametrize(("query", "field"), [("?eventCode=", "eventCode"), ("?event=x", "event")])
def test_a_wrong_query_reaches_nothing(client: FlaskClient, rpc: Rpc, query: str, field: str) -> None:
    refused_field(get(client, query), field)


FORGED = {
    "nothing": "",
    "no bearer": token(**ADMIN),
    "the service key": f"Bearer {SERVICE_KEY}",
    "another secret": f"Bearer {jwt.encode(claims(**ADMIN), 'another secret, as long as ours is', 'HS256')}",
    "expired": f"Bearer {token(**ADMIN, exp=int(time.time()) - 60)}",
    "another issuer": f"Bearer {token(**ADMIN, iss='http://elsewhere.test/auth/v1')}",
    "another audience": f"Bearer {token(**ADMIN, aud='anon')}",
    "a service role": f"Bearer {token(**ADMIN, role='service_role')}",
    "an anonymous sign-in": f"Bearer {token(**ADMIN, is_anonymous=True)}",
    "nobody": f"Bearer {token(**ADMIN, sub=None)}",
}


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("sent", FORGED.values(), ids=FORGED)
def test_whoever_is_not_signed_in_reaches_nothing(
    client: FlaskClient, rpc: Rpc, method: str, sent: str
) -> None:
    """The empty mock would fail a call of the database; the body is not looked at."""
    answer = client.open(PATH, method=method, data=b"{", headers={"Authorization": sent} if sent else {})
    refused(answer, 401, "unauthenticated")


MEMBERS: dict[str, Any] = {
    "without the claim": None,
    "without admin": {"provider": "email"},
    "false": {"connect_admin": False},
    "a text": {"connect_admin": "true"},
    "a number": {"connect_admin": 1},
    "a list": [{"connect_admin": True}],
    "elsewhere": {"roles": {"connect_admin": True}},
}


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("about", MEMBERS.values(), ids=MEMBERS)
def test_a_member_is_forbidden(client: FlaskClient, rpc: Rpc, method: str, about: Any) -> None:
    """What members can write themselves, user_metadata, counts for nothing."""
    bearer = token(app_metadata=about, user_metadata={"connect_admin": True}, connect_admin=True)
    answer = client.open(PATH, method=method, data=b"{", headers={"Authorization": f"Bearer {bearer}"})
    assert refused(answer, 403, "forbidden")["detail"] == "This is for administrators."


def test_an_administrator_starts_no_work_without_the_bell(bells: Bells, rpc: Rpc) -> None:
    sent = {"Authorization": f"Bearer {token(**ADMIN)}"}
    for path in ("/matcher", "/jobs/charts"):
        refused(bells.client.post(path, json={}, headers=sent), 401, "unauthenticated")


def test_a_bell_is_no_administrator(bells: Bells, rpc: Rpc) -> None:
    refused(bells.ring(PATH), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("code", "status"),
    [("not_found", 404), ("forbidden", 403), ("conflict", 409), ("unauthenticated", 401)],
)
def test_what_sql_refuses_is_passed_on(client: FlaskClient, rpc: Rpc, code: str, status: int) -> None:
    rpc.refuses("steer_matching", code, status)
    rpc.refuses("get_matching", code, status)
    refused(post(client, {}), status, code)
    refused(get(client), status, code)


def test_away(client: FlaskClient, rpc: Rpc) -> None:
    rpc.on("get_matching").mock(side_effect=httpx.ConnectError("10.0.0.7"))
    refused(get(client), 503, "unavailable")
