"""POST /matcher and the queue: what it does, and what it leaves when something is away.

Who may ring: test_guard.py. The night: test_nightly.py.
"""

from __future__ import annotations

import datetime
import json
import math
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient

from functions.worker.batch import COUNTS
from shared.engine import engine_version
from shared.engine.charts import chart_version
from tests.engine.community import Member, axis, crowd, make_member
from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import (
    NOBODY,
    RUN,
    SERVICE_KEY,
    SUPERSEDED,
    Bells,
    births_answer,
    called,
    candidates_answer,
    claims_answer,
    couple,
    done_answer,
    entries,
    failing,
    in_turn,
    log_lines,
    sent,
)

AWAY = httpx.ConnectError("refused at 10.0.0.7")
STEPS = ["load", "match", "explain", "store"]
CLAIM = {"id": 1, "attempt": 1}


def waits(rpc: Rpc, members: list[Member] | None = None, loaded: Any = None, **changes: Any) -> None:
    """A database in which the first of these members waits, and everything up to the loading works."""
    members = couple() if members is None else members
    rpc.answers("claim_bell", {"fresh": True})
    in_turn(rpc, "claim_matchmaking", claims_answer(members[:1], **changes), NOBODY)
    rpc.answers("open_job_run", {"runId": RUN})
    if loaded is None:
        loaded = candidates_answer(members)
    rpc.on("load_candidates").mock(
        return_value=loaded if isinstance(loaded, httpx.Response) else httpx.Response(200, json=loaded)
    )


def ends(rpc: Rpc) -> None:
    """Nothing is left to do after the queue, and the run may end."""
    rpc.answers("finish_job_run", {})


def works(rpc: Rpc, members: list[Member] | None = None, **words: Any) -> None:
    """A database in which the first of these members waits and everything works."""
    waits(rpc, members, **words)
    rpc.answers("complete_matchmaking", done_answer(listed=2, stored=1))
    ends(rpc)


def fails(rpc: Rpc, parked: int = 0) -> None:
    """Members are given back; so many of them for good."""
    rpc.answers("fail_matchmaking", {"again": 1 - parked, "parked": parked})


def told(bells: Bells, **words: Any) -> dict[str, Any]:
    """The body of a success."""
    answer = bells.ring(**words)
    assert answer.status_code == 200, answer.data
    body: dict[str, Any] = json.loads(answer.data)
    return body


# The ordinary way.


def test_a_member_is_loaded_matched_stored_and_counted(bells: Bells, rpc: Rpc) -> None:
    works(rpc)
    body = told(bells)
    seconds = body.pop("seconds")
    counts = dict.fromkeys(COUNTS, 0) | {"completed": 1, "listed": 2, "proposed": 1}
    did = {"engineVersion": engine_version(), "batches": 1}
    did |= {"finished": True, **counts}
    assert body == {"ok": True, "runId": RUN, **did}
    assert list(seconds) == STEPS
    # Minutes only where the engine has to be compiled first.
    assert all(0 <= value < 600 for value in seconds.values())
    assert rpc.args("finish_job_run") == {"run_id": RUN, "metadata": did | {"seconds": seconds}}
    assert called(rpc) == [
        *("claim_bell", "claim_matchmaking", "open_job_run", "load_candidates", "complete_matchmaking"),
        *("claim_matchmaking", "finish_job_run"),
    ]


