"""POST /jobs/funnel: once a night, everybody's filter funnel, counted and stored."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from functions.worker.nightly.pool import PAGE
from shared.engine import engine_version
from shared.engine.filters.filters import RULE_NAMES
from tests.engine.community import crowd, make_member
from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import RUN, TOLD, Bells, couple, log_lines, page_answer, sent

PATH = "/jobs/funnel"
NIGHT = "919b7000-0000-4000-8000-0000000000ee"
AWAY = httpx.ConnectError("refused at 10.0.0.7")


def night(rpc: Rpc, members: list[dict[str, Any]], **changes: Any) -> None:
    """A database in which everything works."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.answers("load_run", {"runId": NIGHT} | TOLD | changes)
    rpc.answers("load_run_page", page_answer(members))
    rpc.answers("store_funnels", {"stored": len(members)})
    rpc.answers("finish_job_run", {})


def failing_night(rpc: Rpc, members: list[dict[str, Any]], **changes: Any) -> None:
    """A database in which everything works until the funnels are to be stored."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.answers("load_run", {"runId": NIGHT} | TOLD | changes)
    rpc.answers("load_run_page", page_answer(members) | changes)
    rpc.answers("fail_job_run", {})


def test_everybody_s_funnel_is_counted_and_stored(bells: Bells, rpc: Rpc) -> None:
    members = crowd(50, seed=3)
    night(rpc, members)
    answer = bells.ring(PATH, b'{"job": "funnel", "trigger": "hand"}')
    assert answer.status_code == 200
    body = json.loads(answer.data)
    assert list(body.pop("seconds")) == ["load", "count", "store"]
    removed = body.pop("pairsRemoved")
    assert list(removed) == list(RULE_NAMES)
    assert 0 < sum(removed.values()) <= 50 * 49 // 2
    told = {"ok": True, "runId": RUN, "engineVersion": engine_version(), "members": 50, "stored": 50}
    assert body == told
    # Counted in the pool of the latest night, whatever has changed since.
    assert rpc.args("load_run") == {}
    assert rpc.args("load_run_page") == {"run_id": NIGHT, "after": None, "most": PAGE}
    stored = rpc.args("store_funnels")
    assert (stored["run_id"], stored["pool_of"], stored["last"]) == (RUN, NIGHT, True)
    assert stored["engine_version"] == engine_version()
    assert rpc.args("finish_job_run") == {"run_id": RUN, "metadata": {"members": 50, "stored": 50}}
    assert sorted(entry["id"] for entry in stored["funnels"]) == sorted(m["id"] for m in members)
    assert all(isinstance(entry["funnel"], dict) for entry in stored["funnels"])


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in _numbers(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in _numbers(inner)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


@pytest.mark.parametrize("size", [2, 19, 30, 300])
def test_no_small_number_leaves_the_engine(bells: Bells, rpc: Rpc, size: int) -> None:
    """What is stored is what members read: everything is rounded before it gets to the database."""
    night(rpc, [make_member(number) for number in range(1, size + 1)])
    bells.ring(PATH)
    found = _numbers([entry["funnel"] for entry in rpc.args("store_funnels")["funnels"]])
    assert all(number >= 20 for number in found)
    assert bool(found) == (size > 20)


def test_a_member_who_cannot_be_read_costs_nobody_else_their_funnel(bells: Bells, rpc: Rpc) -> None:
    members = crowd(30, seed=3)
    night(rpc, [members[0] | {"readiness": 500}, *members[1:]])
    bells.ring(PATH)
    stored = [entry["id"] for entry in rpc.args("store_funnels")["funnels"]]
    assert sorted(stored) == sorted(member["id"] for member in members[1:])


def test_nobody_searching_is_a_clear_result(bells: Bells, rpc: Rpc) -> None:
    night(rpc, [])
    assert json.loads(bells.ring(PATH).data)["members"] == 0
    assert rpc.args("store_funnels")["funnels"] == []


def test_many_are_stored_in_parts(bells: Bells, rpc: Rpc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.worker.nightly.funnel.PAGE", 20)
    night(rpc, crowd(50, seed=3))
    bells.ring(PATH)
    calls = sent(rpc, "store_funnels")
    assert [len(call["funnels"]) for call in calls] == [20, 20, 10]
    assert [call["last"] for call in calls] == [False, False, True]


def test_before_the_first_night_nobody_s_is_counted(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.on("load_run").mock(return_value=failing_softly("not_found", 404))
    rpc.answers("finish_job_run", {})
    answer = json.loads(bells.ring(PATH).data)
    assert (answer["ok"], answer["runId"], answer.get("members", 0)) == (True, RUN, 0)
    assert rpc.args("finish_job_run") == {"run_id": RUN, "metadata": {"members": 0}}


def failing_softly(code: str, status: int) -> httpx.Response:
    """A refusal that SQL returned."""
    return httpx.Response(status, json={"ok": False, "code": code, "detail": "No."})


def test_one_at_a_time(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": None, "running": RUN})
    answer = bells.ring(PATH)
    assert answer.status_code == 200
    assert json.loads(answer.data) == {"ok": True, "runId": None, "running": RUN}


def test_no_run_is_our_fault(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": None})
    refused(bells.ring(PATH), 500, "internal")


@pytest.mark.parametrize("function", ["load_run", "load_run_page"])
def test_away_when_the_pool_is_loaded(bells: Bells, rpc: Rpc, function: str) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    if function == "load_run_page":
        rpc.answers("load_run", {"runId": NIGHT} | TOLD)
    rpc.on(function).mock(side_effect=AWAY)
    rpc.answers("fail_job_run", {})
    refused(bells.ring(PATH), 503, "unavailable")
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": "Unavailable"}


def test_away_when_funnels_are_stored_is_recorded(bells: Bells, rpc: Rpc) -> None:
    failing_night(rpc, couple())
    rpc.on("store_funnels").mock(side_effect=AWAY)
    refused(bells.ring(PATH), 503, "unavailable")
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": "Unavailable"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"columns": []}, "PoolError: pool: a page that cannot be read"), ({"now": "yesterday"}, "Internal")],
)
def test_a_pool_that_cannot_be_read_is_our_fault_and_recorded(
    bells: Bells, rpc: Rpc, changes: dict[str, Any], error: str
) -> None:
    failing_night(rpc, couple(), **changes)
    refused(bells.ring(PATH), 500, "internal")
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": error}


def test_logs_tell_counts_and_nobody(bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]) -> None:
    members = crowd(40, seed=2)
    night(rpc, members)
    bells.ring(PATH)
    text = capsys.readouterr().err
    assert [line["step"] for line in log_lines(text) if line["message"] == "step"] == [
        *("load", "count", "store")
    ]
    assert not [member["id"] for member in members if member["id"] in text]
