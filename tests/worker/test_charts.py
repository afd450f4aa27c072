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
    NO_TASKS,
    NOBODY,
    RUN,
    Bells,
    births_answer,
    called,
    candidates_answer,
    claims_answer,
    couple,
    done_answer,
    in_turn,
    log_lines,
    sent,
    tasks_answer,
)

PATH = "/jobs/charts"
AWAY = httpx.ConnectError("refused at 10.0.0.7")


FROM_TASKS = b'{"job": "charts", "trigger": "tasks"}'
STORED = {"stored": 1, "skipped": 0}


def job(rpc: Rpc, *rounds: dict[str, Any], planned: bool = True) -> None:
    """A database in which everything works, and whose tasks are taken in these rounds."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    if planned:
        rpc.answers("plan_charts", {"put": len(rounds), "next": None})
    in_turn(rpc, "claim_births", *rounds, NO_TASKS)
    if rounds:
        rpc.answers("finish_tasks", {"finished": 1, "late": 0})
        rpc.answers("beat_job_run", {"goOn": True})
    rpc.answers("finish_job_run", {})


def failed(rpc: Rpc, *rounds: dict[str, Any]) -> None:
    """A database whose run will not get to its end."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.answers("plan_charts", {"put": len(rounds), "next": None})
    if rounds:
        in_turn(rpc, "claim_births", *rounds, NO_TASKS)
    rpc.answers("fail_job_run", {})


def claims(*ids: int) -> list[dict[str, int]]:
    """Claims as a worker names them."""
    return [{"id": id_, "attempt": 1} for id_ in ids]


def test_charts_are_computed_stored_and_counted(bells: Bells, rpc: Rpc) -> None:
    without_a_time = {"id": BEA, "time": None, "accuracy": "unknown", "hash": "1" * 64}
    job(rpc, tasks_answer({}, without_a_time))
    rpc.answers("store_birth_charts", {"stored": 2, "skipped": 0})
    answer = bells.ring(PATH, b'{"job": "charts", "trigger": "hand"}')
    assert answer.status_code == 200
    body = json.loads(answer.data)
    assert body.pop("seconds").keys() == {"charts"}
    did = {"planned": 1, "stored": 2, "skipped": 0, "impossible": 0}
    assert body == {"ok": True, "runId": RUN, "chartVersion": chart_version(), **did}

    version, opened = chart_version(), rpc.args("open_job_run")
    assert opened.pop("scope") == sent(rpc, "claim_births")[0]["worker"]
    assert opened == {"job": "charts", "trigger": "hand", "engine_version": version}
    assert rpc.args("plan_charts") == {"chart_version": version, "most": charts.AT_ONCE, "beyond": None}
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
    # A task ends after its chart is stored, never before.
    order = called(rpc)
    assert order.index("store_birth_charts") < order.index("finish_tasks")
    assert sent(rpc, "finish_tasks") == [{"claims": claims(1, 2)}]


def test_it_goes_on_until_no_task_can_be_taken(bells: Bells, rpc: Rpc) -> None:
    job(rpc, tasks_answer({}), tasks_answer({"id": BEA}))
    rpc.answers("store_birth_charts", STORED)
    assert json.loads(bells.ring(PATH).data)["stored"] == 2
    assert [[chart["id"] for chart in call["charts"]] for call in sent(rpc, "store_birth_charts")] == [
        [ANA],
        [BEA],
    ]
    assert len(sent(rpc, "claim_births")) == 3
    # A sign of life after every round, so that a long backfill is not taken for a dead one.
    assert sent(rpc, "beat_job_run") == [{"run_id": RUN, "progress": None}] * 2


def test_tasks_are_put_page_by_page_over_all_members(bells: Bells, rpc: Rpc) -> None:
    job(rpc, planned=False)
    rpc.answers("beat_job_run", {"goOn": True})
    in_turn(rpc, "plan_charts", {"put": 2, "next": ANA}, {"put": 0, "next": BEA}, {"put": 1, "next": None})
    assert json.loads(bells.ring(PATH).data)["planned"] == 3
    assert [call["beyond"] for call in sent(rpc, "plan_charts")] == [None, ANA, BEA]
    assert sent(rpc, "beat_job_run") == [{"run_id": RUN, "progress": None}] * 2


def test_tasks_that_wait_are_done_without_looking_for_others(bells: Bells, rpc: Rpc) -> None:
    job(rpc, tasks_answer({}), planned=False)
    rpc.answers("store_birth_charts", STORED)
    body = json.loads(bells.ring(PATH, FROM_TASKS).data)
    assert (body["planned"], body["stored"]) == (0, 1)
    assert "plan_charts" not in called(rpc)