def test_what_is_sent_to_the_database(bells: Bells, rpc: Rpc) -> None:
    works(rpc)
    nonce = "0b9f8c1e-3c6d-4a52-9a7e-2f1d5b6c7d8e"
    bells.ring(nonce=nonce, body=b'{"trigger":"hand"}')
    claim = rpc.args("claim_bell")
    assert claim["nonce"] == nonce
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(claim["rung_at"])
    assert -1 < age.total_seconds() < 10
    asked = sent(rpc, "claim_matchmaking")[0]
    worker = asked.pop("worker")
    assert worker.startswith("worker-")
    versions = {"engine_version": engine_version(), "chart_version": chart_version()}
    assert asked == versions | {"batch_size": 20}
    assert rpc.args("open_job_run") == {
        "job": "matcher",
        "trigger": "hand",
        "engine_version": engine_version(),
        "scope": worker,
    }
    assert rpc.args("load_candidates") == {"claims": [CLAIM], "chart_version": chart_version()}
    stored = rpc.args("complete_matchmaking")
    assert stored["claims"] == [CLAIM]
    assert (stored["run_id"], stored["engine_version"]) == (RUN, engine_version())
    first, second = (member["id"] for member in couple())
    [proposal] = stored["proposals"]
    assert (proposal["a"], proposal["b"], proposal["mode"]) == (first, second, "romantic")
    assert stored["lists"]["revisions"] == [1, 1]
    [entry] = entries(stored["lists"])
    assert (entry.owner, entry.candidate, entry.score) == (first, second, proposal["totalScore"])
    assert entry.score > 50
    told_of_it = (entry.pair.mode, entry.pair.breakdown, entry.pair.labels)
    assert told_of_it == ("romantic", proposal["scoreBreakdown"], proposal["labels"])
    assert [price["id"] for price in stored["prices"]] == [first]
    assert all(price["price"] > 0 for price in stored["prices"])
    for function in ("claim_matchmaking", "load_candidates", "complete_matchmaking", "finish_job_run"):
        headers = rpc.sent_headers(function)
        assert (headers["apikey"], headers["authorization"]) == (SERVICE_KEY, f"Bearer {SERVICE_KEY}")


@pytest.mark.parametrize("body", [b"{}", b'{"job":"matcher"}', b'{"job": "matcher", "trigger": "schedule"}'])
def test_bodies_of_a_bell(bells: Bells, rpc: Rpc, body: bytes) -> None:
    works(rpc)
    told(bells, body=body)


