"""GET and POST /admin/reports: what reaches the database, as whom, and what is refused before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.functions.deployment import MATCH, Rpc, refused, refused_field, token
from tests.worker.deployment import SERVICE_KEY
from tests.worker.test_admin_matching import ADMIN

PATH = "/admin/reports"
REPORT = "4e904700-0000-4000-8000-0000000000dd"


def post(client: FlaskClient, body: Any, bearer: str | None = None) -> TestResponse:
    return client.post(PATH, json=body, headers={"Authorization": f"Bearer {bearer or token(**ADMIN)}"})


def get(client: FlaskClient, query: str = "") -> TestResponse:
    return client.get(PATH + query, headers={"Authorization": f"Bearer {token(**ADMIN)}"})


@pytest.mark.parametrize(
    ("body", "function", "args"),
    [
        ({"action": "read", "reportId": REPORT}, "read_report", {"report_id": REPORT}),
        ({"action": "take", "reportId": REPORT}, "take_report", {"report_id": REPORT}),
        (
            {"action": "decide", "reportId": REPORT, "decision": "stopped"},
            "decide_report",
            {"report_id": REPORT, "decision": "stopped"},
        ),
        ({"action": "stop", "reportId": REPORT}, "stop_match", {"report_id": REPORT, "match_id": None}),
        ({"action": "stop", "matchId": MATCH}, "stop_match", {"report_id": None, "match_id": MATCH}),
    ],
)
def test_a_deed_reaches_the_database_as_the_administrator(
    client: FlaskClient, rpc: Rpc, body: Any, function: str, args: Any
) -> None:
    rpc.answers(function, {"reportId": REPORT})
    bearer = token(**ADMIN)
    answer = post(client, body | {"why": " Because. "}, bearer)
    assert (answer.status_code, json.loads(answer.data)) == (200, {"ok": True, "reportId": REPORT})
    assert rpc.args(function) == args | {"why": "Because."}
    sent = rpc.sent_headers(function)
    assert (sent["apikey"], sent["authorization"]) == (SERVICE_KEY, f"Bearer {bearer}")


@pytest.mark.parametrize(("query", "status"), [("", None), ("?status=open", "open")])
def test_the_queue(client: FlaskClient, rpc: Rpc, query: str, status: str | None) -> None:
    rpc.answers("list_reports", {"waiting": 0, "reports": []})
    assert json.loads(get(client, query).data) == {"ok": True, "waiting": 0, "reports": []}
    assert rpc.args("list_reports") == {"status": status}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("action", {"action": "read"}),
        ("action", {"action": "read", "reportId": REPORT, "matchId": MATCH}),
        ("action", {"action": "read", "reportId": REPORT, "decision": "warned"}),
        ("action", {"action": "take", "matchId": MATCH}),
        ("action", {"action": "decide", "reportId": REPORT}),
        ("action", {"action": "stop"}),
        ("action", {"action": "stop", "reportId": REPORT, "matchId": MATCH}),
        ("action", {"action": "ban", "reportId": REPORT}),
        ("action", {"reportId": REPORT}),
        ("decision", {"action": "decide", "reportId": REPORT, "decision": "banned"}),
        ("reportId", {"action": "read", "reportId": "x"}),
        ("matchId", {"action": "stop", "matchId": "x"}),
        ("why", {"action": "read", "reportId": REPORT, "why": " "}),
        ("why", {"action": "read", "reportId": REPORT, "why": None}),
        ("userId", {"action": "read", "reportId": REPORT, "userId": MATCH}),
    ],
)
def test_nonsense_is_refused(client: FlaskClient, rpc: Rpc, field: str, body: Any) -> None:
    refused_field(post(client, {"why": "Because."} | body), field)


def test_only_two_kinds_wait(client: FlaskClient, rpc: Rpc) -> None:
    refused_field(get(client, "?status=decided"), "status")


def test_members_are_turned_away(client: FlaskClient, rpc: Rpc) -> None:
    refused(post(client, {}, token()), 403, "forbidden")
    refused(post(client, {}, "x"), 401, "unauthenticated")
