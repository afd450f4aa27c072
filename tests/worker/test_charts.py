"""POST /jobs/charts, and the charts of whom the matcher has just taken from the queue."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from functions.worker import charts
from shared.engine.charts import chart_version
from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import (
    ANA,
    BEA,
    NO_SHARD,
    NOBODY,
    RUN,
    Bells,
    births_answer,
    candidates_answer,
    claims_answer,
    couple,
    done_answer,
    in_turn,
    log_lines,
    sent,
)

PATH = "/jobs/charts"
AWAY = httpx.ConnectError("refused at 10.0.0.7")


def due(rpc: Rpc, *rounds: dict[str, Any]) -> None:
    """load_births answers one of these after the other."""
    rpc.on("load_births").mock(side_effect=[httpx.Response(200, json=each) for each in rounds])


def job(rpc: Rpc, *rounds: dict[str, Any]) -> None:
    """A database in which everything works and these births are due."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    due(rpc, *rounds)
    rpc.answers("finish_job_run", {})


def test_charts_are_computed_stored_and_counted(bells: Bells, rpc: Rpc) -> None:
    without_a_time = {"id": BEA, "time": None, "accuracy": "unknown", "hash": "1" * 64}
    job(rpc, births_answer({}, without_a_time), births_answer())
    rpc.answers("store_birth_charts", {"stored": 2, "skipped": 0})
    answer = bells.ring(PATH, b'{"job": "charts", "trigger": "hand"}')
    assert answer.status_code == 200
    body = json.loads(answer.data)
    assert body.pop("seconds").keys() == {"charts"}
    did = {"stored": 2, "skipped": 0, "impossible": 0}
    assert body == {"ok": True, "runId": RUN, "chartVersion": chart_version(), **did}

    version = chart_version()
    asked = {"job": "charts", "trigger": "hand", "engine_version": version, "scope": "all"}
    assert rpc.args("open_job_run") == asked
    assert rpc.args("finish_job_run") == {"run_id": RUN, "metadata": did}
    [stored] = sent(rpc, "store_birth_charts")
    assert stored["chart_version"] == version
    ana, bea = stored["charts"]
    assert [(chart["id"], chart["hash"]) for chart in (ana, bea)] == [(ANA, "0" * 64), (BEA, "1" * 64)]
    for chart in (ana, bea):
        assert isinstance(chart["radix"], dict)
        assert isinstance(chart["design"], dict)
        assert 0 < len(chart["packed"]) <= 1000
        assert all(type(number) is int and -(2**31) <= number < 2**31 for number in chart["packed"])
    assert ana["packed"] != bea["packed"]


def test_it_goes_on_until_nothing_is_due(bells: Bells, rpc: Rpc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "AT_ONCE", 1)
    """Page by page over all members; one with nothing due in it is passed over."""
    job(
        rpc,
        births_answer({}, following=ANA),
        births_answer(following="b0000000-0000-4000-8000-000000000000"),
        births_answer({"id": BEA}),
    )
    rpc.answers("store_birth_charts", {"stored": 1, "skipped": 0})
    rpc.answers("beat_job_run", {"goOn": True})
    assert json.loads(bells.ring(PATH).data)["stored"] == 2
    assert [[chart["id"] for chart in call["charts"]] for call in sent(rpc, "store_birth_charts")] == [
        [ANA],
        [BEA],
    ]
    assert [call["beyond"] for call in sent(rpc, "load_births")] == [
        *(None, ANA, "b0000000-0000-4000-8000-000000000000")
    ]
    # A sign of life after every round, so that nobody takes a long backfill for a dead one.
    assert sent(rpc, "beat_job_run") == [{"run_id": RUN, "progress": None}] * 2


def test_a_cancelled_backfill_stops_at_its_next_round(
    bells: Bells, rpc: Rpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "AT_ONCE", 1)
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    due(rpc, births_answer({}, following=ANA))
    rpc.answers("store_birth_charts", {"stored": 1, "skipped": 0})
    rpc.answers("beat_job_run", {"goOn": False})
    rpc.answers("fail_job_run", {})
    refused(bells.ring(PATH), 500, "internal")
    assert rpc.routes["load_births"].call_count == 1
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": "Cancelled"}


