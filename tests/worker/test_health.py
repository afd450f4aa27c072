"""GET /health of the worker, and the environment it refuses to start in."""

from __future__ import annotations

import json
import time
from typing import Any

import functions_framework
import httpx
import pytest
from flask.testing import FlaskClient

from functions.worker.health import KEPT_SECONDS, Health
from shared.callers.service import Service
from shared.errors import Unavailable
from shared.settings.deployments import Misconfigured
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
    "jobsFailed": [],
    "wordingUnknown": False,
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
        ("jobsFailed", ["nightly"]),
        ("wordingUnknown", True),
    ],
)
def test_red_when_something_is_wrong(client: FlaskClient, rpc: Rpc, late: str, told: Any) -> None:
    rpc.answers("worker_health", GREEN | {late: told})
    answer = client.get("/health")
    problem = refused(answer, 503, "unavailable")
    assert problem["lastTickAt"] == GREEN["lastTickAt"]
    assert problem[late] == told
    assert answer.headers["Retry-After"] == "5"


def test_red_when_the_database_is_away(client: FlaskClient, rpc: Rpc) -> None:
    rpc.on("worker_health").mock(side_effect=httpx.ConnectError("10.0.0.7"))
    refused(client.get("/health"), 503, "unavailable")


def test_a_crowd_of_watchers_costs_one_query(client: FlaskClient, rpc: Rpc) -> None:
    """Red or green; how long it is kept is tests/shared/test_lately.py."""
    rpc.answers("worker_health", GREEN | {"tickOverdue": True})
    began = time.monotonic()
    answers = [client.get("/health") for _ in range(50)]
    took = time.monotonic() - began
    for answer in answers:
        assert refused(answer, 503, "unavailable")["tickOverdue"] is True
    assert rpc.routes["worker_health"].call_count <= 1 + took / KEPT_SECONDS


def test_what_was_found_is_kept_for_as_long_as_said(rpc: Rpc) -> None:
    database = Service("http://project.test", SERVICE_KEY)
    rpc.answers("worker_health", GREEN)
    forgetful = Health(kept_seconds=0)
    assert [forgetful(database)["lastTickAt"] for _ in range(3)] == [GREEN["lastTickAt"]] * 3
    assert rpc.routes["worker_health"].call_count == 3
    mindful = Health(kept_seconds=3600)
    mindful(database)
    rpc.on("worker_health").mock(side_effect=httpx.ConnectError("10.0.0.7"))
    assert mindful(database)["lastTickAt"] == GREEN["lastTickAt"]
    with pytest.raises(Unavailable):
        forgetful(database)


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
