"""POST /jobs/interests."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import ANA, BEA, RUN, Bells, in_turn, sent

PATH = "/jobs/interests"
BELL = b'{"job": "interests", "trigger": "hand"}'
AWAY = httpx.ConnectError("refused at 10.0.0.7")


def job(rpc: Rpc, *pages: dict[str, Any]) -> None:
    """A database whose members are looked at in these pages."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.answers("weigh_interests", {"catalogued": 1, "weighed": 2})
    in_turn(rpc, "index_interests", *pages)
    rpc.answers("beat_job_run", {"goOn": True})
    rpc.answers("finish_job_run", {})


def test_all_members_are_looked_at_page_by_page(bells: Bells, rpc: Rpc) -> None:
    pages: list[dict[str, Any]] = [
        {"looked": 2000, "indexed": 5, "next": ANA},
        {"looked": 2000, "indexed": 0, "next": BEA},
        {"looked": 7, "indexed": 1, "next": None},
    ]
    job(rpc, *pages)
    answer = bells.ring(PATH, BELL)
    assert answer.status_code == 200
    body = json.loads(answer.data)
    assert body.pop("seconds").keys() == {"interests"}
    did = {"catalogued": 1, "weighed": 2, "looked": 4007, "indexed": 6}
    assert body == {"ok": True, "runId": RUN, **did}
    opened = {"job": "interests", "trigger": "hand", "engine_version": None, "scope": "all"}
    assert rpc.args("open_job_run") == opened
    assert [asked["beyond"] for asked in sent(rpc, "index_interests")] == [None, ANA, BEA]
    assert rpc.args("finish_job_run") == {"run_id": RUN, "metadata": did}


def test_one_run_at_a_time(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": None, "running": RUN})
    body = json.loads(bells.ring(PATH, BELL).data)
    assert body == {"ok": True, "runId": None, "running": RUN}


def test_a_failure_is_recorded(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.on("weigh_interests").mock(side_effect=AWAY)
    rpc.answers("fail_job_run", {})
    refused(bells.ring(PATH, BELL), 503, "unavailable")
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": "Unavailable"}