def test_one_at_a_time(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": None, "running": RUN})
    answer = bells.ring(PATH)
    assert answer.status_code == 200
    assert json.loads(answer.data) == {"ok": True, "runId": None, "running": RUN}


def test_a_run_that_is_neither_opened_nor_running_is_our_fault(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": None})
    refused(bells.ring(PATH), 500, "internal")


def test_births_that_have_lost_their_ground_do_not_come_for_ever(bells: Bells, rpc: Rpc) -> None:
    job(rpc)
    rpc.answers("load_births", births_answer({}))
    rpc.answers("store_birth_charts", {"stored": 0, "skipped": 1})
    body = json.loads(bells.ring(PATH).data)
    assert (body["stored"], body["skipped"]) == (0, 1)
    assert rpc.routes["load_births"].call_count == 1


def test_nothing_due_is_a_clear_result(bells: Bells, rpc: Rpc) -> None:
    job(rpc, births_answer())
    body = json.loads(bells.ring(PATH).data)
    assert (body["stored"], body["skipped"]) == (0, 0)


@pytest.mark.parametrize("function", ["load_births", "store_birth_charts"])
def test_away_meanwhile_is_recorded(bells: Bells, rpc: Rpc, function: str) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.answers("load_births", births_answer({}))
    rpc.on(function).mock(side_effect=AWAY)
    rpc.answers("fail_job_run", {})
    refused(bells.ring(PATH), 503, "unavailable")
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": "Unavailable"}


def test_away_when_the_run_is_opened(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.on("open_job_run").mock(side_effect=AWAY)
    refused(bells.ring(PATH), 503, "unavailable")


@pytest.mark.parametrize(
    "answer",
    [
        {"id": [ANA]},
        births_answer({}) | {"lat": []},
        births_answer({"date": None}),
        births_answer({"date": "17 May"}),
    ],
)
def test_births_that_cannot_be_read_are_our_fault_and_recorded(
    bells: Bells, rpc: Rpc, answer: dict[str, Any]
) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.answers("load_births", answer)
    rpc.answers("fail_job_run", {})
    refused(bells.ring(PATH), 500, "internal")
    assert rpc.args("fail_job_run")["run_id"] == RUN


# What a member can put into their own row, and the database takes: one of them must not stop everybody else.
ODD = {
    "a zone in other letters": {"tz": "europe/berlin"},
    "a zone the tables lack": {"tz": "Mars/Base"},
}


def _stored(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"stored": len(json.loads(request.content)["charts"]), "skipped": 0})


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_birth_that_cannot_be_computed_costs_nobody_else_their_chart(
    bells: Bells, rpc: Rpc, odd: dict[str, Any]
) -> None:
    """It comes back whenever births are loaded; the other has its chart after one round."""
    job(rpc, births_answer(odd, {"id": BEA}))
    rpc.on("store_birth_charts").mock(side_effect=_stored)
    body = json.loads(bells.ring(PATH).data)
    assert (body["ok"], body["stored"], body["impossible"]) == (True, 1, 1)
    assert [chart["id"] for chart in sent(rpc, "store_birth_charts")[0]["charts"]] == [BEA]


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_nor_their_turn_in_the_queue_nor_the_member_theirs(
    bells: Bells, rpc: Rpc, odd: dict[str, Any]
) -> None:
    """Who has no chart is matched without one."""
    members = couple()
    births = births_answer({"id": members[0]["id"]} | odd, {"id": members[1]["id"]})
    rpc.answers("claim_bell", {"fresh": True})
    in_turn(rpc, "claim_matchmaking", claims_answer(members, births=births), NOBODY)
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.on("store_birth_charts").mock(side_effect=_stored)
    rpc.answers("load_candidates", candidates_answer(members, asking=[0, 1]))
    rpc.answers("complete_matchmaking", done_answer(completed=2))
    rpc.answers("claim_shard", NO_SHARD)
    rpc.answers("finish_job_run", {})
    body = json.loads(bells.ring().data)
    assert (body["charts"], body["completed"]) == (1, 2)
    [stored] = sent(rpc, "store_birth_charts")
    assert [chart["id"] for chart in stored["charts"]] == [members[1]["id"]]
    assert len(rpc.args("complete_matchmaking")["claims"]) == 2


def test_logs_tell_counts_and_nobody(bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]) -> None:
    job(rpc, births_answer({}), births_answer())
    rpc.answers("store_birth_charts", {"stored": 1, "skipped": 0})
    bells.ring(PATH)
    text = capsys.readouterr().err
    [step] = [line for line in log_lines(text) if line["message"] == "step"]
    assert (step["job"], step["step"], step["stored"], step["skipped"]) == ("charts", "charts", 1, 0)
    for secret in (ANA, "1990-05-17", "14:30", "52.52"):
        assert secret not in text
