"""POST /jobs/quiz: tasks by day, all answers by night."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from functions.worker import quiz
from shared.quiz.questionnaire import questionnaire
from shared.quiz.scoring import signals_of, signals_version
from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import ANA, BEA, RUN, Bells, called, in_turn, sent

PATH = "/jobs/quiz"
FROM_TASKS = b'{"job": "quiz", "trigger": "tasks"}'
NONE_LEFT: dict[str, Any] = {"claimed": [], "members": []}
STORED = {"stored": 1, "waiting": 0, "skipped": 0}
SAID = {item.id: 4 + 2 * item.key for item in questionnaire().items.values() if item.area == "values"}


def answered(member: str) -> dict[str, Any]:
    return {"id": member, "hash": "0" * 64, "answers": SAID}


def taken(*members: str) -> dict[str, Any]:
    """What claim_quiz answers when it takes the tasks of these members."""
    return {
        "claimed": [
            {"id": at, "attempt": 1, "key": member, "user": member, "payload": {}}
            for at, member in enumerate(members, start=1)
        ],
        "members": [answered(member) for member in members],
    }


def opened(rpc: Rpc, ends: str = "finish_job_run", *, beats: bool = True) -> None:
    """A database that opens a run, and has it end well or badly."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.answers(ends, {})
    if beats:
        rpc.answers("beat_job_run", {"goOn": True})


def test_tasks_are_worked_off_by_day(bells: Bells, rpc: Rpc) -> None:
    opened(rpc)
    in_turn(rpc, "claim_quiz", taken(ANA, BEA), NONE_LEFT)
    rpc.answers("store_quiz_vectors", {"stored": 1, "waiting": 1, "skipped": 0})
    rpc.answers("finish_tasks", {"finished": 2, "late": 0})
    body = json.loads(bells.ring(PATH, FROM_TASKS).data)
    assert body.pop("seconds").keys() == {"quiz"}
    did = {"stored": 1, "waiting": 1, "skipped": 0}
    assert body == {"ok": True, "runId": RUN, "quizVersion": signals_version(), **did}
    assert rpc.args("finish_job_run") == {"run_id": RUN, "metadata": did}
    [stored] = sent(rpc, "store_quiz_vectors")
    assert (stored["quiz_version"], stored["at_night"]) == (signals_version(), False)
    assert [made["id"] for made in stored["made"]] == [ANA, BEA]
    [ana, _] = stored["made"]
    found = signals_of(SAID)
    assert json.loads(ana["values"]) == pytest.approx(found.vectors["values"], abs=1e-5)
    assert (ana["communication"], ana["lifeGoals"], ana["readiness"]) == (None, None, None)
    # A task ends after its signals are stored, never before.
    order = called(rpc)
    assert order.index("store_quiz_vectors") < order.index("finish_tasks")
    assert sent(rpc, "finish_tasks") == [{"claims": [{"id": 1, "attempt": 1}, {"id": 2, "attempt": 1}]}]


def test_all_answers_are_looked_at_otherwise_page_by_page(bells: Bells, rpc: Rpc) -> None:
    opened(rpc)
    pages = ({"members": [answered(ANA)], "next": ANA}, {"members": [answered(BEA)], "next": None})
    in_turn(rpc, "load_quiz", *pages)
    rpc.answers("store_quiz_vectors", STORED)
    assert json.loads(bells.ring(PATH).data)["stored"] == 2
    assert [call["beyond"] for call in sent(rpc, "load_quiz")] == [None, ANA]
    assert {call["at_night"] for call in sent(rpc, "store_quiz_vectors")} == {True}
    assert {call["most"] for call in sent(rpc, "load_quiz")} == {quiz.AT_ONCE}
    assert "claim_quiz" not in called(rpc)


def test_where_nothing_is_due_nothing_is_stored(bells: Bells, rpc: Rpc) -> None:
    opened(rpc, beats=False)
    rpc.answers("load_quiz", {"members": [], "next": None})
    assert json.loads(bells.ring(PATH).data)["stored"] == 0
    assert "store_quiz_vectors" not in called(rpc)


def test_what_fails_gives_its_tasks_back(bells: Bells, rpc: Rpc) -> None:
    opened(rpc, "fail_job_run", beats=False)
    in_turn(rpc, "claim_quiz", taken(ANA), NONE_LEFT)
    rpc.answers("store_quiz_vectors", {"code": "XX000"}, 500)
    rpc.answers("fail_tasks", {"again": 1, "parked": 0, "late": 0})
    refused(bells.ring(PATH, FROM_TASKS), 500, "internal")
    assert rpc.args("fail_tasks") == {"claims": [{"id": 1, "attempt": 1}], "error": "Internal"}
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": "Internal"}


def test_where_the_database_is_away_leases_run_out(bells: Bells, rpc: Rpc) -> None:
    opened(rpc, "fail_job_run", beats=False)
    in_turn(rpc, "claim_quiz", taken(ANA), NONE_LEFT)
    rpc.on("store_quiz_vectors").mock(side_effect=httpx.ConnectError("refused"))
    refused(bells.ring(PATH, FROM_TASKS), 503, "unavailable")
    assert "fail_tasks" not in called(rpc)
