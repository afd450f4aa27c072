"""POST /jobs/match_scores opens a run over everybody; every worker does pieces of it, whoever rang."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from functions.worker.batch import COUNTS
from functions.worker.nightly.pool import PAGE, hash_of, pool_of
from shared.engine import engine_version
from shared.engine.charts import chart_version
from tests.engine.community import Member, crowd
from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import (
    NO_SHARD,
    NO_TASKS,
    NOBODY,
    RUN,
    SERVICE_KEY,
    SUPERSEDED,
    TOLD,
    Bells,
    called,
    candidates_answer,
    claims_answer,
    couple,
    done_answer,
    failing,
    in_turn,
    log_lines,
    page_answer,
    sent,
)

PATH = "/jobs/match_scores"
NIGHT = "919b7000-0000-4000-8000-0000000000ee"
AWAY = httpx.ConnectError("refused at 10.0.0.7")


def shard(work: str, number: int = 1, members: list[Member] | None = None, **changes: Any) -> dict[str, Any]:
    """What claim_shard answers."""
    ids = sorted(member["id"] for member in members or [])
    return {
        "runId": NIGHT,
        "number": number,
        "attempt": 1,
        "work": work,
        "eventId": None,
        "first": ids[0] if ids else None,
        "last": ids[-1] if ids else None,
    } | changes


def held(number: int = 1, attempt: int = 1) -> dict[str, Any]:
    """How a worker names the piece it holds."""
    return {"run_id": NIGHT, "number": number, "attempt": attempt}


def shard_answer(members: list[Member], **changes: Any) -> dict[str, Any]:
    """What load_shard answers."""
    return {"late": False, "page": page_answer(members)} | TOLD | changes


def night(rpc: Rpc, *shards: dict[str, Any]) -> None:
    """Nobody waits in the queue, and these pieces of a run are open."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("claim_matchmaking", NOBODY)
    in_turn(rpc, "claim_shard", *shards, NO_SHARD)


