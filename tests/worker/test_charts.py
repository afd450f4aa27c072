"""POST /jobs/charts, and the charts at the start of every run of the matcher."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from functions.worker import charts
from shared.engine.charts import chart_version
from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import ANA, BEA, RUN, Bells, births_answer, couple, log_lines, pool_answer

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


def sent(rpc: Rpc, function: str) -> list[Any]:
    """What each call of a function sent."""
    return [json.loads(call.request.content) for call in rpc.routes[function].calls]


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
    assert rpc.args("open_job_run") == {"job": "charts", "trigger": "hand", "engine_version": version}
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
    job(rpc, births_answer({}), births_answer({"id": BEA}), births_answer())
    rpc.answers("store_birth_charts", {"stored": 1, "skipped": 0})
    assert json.loads(bells.ring(PATH).data)["stored"] == 2
    assert [[chart["id"] for chart in call["charts"]] for call in sent(rpc, "store_birth_charts")] == [
        [ANA],
        [BEA],
    ]
    assert [call["beyond"] for call in sent(rpc, "load_births")] == [None, ANA, BEA]


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


def test_the_matcher_computes_what_is_missing_before_it_loads(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    due(rpc, births_answer({}), births_answer())
    rpc.answers("store_birth_charts", {"stored": 1, "skipped": 0})
    rpc.answers("load_pool", pool_answer(couple()))
    rpc.answers("store_proposals", {"stored": 1, "skipped": 0})
    assert json.loads(bells.ring().data)["charts"] == 1
    order = [call.request.url.path.rsplit("/", 1)[-1] for call in rpc.router.calls]
    assert order.index("store_birth_charts") < order.index("load_pool")


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


def _odd_for_ever(odd: dict[str, Any]) -> Iterator[httpx.Response]:
    """The birth that cannot be computed comes back in every round; the other has its chart after one."""
    yield httpx.Response(200, json=births_answer(odd, {"id": BEA}))
    while True:
        yield httpx.Response(200, json=births_answer(odd))


def _stored(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"stored": len(json.loads(request.content)["charts"]), "skipped": 0})


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("path", [PATH, "/matcher"])
def test_a_birth_that_cannot_be_computed_costs_nobody_else_their_chart(
    bells: Bells, rpc: Rpc, path: str, odd: dict[str, Any]
) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.on("load_births").mock(side_effect=_odd_for_ever(odd))
    rpc.on("store_birth_charts").mock(side_effect=_stored)
    if path == PATH:
        rpc.answers("open_job_run", {"runId": RUN})
        rpc.answers("finish_job_run", {})
    else:
        rpc.answers("load_pool", pool_answer(couple()))
        rpc.answers("store_proposals", {"stored": 1, "skipped": 0})
    body = json.loads(bells.ring(path).data)
    assert body["ok"] is True
    assert body["charts" if path == "/matcher" else "stored"] == 1
    assert body.get("impossible", 1) == 1
    assert [chart["id"] for chart in sent(rpc, "store_birth_charts")[0]["charts"]] == [BEA]


def test_logs_tell_counts_and_nobody(bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]) -> None:
    job(rpc, births_answer({}), births_answer())
    rpc.answers("store_birth_charts", {"stored": 1, "skipped": 0})
    bells.ring(PATH)
    text = capsys.readouterr().err
    [step] = [line for line in log_lines(text) if line["message"] == "step"]
    assert (step["job"], step["step"], step["stored"], step["skipped"]) == ("charts", "charts", 1, 0)
    for secret in (ANA, "1990-05-17", "14:30", "52.52"):
        assert secret not in text