def test_nothing_to_do_leaves_no_run(bells: Bells, rpc: Rpc) -> None:
    """The schedule rings every minute: whoever reads job_runs must see work, not minutes."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("claim_matchmaking", NOBODY)
    did = {"engineVersion": engine_version(), "batches": 0, "finished": True}
    assert told(bells) == {"ok": True, **did, **dict.fromkeys(COUNTS, 0)}


def test_it_goes_on_until_the_queue_is_empty_in_one_run(bells: Bells, rpc: Rpc) -> None:
    works(rpc)
    in_turn(rpc, "claim_matchmaking", *[claims_answer(couple()[:1])] * 3, NOBODY)
    body = told(bells)
    assert (body["batches"], body["completed"], body["proposed"]) == (3, 3, 3)
    assert rpc.routes["open_job_run"].call_count == rpc.routes["finish_job_run"].call_count == 1
    assert len({asked["worker"] for asked in sent(rpc, "claim_matchmaking")}) == 1


def test_two_calls_take_work_under_two_names(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("claim_matchmaking", NOBODY)
    told(bells)
    told(bells)
    assert len({asked["worker"] for asked in sent(rpc, "claim_matchmaking")}) == 2


def test_a_batch_of_several_members_is_one_load_and_one_store(bells: Bells, rpc: Rpc) -> None:
    """Both asked; the pair is proposed once, and each has the other on their list."""
    members = couple()
    works(rpc, members, loaded=candidates_answer(members, asking=[0, 1]))
    in_turn(rpc, "claim_matchmaking", claims_answer(members), NOBODY)
    told(bells)
    stored = rpc.args("complete_matchmaking")
    assert stored["claims"] == [CLAIM, {"id": 2, "attempt": 1}]
    assert len(stored["proposals"]) == 1
    first, second = (member["id"] for member in members)
    assert {(entry.owner, entry.candidate) for entry in entries(stored["lists"])} == {
        (first, second),
        (second, first),
    }


def test_whom_one_has_met_is_listed_and_not_proposed(bells: Bells, rpc: Rpc) -> None:
    works(rpc, loaded=candidates_answer(couple(), met=[(0, 1)]))
    told(bells)
    stored = rpc.args("complete_matchmaking")
    assert stored["proposals"] == []
    assert len(entries(stored["lists"])) == 1


def test_who_must_stay_apart_is_neither(bells: Bells, rpc: Rpc) -> None:
    members = couple()
    answer = candidates_answer(members)
    answer["pool"]["excluded"] = [[0, 1]]
    works(rpc, members, loaded=answer)
    told(bells)
    stored = rpc.args("complete_matchmaking")
    assert (stored["proposals"], entries(stored["lists"]), stored["prices"]) == ([], [], [])


@pytest.mark.parametrize(
    "members", [couple()[:1], [make_member(n, preferredGenders=["male"]) for n in (1, 2)]]
)
def test_nobody_to_meet_completes_too(bells: Bells, rpc: Rpc, members: list[Member]) -> None:
    works(rpc, members)
    assert told(bells)["completed"] == 1
    stored = rpc.args("complete_matchmaking")
    assert (stored["claims"], stored["proposals"], entries(stored["lists"])) == ([CLAIM], [], [])


def test_claims_that_were_lost_meanwhile_cost_nothing(bells: Bells, rpc: Rpc) -> None:
    """Another worker took them over: the load knows nobody, and the store says late."""
    works(rpc, [], loaded=candidates_answer([], asking=[]))
    in_turn(rpc, "claim_matchmaking", claims_answer(couple()[:1]), NOBODY)
    rpc.answers("complete_matchmaking", done_answer(completed=0, late=1))
    body = told(bells)
    assert (body["late"], body["completed"], body["proposed"]) == (1, 0, 0)


def test_before_the_first_night_the_scale_is_found_here(bells: Bells, rpc: Rpc) -> None:
    works(rpc, loaded=candidates_answer(couple(), scale=None))
    told(bells)
    assert len(rpc.args("complete_matchmaking")["proposals"]) == 1


def test_members_are_placed_in_the_order_of_their_waiting(bells: Bells, rpc: Rpc) -> None:
    """One candidate with one place, wanted by both: who waits longer gets it, whoever was claimed first."""
    loved = make_member(1, capacity=1, gender="male", valuesVector=axis(0))
    wants = {"preferredGenders": ["male"], "valuesVector": axis(0)}
    short = make_member(2, waitingSince=2_000_000_000, **wants)
    long = make_member(3, waitingSince=1_000_000_000, **wants)
    members = [loved, short, long]
    works(rpc, members, loaded=candidates_answer(members, asking=[1, 2]))
    in_turn(rpc, "claim_matchmaking", claims_answer([short, long]), NOBODY)
    told(bells)
    [proposal] = rpc.args("complete_matchmaking")["proposals"]
    assert {proposal["a"], proposal["b"]} == {loved["id"], long["id"]}


def test_missing_charts_are_computed_before_members_are_loaded(bells: Bells, rpc: Rpc) -> None:
    works(rpc, births=births_answer({"id": couple()[0]["id"]}))
    rpc.answers("store_birth_charts", {"stored": 1, "skipped": 0})
    assert told(bells)["charts"] == 1
    order = called(rpc)
    assert order.index("store_birth_charts") < order.index("load_candidates")
    assert {rpc.args(name)["chart_version"] for name in ("store_birth_charts", "load_candidates")} == {
        chart_version()
    }


def test_signals_of_the_quiz_are_made_before_members_are_loaded(bells: Bells, rpc: Rpc) -> None:
    member = couple()[0]["id"]
    answered = {"id": member, "hash": "0" * 64, "answers": {"decide_myself": 6, "days_alike": 2}}
    works(rpc, quiz=[answered])
    rpc.answers("store_quiz_vectors", {"stored": 1, "waiting": 0, "skipped": 0})
    assert told(bells)["quiz"] == 1
    order = called(rpc)
    assert order.index("store_quiz_vectors") < order.index("load_candidates")
    asked = rpc.args("store_quiz_vectors")
    assert ([made["id"] for made in asked["made"]], asked["at_night"]) == ([member], False)


def test_nothing_is_kept_between_two_calls_of_one_process(bells: Bells, rpc: Rpc) -> None:
    """Equal answers of the database give equal proposals, to the byte."""
    members = crowd(40, seed=4)
    works(rpc, members, loaded=candidates_answer(members, asking=range(10)))
    in_turn(
        rpc, "claim_matchmaking", claims_answer(members[:10]), NOBODY, claims_answer(members[:10]), NOBODY
    )
    told(bells)
    told(bells)
    first, second = (call.request.content for call in rpc.routes["complete_matchmaking"].calls)
    assert first == second
    assert json.loads(first)["proposals"]


# Limits of the deployment.


def test_batch_size_is_what_the_deployment_says(deployed: Callable[..., FlaskClient], rpc: Rpc) -> None:
    works(rpc)
    told(Bells(deployed(BATCH_SIZE="7")))
    assert {asked["batch_size"] for asked in sent(rpc, "claim_matchmaking")} == {7}


def test_when_the_time_is_up_nothing_more_is_taken_and_what_was_is_done(
    deployed: Callable[..., FlaskClient], rpc: Rpc
) -> None:
    members = couple()
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("claim_matchmaking", claims_answer(members[:1]))  # there is no end of them
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.answers("complete_matchmaking", done_answer())
    rpc.answers("finish_job_run", {})

    def slowly(_: httpx.Request) -> httpx.Response:
        time.sleep(0.3)
        return httpx.Response(200, json=candidates_answer(members))

    rpc.on("load_candidates").mock(side_effect=slowly)
    body = told(Bells(deployed(MAX_RUNTIME_MS="200")))
    assert (body["batches"], body["completed"], body["finished"]) == (1, 1, False)
    assert rpc.routes["claim_matchmaking"].call_count == 1
    assert rpc.args("finish_job_run")["metadata"]["finished"] is False


def test_a_superseded_engine_does_nothing_and_says_so(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    """No run is opened: another deployment is at work."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("claim_matchmaking", SUPERSEDED)
    body = told(bells)
    assert (body["superseded"], body["batches"]) == (True, 0)
    assert "superseded" in [line["message"] for line in log_lines(capsys.readouterr().err)]