def opened(rpc: Rpc, answer: dict[str, Any]) -> None:
    """The charts are there, and open_match_scores answers this."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.answers("plan_charts", {"put": 0, "next": None})
    rpc.answers("claim_births", NO_TASKS)
    rpc.answers("finish_job_run", {})
    rpc.answers("open_match_scores", answer)


def told(bells: Bells, path: str = "/matcher", **words: Any) -> dict[str, Any]:
    """The body of a success."""
    answer = bells.ring(path, **words)
    assert answer.status_code == 200, answer.data
    body: dict[str, Any] = json.loads(answer.data)
    return body


# Opening.


def test_the_bell_opens_a_run_and_takes_its_pieces(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(rpc, {"runId": NIGHT, "shards": 7})
    members = crowd(20, seed=3)
    rpc.answers("claim_matchmaking", NOBODY)
    in_turn(
        rpc,
        "claim_shard",
        shard("ready", 1, members),
        shard("enter", 2, members),
        shard("compare", 3),
        shard("scores", 4, members),
        shard("proposals", 5),
        shard("put_in_place", 6),
        shard("requeue", 7, members),
        NO_SHARD,
    )
    rpc.answers("ready_shard", {"late": False, "made": 3})
    rpc.answers("enter_shard", {"late": False, "entered": 20})
    rpc.answers("compare_shard", {"late": False, "unchanged": False})
    rpc.answers("load_shard", shard_answer(members))
    rpc.answers("store_scores", {"late": False, "listed": 60})
    rpc.answers("store_proposals", {"late": False, "stored": 9})
    in_turn(rpc, "clear_shard", {"late": False, "dropped": 20000}, {"late": False, "dropped": 0})
    rpc.answers("put_scores_in_place", {"late": False})
    rpc.answers("requeue_shard", {"late": False, "renewed": 0})
    in_turn(rpc, "drop_old_scores", {"dropped": 50000}, {"dropped": 7}, {"dropped": 0})
    body = told(bells, PATH, body=b'{"job": "match_scores", "trigger": "hand"}')
    worked = {"engineVersion": engine_version(), "batches": 0, "shards": 7, "shardsFailed": 0}
    assert body.pop("worked") == worked | {"finished": True} | dict.fromkeys(COUNTS, 0)
    assert body == {"ok": True, "runId": NIGHT, "shards": 7}
    assert rpc.args("open_match_scores") == {
        "engine_version": engine_version(),
        "chart_version": chart_version(),
        "trigger": "hand",
    }
    # Old lists are dropped only once the new ones are in place, and to the last.
    order = called(rpc)
    assert order.index("claim_births") < order.index("open_match_scores") < order.index("claim_shard")
    assert order.index("put_scores_in_place") < order.index("drop_old_scores") < order.index("requeue_shard")
    assert (order.count("clear_shard"), order.count("drop_old_scores")) == (2, 3)
    # The run of the charts is theirs; this run is told by its pieces, and no run of the matcher is opened.
    assert rpc.args("open_job_run")["job"] == "charts"
    [line] = [line for line in log_lines(capsys.readouterr().err) if line["message"] == "run opened"]
    assert (line["job"], line["runId"], line["shards"]) == ("match_scores", NIGHT, 7)


@pytest.mark.parametrize(
    "answer",
    [
        {"runId": None, "superseded": True},
        {"runId": None, "running": NIGHT},
    ],
)
def test_where_nothing_is_to_be_done_nothing_is(bells: Bells, rpc: Rpc, answer: dict[str, Any]) -> None:
    opened(rpc, answer)
    assert told(bells, PATH) == {"ok": True, **answer}


def test_a_run_that_is_there_already_is_worked_on(bells: Bells, rpc: Rpc) -> None:
    opened(rpc, {"runId": NIGHT, "resumed": True})
    rpc.answers("claim_matchmaking", NOBODY)
    rpc.answers("claim_shard", NO_SHARD)
    body = told(bells, PATH)
    assert (body["resumed"], body["worked"]["finished"]) == (True, True)


def test_charts_that_are_being_computed_elsewhere_are_not_waited_for(bells: Bells, rpc: Rpc) -> None:
    """Other workers hold their tasks, so none can be taken."""
    opened(rpc, {"runId": None, "running": NIGHT})
    rpc.answers("plan_charts", {"put": 3, "next": None})
    assert told(bells, PATH)["running"] == NIGHT


STEPS: dict[str, Any] = {
    "open_job_run": {"runId": RUN},
    "plan_charts": {"put": 0, "next": None},
    "claim_births": NO_TASKS,
    "finish_job_run": {},
    "open_match_scores": {},
}


@pytest.mark.parametrize("function", STEPS)
def test_away_when_opening(bells: Bells, rpc: Rpc, function: str) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    for name, answer in STEPS.items():
        if name == function:
            rpc.on(name).mock(side_effect=AWAY)
            break
        rpc.answers(name, answer)
    if function in ("plan_charts", "claim_births", "finish_job_run"):
        rpc.answers("fail_job_run", {})
    refused(bells.ring(PATH), 503, "unavailable")


# Pieces.


def test_lists_of_a_piece_are_of_its_members_among_everybody(bells: Bells, rpc: Rpc) -> None:
    members = sorted(crowd(60, seed=5), key=lambda member: str(member["id"]))
    mine = members[20:40]
    night(rpc, shard("scores", 2, mine, attempt=3))
    rpc.answers("load_shard", shard_answer(members))
    rpc.answers("store_scores", {"late": False, "listed": 60})
    assert told(bells)["shards"] == 1
    assert rpc.args("load_shard") == held(2, 3) | {"after": None, "most": PAGE}
    stored = rpc.args("store_scores")
    lists = stored.pop("lists")
    assert stored == held(2, 3)
    assert {row["u"] for row in lists} <= {member["id"] for member in mine}
    assert {row["c"] for row in lists} - {member["id"] for member in mine}
    assert lists
    headers = rpc.sent_headers("store_scores")
    assert (headers["apikey"], headers["authorization"]) == (SERVICE_KEY, f"Bearer {SERVICE_KEY}")


def parts(rpc: Rpc) -> dict[str, Any]:
    """What the calls of store_proposals sent, put together; the last of them brings the statement."""
    calls = sent(rpc, "store_proposals")
    assert all("statement" not in call for call in calls[:-1])
    assert all({"run_id", "number", "attempt"} <= set(call) for call in calls)
    return {
        "proposals": [one for call in calls for one in call["proposals"]],
        "prices": [one for call in calls for one in call.get("prices", [])],
        "statement": calls[-1]["statement"],
    }


def test_proposals_of_a_run_come_with_its_statement_and_prices(bells: Bells, rpc: Rpc) -> None:
    members = crowd(60, seed=5)
    night(rpc, shard("proposals", 4))
    rpc.answers("load_shard", shard_answer(members))
    rpc.answers("store_proposals", {"late": False, "stored": 9})
    told(bells)
    assert {call["number"] for call in sent(rpc, "store_proposals")} == {4}
    stored = parts(rpc)
    statement = stored["statement"]
    assert statement["proposed"] == statement["offered"] == len(stored["proposals"]) > 0
    manifest = statement["manifest"]
    assert manifest["inputHash"] == hash_of(pool_of([page_answer(members)]))
    assert manifest["settings"] == {"matchMinScore": 50}
    assert manifest["marketScale"] > 0
    assert len(manifest["proposalsDigest"]) == 64
    assert stored["prices"]
    assert all(price["price"] >= 0 for price in stored["prices"])


def test_a_pool_is_loaded_and_stored_in_parts_and_it_makes_no_difference(
    bells: Bells, rpc: Rpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = crowd(60, seed=5)
    rpc.on("load_shard").mock(
        side_effect=lambda request: httpx.Response(
            200,
            json=shard_answer(members)
            | {"page": page_answer(members, json.loads(request.content)["after"], pages.pop(0))},
        )
    )
    rpc.answers("store_proposals", {"late": False, "stored": 9})
    found = []
    pages: list[int] = []
    for sizes, part in (([60], 2000), ([25, 25, 25], 7)):
        monkeypatch.setattr("functions.worker.nightly.shard.PART", part)
        pages += sizes
        rpc.router.calls.clear()
        rpc.routes["store_proposals"].calls.clear()
        night(rpc, shard("proposals", 4))
        told(bells)
        assert max(len(call["proposals"]) for call in sent(rpc, "store_proposals")) <= part
        assert pages == []
        found.append(parts(rpc))
    assert found[0] == found[1]


def test_one_pool_serves_all_pieces_of_a_worker_that_read_it_alike(bells: Bells, rpc: Rpc) -> None:
    members = crowd(20, seed=3)
    event = "e0000000-0000-4000-8000-0000000000e1"
    night(
        rpc,
        *(shard("scores", number, members) for number in (1, 2, 3)),
        *(shard("scores", number, members, eventId=event) for number in (4, 5)),
        shard("proposals", 6),
    )
    rpc.answers("load_shard", shard_answer(members))
    rpc.answers("store_scores", {"late": False, "listed": 60})
    rpc.answers("store_proposals", {"late": False, "stored": 9})
    assert told(bells)["shards"] == 6
    assert [asked["number"] for asked in sent(rpc, "load_shard")] == [1, 4, 6]


def test_only_prices_that_moved_are_stored(bells: Bells, rpc: Rpc) -> None:
    """A run that begins where the last one ended finds its prices again and has none to tell."""
    members = crowd(60, seed=5)
    night(rpc, shard("proposals"))
    rpc.answers("load_shard", shard_answer(members))
    rpc.answers("store_proposals", {"late": False, "stored": 9})
    told(bells)
    found = {entry["id"]: entry["price"] for entry in parts(rpc)["prices"]}
    assert found, "a crowd in which nobody has a price shows nothing"
    again = [member | {"price": found.get(member["id"], 0)} for member in members]
    rpc.routes["store_proposals"].calls.clear()
    in_turn(rpc, "claim_shard", shard("proposals"), NO_SHARD)
    rpc.answers("load_shard", shard_answer(again))
    told(bells)
    assert len(parts(rpc)["prices"]) < len(found)


def test_a_piece_that_was_lost_stores_nothing(bells: Bells, rpc: Rpc) -> None:
    night(rpc, shard("scores", 1, couple()))
    rpc.answers("load_shard", {"late": True})
    assert told(bells)["finished"] is True


def test_members_come_before_pieces(bells: Bells, rpc: Rpc) -> None:
    """The queue is asked again after every piece: who changes at night waits no longer than by day."""
    members = couple()
    rpc.answers("claim_bell", {"fresh": True})
    in_turn(rpc, "claim_matchmaking", NOBODY, claims_answer(members[:1]), NOBODY)
    in_turn(rpc, "claim_shard", shard("scores", 1, members), shard("scores", 2, members), NO_SHARD)
    rpc.answers("load_shard", shard_answer(members))
    rpc.answers("store_scores", {"late": False, "listed": 2})
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.answers("load_candidates", candidates_answer(members))
    rpc.answers("complete_matchmaking", done_answer())
    rpc.answers("finish_job_run", {})
    body = told(bells)
    assert (body["batches"], body["shards"]) == (1, 2)
    order = called(rpc)
    first, second = [at for at, name in enumerate(order) if name == "store_scores"]
    assert first < order.index("complete_matchmaking") < second


def test_a_superseded_engine_takes_no_piece(bells: Bells, rpc: Rpc) -> None:
    opened(rpc, {"runId": NIGHT, "resumed": True})
    rpc.answers("claim_matchmaking", SUPERSEDED)
    assert told(bells, PATH)["worked"]["superseded"] is True


@pytest.mark.parametrize(
    ("work", "function"),
    [
        ("scores", "load_shard"),
        ("scores", "store_scores"),
        ("proposals", "store_proposals"),
        ("ready", "ready_shard"),
        ("enter", "enter_shard"),
        ("compare", "compare_shard"),
        ("requeue", "requeue_shard"),
        ("put_in_place", "clear_shard"),
        ("put_in_place", "put_scores_in_place"),
        ("put_in_place", "drop_old_scores"),
    ],
)
def test_away_leaves_the_piece_to_whoever_comes_after_its_lease(
    bells: Bells, rpc: Rpc, work: str, function: str
) -> None:
    """Nobody is blamed, and no run of the matcher was opened that could fail."""
    members = couple()
    night(rpc, shard(work, 1, members))
    if function in ("store_scores", "store_proposals"):
        rpc.answers("load_shard", shard_answer(members))
    if function in ("put_scores_in_place", "drop_old_scores"):
        rpc.answers("clear_shard", {"late": False, "dropped": 0})
    if function == "drop_old_scores":
        rpc.answers("put_scores_in_place", {"late": False})
    rpc.on(function).mock(side_effect=AWAY)
    refused(bells.ring(), 503, "unavailable")
    assert "fail_shard" not in called(rpc)


@pytest.mark.parametrize(
    ("loaded", "said"),
    [
        ({"page": page_answer([]) | {"columns": []}}, "PoolError: pool: a page that cannot be read"),
        ({"settings": {}}, "RulesError: matchMinScore: not a number from 0 to 100"),
        ({"now": "yesterday"}, "Internal the database answered without a time"),
    ],
)
@pytest.mark.parametrize("work", ["scores", "proposals"])
def test_a_pool_that_cannot_be_read_gives_the_piece_back_with_its_reason(
    bells: Bells,
    rpc: Rpc,
    capsys: pytest.CaptureFixture[str],
    work: str,
    loaded: dict[str, Any],
    said: str,
) -> None:
    night(rpc, shard(work, 1, couple()))
    rpc.answers("load_shard", shard_answer(couple()) | loaded)
    rpc.answers("fail_shard", {"late": False})
    body = told(bells)
    assert (body["ok"], body["shards"], body["shardsFailed"]) == (True, 0, 1)
    assert rpc.args("fail_shard") == held() | {"error": said}
    [line] = [line for line in log_lines(capsys.readouterr().err) if line["message"] == "shard failed"]
    assert (line["run"], line["shard"]) == (NIGHT, 1)


@pytest.mark.parametrize("work", ["scores", "proposals"])
def test_a_member_who_cannot_be_read_costs_nobody_else_the_night(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str], work: str
) -> None:
    members = crowd(30, seed=5)
    spoilt = members[7] | {"readiness": 500}
    night(rpc, shard(work, 1, members))
    rpc.answers("load_shard", shard_answer([spoilt if m is members[7] else m for m in members]))
    store = "store_scores" if work == "scores" else "store_proposals"
    rpc.answers(store, {"late": False, "listed": 9, "stored": 9})
    told(bells)
    stored = rpc.args(store) if work == "scores" else parts(rpc)
    assert stored["lists" if work == "scores" else "proposals"]
    assert spoilt["id"] not in json.dumps(stored)
    text = capsys.readouterr().err
    [line] = [line for line in log_lines(text) if line["message"] == "members that cannot be read"]
    assert line["count"] == 1
    assert spoilt["id"] not in text


def test_a_piece_of_a_kind_nobody_knows_is_given_back(bells: Bells, rpc: Rpc) -> None:
    """A later database, an earlier worker: the run says what it waits for."""
    night(rpc, shard("dreams"))
    rpc.answers("fail_shard", {"late": False})
    assert told(bells)["shardsFailed"] == 1
    assert rpc.args("fail_shard")["error"] == "Internal no worker knows how to do dreams"


def test_what_the_database_refuses_gives_the_piece_back(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    night(rpc, shard("scores", 1, couple()))
    rpc.answers("load_shard", shard_answer(couple()))
    rpc.on("store_scores").mock(side_effect=lambda _: failing("XX000"))
    rpc.answers("fail_shard", {"late": False})
    told(bells)
    assert rpc.args("fail_shard")["error"] == "Internal database answered 500 XX000"
    assert "Ana" not in capsys.readouterr().err


def test_logs_name_nobody(bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]) -> None:
    members = crowd(40, seed=2)
    night(rpc, shard("scores", 1, members), shard("proposals", 2))
    rpc.answers("load_shard", shard_answer(members))
    rpc.answers("store_scores", {"late": False, "listed": 9})
    rpc.answers("store_proposals", {"late": False, "stored": 9})
    body = told(bells)
    text = capsys.readouterr().err + json.dumps(body)
    assert not [member["id"] for member in members if member["id"] in text]