def test_a_task_whose_birth_is_not_due_any_more_is_done(bells: Bells, rpc: Rpc) -> None:
    """The matcher computed the chart meanwhile."""
    job(rpc, tasks_answer({}, done=[BEA]), tasks_answer(done=[BEA]))
    rpc.answers("store_birth_charts", STORED)
    assert json.loads(bells.ring(PATH).data)["stored"] == 1
    assert sent(rpc, "finish_tasks") == [{"claims": claims(1, 2)}, {"claims": claims(1)}]
    assert len(sent(rpc, "store_birth_charts")) == 1


def test_workers_have_names_of_their_own(bells: Bells, rpc: Rpc) -> None:
    job(rpc)
    bells.ring(PATH)
    bells.ring(PATH)
    names = {call["worker"] for call in sent(rpc, "claim_births")}
    assert len(names) == 2
    assert {call["scope"] for call in sent(rpc, "open_job_run")} == names


def test_a_cancelled_backfill_stops_at_its_next_round(bells: Bells, rpc: Rpc) -> None:
    failed(rpc, tasks_answer({}), tasks_answer({"id": BEA}))
    rpc.answers("store_birth_charts", STORED)
    rpc.answers("finish_tasks", {"finished": 1, "late": 0})
    rpc.answers("beat_job_run", {"goOn": False})
    refused(bells.ring(PATH), 500, "internal")
    assert len(sent(rpc, "claim_births")) == 1
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": "Cancelled"}


def test_a_run_that_is_neither_opened_nor_running_is_our_fault(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": None})
    refused(bells.ring(PATH), 500, "internal")


def test_births_that_have_lost_their_ground_do_not_come_for_ever(bells: Bells, rpc: Rpc) -> None:
    job(rpc, tasks_answer({}))
    rpc.answers("store_birth_charts", {"stored": 0, "skipped": 1})
    body = json.loads(bells.ring(PATH).data)
    assert (body["stored"], body["skipped"]) == (0, 1)
    assert sent(rpc, "finish_tasks") == [{"claims": claims(1)}]


def test_nothing_due_is_a_clear_result(bells: Bells, rpc: Rpc) -> None:
    job(rpc)
    body = json.loads(bells.ring(PATH).data)
    assert (body["planned"], body["stored"], body["skipped"]) == (0, 0, 0)


@pytest.mark.parametrize("function", ["plan_charts", "claim_births", "store_birth_charts"])
def test_away_meanwhile_is_recorded(bells: Bells, rpc: Rpc, function: str) -> None:
    """The tasks stay under their leases, and are another worker's when these run out."""
    failed(rpc, *([] if function == "plan_charts" else [tasks_answer({})]))
    rpc.on(function).mock(side_effect=AWAY)
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
    """Their tasks are given back. They come again in smaller numbers, until the broken one is alone."""
    failed(rpc, tasks_answer({}) | {"births": answer})
    rpc.answers("fail_tasks", {"again": 1, "parked": 0, "late": 0})
    refused(bells.ring(PATH), 500, "internal")
    assert rpc.args("fail_tasks") == {"claims": claims(1), "error": "Internal"}
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
    """Its task is parked with the reason; the other's is done."""
    job(rpc, tasks_answer(odd, {"id": BEA}))
    rpc.on("store_birth_charts").mock(side_effect=_stored)
    rpc.answers("park_tasks", {"again": 0, "parked": 1, "late": 0})
    body = json.loads(bells.ring(PATH).data)
    assert (body["ok"], body["stored"], body["impossible"]) == (True, 1, 1)
    assert [chart["id"] for chart in sent(rpc, "store_birth_charts")[0]["charts"]] == [BEA]
    parked = rpc.args("park_tasks")
    assert parked["claims"] == claims(1)
    assert parked["error"]
    assert odd["tz"] not in parked["error"]
    assert sent(rpc, "finish_tasks") == [{"claims": claims(2)}]


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
    rpc.answers("finish_job_run", {})
    body = json.loads(bells.ring().data)
    assert (body["charts"], body["completed"]) == (1, 2)
    [stored] = sent(rpc, "store_birth_charts")
    assert [chart["id"] for chart in stored["charts"]] == [members[1]["id"]]
    assert len(rpc.args("complete_matchmaking")["claims"]) == 2


def test_logs_tell_counts_and_nobody(bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]) -> None:
    job(rpc, tasks_answer({}))
    rpc.answers("store_birth_charts", {"stored": 1, "skipped": 0})
    bells.ring(PATH)
    text = capsys.readouterr().err
    [step] = [line for line in log_lines(text) if line["message"] == "step"]
    assert (step["job"], step["step"], step["stored"], step["skipped"]) == ("charts", "charts", 1, 0)
    for secret in (ANA, "1990-05-17", "14:30", "52.52"):
        assert secret not in text