def test_superseded_in_mid_run_ends_it(bells: Bells, rpc: Rpc) -> None:
    waits(rpc)
    in_turn(rpc, "claim_matchmaking", claims_answer(couple()[:1]), SUPERSEDED)
    rpc.answers("complete_matchmaking", done_answer())
    rpc.answers("finish_job_run", {})
    body = told(bells)
    assert (body["superseded"], body["batches"], body["runId"]) == (True, 1, RUN)
    assert rpc.args("finish_job_run")["metadata"]["superseded"] is True


# A database that is away.


def _recorded(rpc: Rpc) -> None:
    assert rpc.args("fail_job_run") == {"run_id": RUN, "error": "Unavailable"}


def test_away_when_the_bell_is_claimed(bells: Bells, rpc: Rpc) -> None:
    rpc.on("claim_bell").mock(side_effect=AWAY)
    answer = bells.ring()
    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


def test_away_when_members_are_claimed(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.on("claim_matchmaking").mock(side_effect=AWAY)
    refused(bells.ring(), 503, "unavailable")


def test_away_when_the_run_is_opened(bells: Bells, rpc: Rpc) -> None:
    """The claims come back by themselves when their lease is over."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("claim_matchmaking", claims_answer(couple()[:1]))
    rpc.on("open_job_run").mock(side_effect=AWAY)
    refused(bells.ring(), 503, "unavailable")


def test_away_when_charts_are_stored(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("claim_matchmaking", claims_answer(couple()[:1], births=births_answer({})))
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.on("store_birth_charts").mock(side_effect=AWAY)
    rpc.answers("fail_job_run", {})
    refused(bells.ring(), 503, "unavailable")
    _recorded(rpc)


def test_away_when_candidates_are_loaded_blames_no_member(bells: Bells, rpc: Rpc) -> None:
    waits(rpc)
    rpc.on("load_candidates").mock(side_effect=AWAY)
    rpc.answers("fail_job_run", {})
    refused(bells.ring(), 503, "unavailable")
    _recorded(rpc)  # and fail_matchmaking was not called: the mock would have failed it


def test_away_when_results_are_stored_is_tried_once(bells: Bells, rpc: Rpc) -> None:
    waits(rpc)
    rpc.on("complete_matchmaking").mock(side_effect=httpx.ReadTimeout("10.0.0.7"))
    rpc.answers("fail_job_run", {})
    refused(bells.ring(), 503, "unavailable")
    _recorded(rpc)
    assert rpc.routes["complete_matchmaking"].call_count == 1


def test_away_when_members_are_given_back(bells: Bells, rpc: Rpc) -> None:
    waits(rpc, loaded={"pool": None})
    rpc.on("fail_matchmaking").mock(side_effect=AWAY)
    rpc.answers("fail_job_run", {})
    refused(bells.ring(), 503, "unavailable")
    _recorded(rpc)


def test_away_when_the_run_is_finished(bells: Bells, rpc: Rpc) -> None:
    """Everything is stored; the row stays open until SQL gives it up."""
    works(rpc)
    rpc.on("finish_job_run").mock(side_effect=AWAY)
    refused(bells.ring(), 503, "unavailable")


def test_away_for_good_answers_with_the_first_error(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    waits(rpc)
    rpc.on("load_candidates").mock(side_effect=httpx.ReadError("10.0.0.7"))
    rpc.on("fail_job_run").mock(side_effect=AWAY)
    refused(bells.ring(), 503, "unavailable")
    text = capsys.readouterr().err
    assert "run not recorded" in [line["message"] for line in log_lines(text)]
    assert "ReadError" in text
    assert "10.0.0.7" not in text


@pytest.mark.parametrize(("code", "status"), [("40P01", 500), ("40001", 500), ("23503", 409)])
@pytest.mark.parametrize("function", ["load_candidates", "complete_matchmaking"])
def test_who_got_in_somebody_s_way_begins_anew(
    bells: Bells, rpc: Rpc, function: str, code: str, status: int
) -> None:
    works(rpc)
    answer = candidates_answer(couple()) if function == "load_candidates" else done_answer()
    in_turn(rpc, function, failing(code, status), failing(code, status), answer)
    assert told(bells)["completed"] == 1
    tries = sent(rpc, function)
    assert len(tries) == 3
    assert tries[0] == tries[1] == tries[2]


def test_and_three_times_are_enough(bells: Bells, rpc: Rpc) -> None:
    waits(rpc)
    rpc.on("complete_matchmaking").mock(side_effect=lambda _: failing("40P01"))
    rpc.answers("fail_job_run", {})
    refused(bells.ring(), 503, "unavailable")
    _recorded(rpc)
    assert rpc.routes["complete_matchmaking"].call_count == 3


@pytest.mark.parametrize(("code", "status"), [("57014", 500), ("53300", 503), ("25006", 405)])
def test_other_troubles_are_left_to_the_next_bell(bells: Bells, rpc: Rpc, code: str, status: int) -> None:
    waits(rpc)
    rpc.on("complete_matchmaking").mock(side_effect=lambda _: failing(code, status))
    rpc.answers("fail_job_run", {})
    refused(bells.ring(), 503, "unavailable")
    _recorded(rpc)
    assert rpc.routes["complete_matchmaking"].call_count == 1


# Data that cannot be read: whose it is fails, and nobody else.


def _spoilt(members: list[Member], at: int) -> list[Member]:
    return [member | {"readiness": 500} if place == at else member for place, member in enumerate(members)]


def test_who_cannot_be_read_fails_alone_and_the_batch_goes_on(bells: Bells, rpc: Rpc) -> None:
    members = [make_member(n, valuesVector=axis(0)) for n in (1, 2, 3)]
    works(rpc, loaded=candidates_answer(_spoilt(members, 1), asking=[0, 1]))
    in_turn(rpc, "claim_matchmaking", claims_answer(members[:2]), NOBODY)
    fails(rpc)
    body = told(bells)
    assert (body["failed"], body["parked"], body["completed"]) == (1, 0, 1)
    given_back = rpc.args("fail_matchmaking")
    assert given_back["claims"] == [{"id": 2, "attempt": 1}]
    assert given_back["error"] == "PoolError: a column cannot be read"
    stored = rpc.args("complete_matchmaking")
    assert stored["claims"] == [CLAIM]
    assert {(entry.owner, entry.candidate) for entry in entries(stored["lists"])} == {
        (members[0]["id"], members[2]["id"])
    }


def test_a_candidate_who_cannot_be_read_is_left_out_and_fails_nobody(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    """Places of the answer are those of its rows: who met whom must not shift when a row is left out."""
    members = [make_member(n, valuesVector=axis(0)) for n in (1, 2, 3, 4)]
    works(rpc, loaded=candidates_answer(_spoilt(members, 1), asking=[0, 3], met=[(0, 3), (0, 1)]))
    in_turn(rpc, "claim_matchmaking", claims_answer([members[0], members[3]]), NOBODY)
    told(bells)
    stored = rpc.args("complete_matchmaking")
    assert len(stored["claims"]) == 2
    asked = {frozenset((one["a"], one["b"])) for one in stored["proposals"]}
    assert asked == {frozenset((members[n]["id"], members[2]["id"])) for n in (0, 3)}
    text = capsys.readouterr().err
    [line] = [line for line in log_lines(text) if line["message"] == "members that cannot be read"]
    assert line["count"] == 1
    assert members[1]["id"] not in text


def test_exclusions_follow_their_rows_when_one_is_left_out(bells: Bells, rpc: Rpc) -> None:
    members = [make_member(n, valuesVector=axis(0)) for n in (1, 2, 3, 4)]
    answer = candidates_answer(_spoilt(members, 1), asking=[0])
    answer["pool"]["excluded"] = [[0, 2], [1, 3]]
    works(rpc, members, loaded=answer)
    told(bells)
    [entry] = entries(rpc.args("complete_matchmaking")["lists"])
    assert entry.candidate == members[3]["id"]


def test_a_number_that_json_does_not_have_spoils_one_row(bells: Bells, rpc: Rpc) -> None:
    answer = candidates_answer(couple())
    table = answer["pool"]["members"]
    table["rows"][0][table["columns"].index("readiness")] = math.nan
    raw = httpx.Response(200, content=json.dumps(answer), headers={"Content-Type": "application/json"})
    works(rpc, loaded=raw)
    fails(rpc, parked=1)
    body = told(bells)
    assert (body["failed"], body["parked"]) == (1, 1)
    assert rpc.args("complete_matchmaking")["claims"] == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pool": None}, "PoolError: pool: not an object"),
        ({"pool": {"members": {"columns": ["id"], "rows": []}, "excluded": []}}, "PoolError: waitingSince"),
        ({"pool": candidates_answer(couple())["pool"] | {"excluded": [[0, 2]]}}, "PoolError: excluded[0]"),
        ({"settings": {}}, "RulesError"),
        ({"settings": {"matchMinScore": 500}}, "RulesError"),
        ({"now": None}, "Internal the database answered without a time"),
        ({"now": "2026-11-20T12:00:00"}, "Internal the database answered a time without a zone"),
        ({"asking": [{"place": 0}]}, "KeyError"),
    ],
)
def test_an_answer_that_cannot_be_read_gives_the_claims_back(
    bells: Bells, rpc: Rpc, changes: dict[str, Any], said: str
) -> None:
    waits(rpc, loaded=candidates_answer(couple()) | changes)
    fails(rpc)
    ends(rpc)
    assert told(bells)["failed"] == 1
    given_back = rpc.args("fail_matchmaking")
    assert given_back["claims"] == [CLAIM]
    assert given_back["error"].startswith(said)


def _loaded_of(members: list[Member]) -> Callable[[httpx.Request], httpx.Response]:
    """load_candidates for whatever claims are named: claim n is of the nth member."""

    def answer(request: httpx.Request) -> httpx.Response:
        places = [claim["id"] - 1 for claim in json.loads(request.content)["claims"]]
        return httpx.Response(200, json=candidates_answer(members, asking=places))

    return answer


def test_a_batch_that_fails_for_a_reason_of_its_own_is_taken_apart(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    """One member makes the database refuse; each is tried alone, and only that one is given back."""
    members = [make_member(n, valuesVector=axis(0)) for n in (1, 2, 3)]
    rpc.answers("claim_bell", {"fresh": True})
    in_turn(rpc, "claim_matchmaking", claims_answer(members), NOBODY)
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.on("load_candidates").mock(side_effect=_loaded_of(members))

    def store(request: httpx.Request) -> httpx.Response:
        poisoned = any(claim["id"] == 2 for claim in json.loads(request.content)["claims"])
        return failing("XX000") if poisoned else httpx.Response(200, json=done_answer())

    rpc.on("complete_matchmaking").mock(side_effect=store)
    fails(rpc)
    ends(rpc)
    body = told(bells)
    assert (body["completed"], body["failed"], body["finished"]) == (2, 1, True)
    assert [[c["id"] for c in each["claims"]] for each in sent(rpc, "complete_matchmaking")] == [
        *([1, 2, 3], [1], [2], [3])
    ]
    given_back = rpc.args("fail_matchmaking")
    assert given_back == {
        "claims": [{"id": 2, "attempt": 1}],
        "error": "Internal database answered 500 XX000",
    }
    text = capsys.readouterr().err
    messages = [line["message"] for line in log_lines(text)]
    assert "batch apart" in messages
    assert "members failed" in messages
    assert "Ana" not in text


def test_charts_that_cannot_be_computed_spoil_one_member_not_the_batch(bells: Bells, rpc: Rpc) -> None:
    """The births of a batch cannot be read: each is matched alone, with the charts there are."""
    members = [make_member(n, valuesVector=axis(0)) for n in (1, 2)]
    births = births_answer({"id": members[0]["id"], "date": "17 May"})
    rpc.answers("claim_bell", {"fresh": True})
    in_turn(rpc, "claim_matchmaking", claims_answer(members, births=births), NOBODY)
    rpc.answers("open_job_run", {"runId": RUN})
    rpc.on("load_candidates").mock(side_effect=_loaded_of(members))
    rpc.answers("complete_matchmaking", done_answer())
    ends(rpc)
    assert told(bells)["completed"] == 2


# What it leaves behind.


def test_logs_tell_counts_and_nobody(bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]) -> None:
    members = _spoilt(crowd(40, seed=2), 7)
    works(rpc, members, loaded=candidates_answer(members, asking=range(8)))
    in_turn(rpc, "claim_matchmaking", claims_answer(members[:8]), NOBODY)
    fails(rpc)
    told(bells)
    text = capsys.readouterr().err
    lines = log_lines(text)
    assert lines[-1]["route"] == "POST /matcher"
    for member in members:
        assert member["id"] not in text
        assert member["birthDate"] not in text
    assert SERVICE_KEY not in text


def test_what_is_answered_and_recorded_names_nobody(bells: Bells, rpc: Rpc) -> None:
    members = crowd(40, seed=2)
    works(rpc, members, loaded=candidates_answer(members, asking=range(8)))
    in_turn(rpc, "claim_matchmaking", claims_answer(members[:8]), NOBODY)
    text = json.dumps(told(bells)) + json.dumps(rpc.args("finish_job_run"))
    assert not [member["id"] for member in members if member["id"] in text]
