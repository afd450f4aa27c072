"""POST /matcher: what it does, and what it leaves when something is away. Who may ring: test_guard.py."""

from __future__ import annotations

import datetime
import json
import math
from typing import Any

import httpx
import pytest

from shared.engine import engine_version
from shared.engine.charts import chart_version
from tests.engine.community import crowd, make_member
from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import (
    INPUT_HASH,
    RUN,
    SERVICE_KEY,
    Bells,
    births_answer,
    couple,
    log_lines,
    pool_answer,
)

AWAY = httpx.ConnectError("refused at 10.0.0.7")
STEPS = ["load", "filters", "scores", "market", "statement", "explain", "store"]


def run_of(rpc: Rpc, members: list[dict[str, Any]] | None = None, **changes: Any) -> None:
    """A database in which everything works."""
    ready(rpc)
    rpc.answers("load_pool", pool_answer(couple() if members is None else members, **changes))
    rpc.answers("store_proposals", {"stored": 1, "skipped": 0})


def ready(rpc: Rpc) -> None:
    """The bell is taken and nobody waits for a chart."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("load_births", births_answer())


def test_a_run_loads_ranks_stores_and_tells(bells: Bells, rpc: Rpc) -> None:
    run_of(rpc)
    answer = bells.ring()
    assert answer.status_code == 200
    body = json.loads(answer.data)
    seconds = body.pop("seconds")
    assert body == {
        "ok": True,
        "runId": RUN,
        "engineVersion": engine_version(),
        "members": 2,
        "charts": 0,
        "eligiblePairs": 1,
        "proposed": 1,
        "skipped": 0,
        "membersWithoutCandidates": 0,
    }
    assert list(seconds) == ["charts", *STEPS]
    # Minutes only where the engine has to be compiled first.
    assert all(0 <= value < 600 for value in seconds.values())


def test_what_is_sent_to_the_database(bells: Bells, rpc: Rpc) -> None:
    run_of(rpc)
    nonce = "0b9f8c1e-3c6d-4a52-9a7e-2f1d5b6c7d8e"
    bells.ring(nonce=nonce, body=b'{"trigger":"hand"}')
    claim = rpc.args("claim_bell")
    assert claim["nonce"] == nonce
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(claim["rung_at"])
    assert -1 < age.total_seconds() < 10
    assert rpc.args("load_births") == {"chart_version": chart_version(), "most": 2000, "beyond": None}
    assert rpc.args("load_pool") == {
        "engine_version": engine_version(),
        "chart_version": chart_version(),
        "trigger": "hand",
        "job": "matcher",
    }
    stored = rpc.args("store_proposals")
    assert (stored["run_id"], stored["engine_version"]) == (RUN, engine_version())
    (proposal,) = stored["proposals"]
    first, second = (member["id"] for member in couple())
    assert (proposal["a"], proposal["b"], proposal["mode"]) == (first, second, "romantic")
    assert stored["statement"]["eligiblePairs"] == stored["statement"]["proposed"] == 1
    manifest = stored["statement"]["manifest"]
    assert manifest["inputHash"] == INPUT_HASH
    assert manifest["settings"] == {"matchMinScore": 50, "minPool": 1}
    assert len(manifest["proposalsDigest"]) == 64
    assert {entry["id"] for entry in stored["prices"]} <= {first, second}
    assert all(entry["price"] >= 0 for entry in stored["prices"])
    for function in ("claim_bell", "load_births", "load_pool", "store_proposals"):
        sent = rpc.sent_headers(function)
        assert (sent["apikey"], sent["authorization"]) == (SERVICE_KEY, f"Bearer {SERVICE_KEY}")


@pytest.mark.parametrize("body", [b"{}", b'{"job":"matcher"}', b'{"job": "matcher", "trigger": "schedule"}'])
def test_bodies_of_a_bell(bells: Bells, rpc: Rpc, body: bytes) -> None:
    run_of(rpc)
    assert bells.ring(body=body).status_code == 200


@pytest.mark.parametrize(
    "members", [[], couple()[:1], [make_member(n, preferredGenders=["male"]) for n in (1, 2)]]
)
def test_a_pool_without_pairs_is_a_clear_result(
    bells: Bells, rpc: Rpc, members: list[dict[str, Any]]
) -> None:
    run_of(rpc, members)
    rpc.answers("store_proposals", {"stored": 0, "skipped": 0})
    body = json.loads(bells.ring().data)
    assert (body["members"], body["eligiblePairs"], body["proposed"]) == (len(members), 0, 0)
    assert body["membersWithoutCandidates"] == len(members)
    stored = rpc.args("store_proposals")
    assert (stored["proposals"], stored["prices"]) == ([], [])


def test_only_prices_that_moved_are_stored(bells: Bells, rpc: Rpc) -> None:
    """A run that begins where the last one ended finds its prices again and has none to tell."""
    members = crowd(60, seed=5)
    run_of(rpc, members)
    bells.ring()
    found = {entry["id"]: entry["price"] for entry in rpc.args("store_proposals")["prices"]}
    assert found, "a crowd in which nobody has a price shows nothing"
    run_of(rpc, [member | {"price": found.get(member["id"], 0)} for member in members])
    bells.ring()
    again = json.loads(rpc.routes["store_proposals"].calls.last.request.content)["prices"]
    assert len(again) < len(found)


def test_another_version_of_a_chart_in_the_pool_never_comes_with_a_run(bells: Bells, rpc: Rpc) -> None:
    """The charts asked for, stored and loaded are of one version in one run."""
    run_of(rpc)
    bells.ring()
    asked = {rpc.args(function)["chart_version"] for function in ("load_births", "load_pool")}
    assert asked == {chart_version()}


# A database that is away.


def test_away_when_the_bell_is_claimed(bells: Bells, rpc: Rpc) -> None:
    rpc.on("claim_bell").mock(side_effect=AWAY)
    answer = bells.ring()
    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


def test_away_when_births_are_loaded(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.on("load_births").mock(side_effect=AWAY)
    refused(bells.ring(), 503, "unavailable")


def test_away_when_the_pool_is_loaded(bells: Bells, rpc: Rpc) -> None:
    ready(rpc)
    rpc.on("load_pool").mock(side_effect=AWAY)
    refused(bells.ring(), 503, "unavailable")


def test_away_when_proposals_are_stored_is_recorded_by_class_name(bells: Bells, rpc: Rpc) -> None:
    run_of(rpc)
    rpc.on("store_proposals").mock(side_effect=httpx.ReadTimeout("10.0.0.7"))
    rpc.answers("fail_job_run", {})
    refused(bells.ring(), 503, "unavailable")
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": "Unavailable"}
    assert rpc.routes["store_proposals"].call_count == 1  # the next bell tries again, not this one


def test_away_for_good_answers_with_the_first_error(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    run_of(rpc)
    rpc.answers("store_proposals", {"code": "XX000", "message": "row of Ana"}, 500)
    rpc.on("fail_job_run").mock(side_effect=AWAY)
    refused(bells.ring(), 500, "internal")
    lines = log_lines(capsys.readouterr().err)
    assert {"run not recorded"} <= {line["message"] for line in lines}
    assert "Ana" not in json.dumps(lines)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"pool": None}, "PoolError: pool: not an object"),
        (
            {"pool": {"members": {"columns": ["id"], "rows": [[1]]}, "excluded": []}},
            "PoolError: id[0]: not a uuid",
        ),
        (
            {"pool": pool_answer(couple())["pool"] | {"excluded": None}},
            "PoolError: excluded: not a list",
        ),
        (
            {"pool": pool_answer(couple())["pool"] | {"excluded": [[0, 2]]}},
            "PoolError: excluded[0]: not a pair of positions",
        ),
        ({"settings": {}}, "RulesError"),
        ({"settings": {"matchMinScore": 500, "minPool": 1}}, "RulesError"),
        ({"now": None}, "Internal"),
        ({"now": "yesterday"}, "Internal"),
        ({"now": "2026-11-20T12:00:00"}, "Internal"),
    ],
)
def test_a_pool_that_cannot_be_read_is_our_fault_and_recorded(
    bells: Bells, rpc: Rpc, changes: dict[str, Any], error: str
) -> None:
    ready(rpc)
    rpc.answers("load_pool", pool_answer(couple(), **changes))
    rpc.answers("fail_job_run", {})
    problem = refused(bells.ring(), 500, "internal")
    assert problem["detail"] == "Something went wrong on our side."
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": error}


def test_nan_in_the_pool_is_recorded(bells: Bells, rpc: Rpc) -> None:
    answer = pool_answer(couple())
    table = answer["pool"]["members"]
    table["rows"][0][table["columns"].index("readiness")] = math.nan
    ready(rpc)
    raw = httpx.Response(200, content=json.dumps(answer), headers={"Content-Type": "application/json"})
    rpc.on("load_pool").mock(return_value=raw)
    rpc.answers("fail_job_run", {})
    refused(bells.ring(), 500, "internal")
    assert rpc.args("fail_job_run")["error"] == "PoolError: readiness[0]: not a number from 0 to 100"


def test_a_pool_without_a_run_is_our_fault(bells: Bells, rpc: Rpc) -> None:
    ready(rpc)
    rpc.answers("load_pool", pool_answer(couple(), runId=None))
    refused(bells.ring(), 500, "internal")


# What it leaves behind.


def test_logs_tell_the_steps_and_nobody(bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]) -> None:
    members = crowd(40, seed=2)
    run_of(rpc, members)
    bells.ring()
    text = capsys.readouterr().err
    lines = log_lines(text)
    assert [line["step"] for line in lines if line["message"] == "step"] == STEPS
    assert lines[-1]["route"] == "POST /matcher"
    for member in members:
        assert member["id"] not in text
        assert member["birthDate"] not in text
    assert SERVICE_KEY not in text


def test_two_runs_do_not_know_of_each_other(bells: Bells, rpc: Rpc) -> None:
    """Nothing is kept between two runs of one process: equal pools give equal proposals."""
    run_of(rpc, crowd(40, seed=4))
    assert bells.ring().status_code == bells.ring().status_code == 200
    first, second = (call.request.content for call in rpc.routes["store_proposals"].calls)
    assert first == second
