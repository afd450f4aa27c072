"""GET /health of the worker, and the environment it refuses to start in."""

from __future__ import annotations

import json
from typing import Any

import functions_framework
import httpx
import pytest
from flask.testing import FlaskClient

from shared.settings import Misconfigured
from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import ENVIRONMENT, SERVICE_KEY

GREEN: dict[str, Any] = {
    "lastTickAt": "2026-11-20T12:00:00Z",
    "lastRunAt": "2026-11-20T12:00:01Z",
    "lastNightAt": "2026-11-20T02:50:00Z",
    "scheduled": True,
    "tickOverdue": False,
    "workOverdue": False,
    "jobOverdue": False,
    "nightOverdue": False,
    "secretsMissing": [],
}


def test_green_tells_the_last_tick_and_run(client: FlaskClient, rpc: Rpc) -> None:
    rpc.answers("worker_health", GREEN)
    answer = client.get("/health")
    assert answer.status_code == 200
    assert json.loads(answer.data) == {"ok": True, "service": "worker", **GREEN}
    assert rpc.sent_headers("worker_health")["apikey"] == SERVICE_KEY


def test_before_the_first_tick_it_is_green(client: FlaskClient, rpc: Rpc) -> None:
    nothing = {"lastTickAt": None, "lastRunAt": None, "lastNightAt": None, "scheduled": False}
    rpc.answers("worker_health", GREEN | nothing)
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("late", "told"),
    [
        ("tickOverdue", True),
        ("workOverdue", True),
        ("jobOverdue", True),
        ("nightOverdue", True),
        ("secretsMissing", ["connect_bell_key"]),
    ],
)
def test_red_when_something_is_overdue_or_missing(
    client: FlaskClient, rpc: Rpc, late: str, told: Any
) -> None:
    rpc.answers("worker_health", GREEN | {late: told})
    answer = client.get("/health")
    problem = refused(answer, 503, "unavailable")
    assert problem["lastTickAt"] == GREEN["lastTickAt"]
    assert problem[late] == told
    assert answer.headers["Retry-After"] == "5"


def test_red_when_the_database_is_away(client: FlaskClient, rpc: Rpc) -> None:
    rpc.on("worker_health").mock(side_effect=httpx.ConnectError("10.0.0.7"))
    refused(client.get("/health"), 503, "unavailable")


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_it_does_not_start_without_what_it_needs(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for known, value in ENVIRONMENT.items():
        monkeypatch.setenv(known, value)
    monkeypatch.delenv(name)
    monkeypatch.delenv("SUPABASE_SECRET_KEY", raising=False)
    for written in ("FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE"):
        monkeypatch.setenv(written, "")
        monkeypatch.delenv(written)
    with pytest.raises(Misconfigured, match=name):
        functions_framework.create_app("worker", "functions/worker/main.py")  # type: ignore[no-untyped-call]
