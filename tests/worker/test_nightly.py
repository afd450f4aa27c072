"""POST /jobs/nightly opens a night, or goes on with the one there is, step by step."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from functions.worker.nightly.pool import PAGE, hash_of, pool_of
from shared.engine import engine_version
from shared.engine.charts import chart_version
from shared.engine.filters.filters import RULE_NAMES
from tests.engine.community import Member, crowd, make_member
from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import (
    NO_TASKS,
    NOBODY,
    SERVICE_KEY,
    TOLD,
    Bells,
    called,
    couple,
    entries,
    failing,
    in_turn,
    log_lines,
    page_answer,
    sent,
)

PATH = "/jobs/nightly"
NIGHT = "919b7000-0000-4000-8000-0000000000ee"
CLAIM = {"id": 7, "attempt": 1}
FIRST, LAST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
AWAY = httpx.ConnectError("refused at 10.0.0.7")
STEPS = ("charts", "quiz", "interests", "enter", "compare", "rank", "place", "requeue", "funnel")
SIGNALS, LISTS = STEPS[:3], STEPS[3:-1]
ANSWERS: dict[str, Any] = {
    "plan_charts": {"put": 0, "next": None},
    "claim_births": NO_TASKS,
    "load_quiz": {"members": [], "next": None},
    "weigh_interests": {"catalogued": 0, "weighed": 2},
    "index_interests": {"looked": 20, "indexed": 5, "next": None},
    "enter_night": {"late": False, "entered": 20},
    "compare_night": {"late": False, "unchanged": False, "runHash": "0" * 64},
    "store_fits": {"late": False},
    "store_lists": {"late": False, "listed": 60},
    "store_proposals": {"late": False, "stored": 9, "storedByRun": 9},
    "clear_lists": {"late": False},
    "put_lists_in_place": {"late": False},
    "drop_old_lists": {"dropped": 0},
    "requeue_night": {"late": False, "renewed": 0},
    "store_funnels": {"late": False, "stored": 5},
    "end_night_step": {"late": False},
    "end_night": {"late": False},
    "fail_night": {"late": False, "parked": False},
    "beat_job_run": {"goOn": True},
}
"""What the database answers when everything works."""
OF_STEP = {
    "charts": ("plan_charts", "claim_births"),
    "quiz": ("load_quiz",),
    "interests": ("weigh_interests", "index_interests"),
    "enter": ("enter_night",),
    "compare": ("compare_night",),
    "rank": ("load_run", "load_run_page", "store_fits", "store_proposals", "store_lists"),
    "place": ("clear_lists", "put_lists_in_place", "drop_old_lists"),
    "requeue": ("requeue_night",),
    "funnel": ("load_run", "load_run_page", "store_funnels"),
}
"""What each step calls when it works."""
CALLS = [(step, function) for step, functions in OF_STEP.items() for function in functions]


def claimed(*steps: str, **changes: Any) -> dict[str, Any]:
    """What claim_night answers when these steps are left."""
    return {
        "runId": NIGHT,
        "claim": CLAIM,
        "only": None,
        "pieces": [[FIRST, LAST]],
        "unchanged": False,
        "done": [step for step in STEPS if step not in steps],
    } | changes


def opened(rpc: Rpc, answer: dict[str, Any]) -> None:
    """A night is opened, and taken as claim_night answers."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_nightly", {"runId": NIGHT})
    rpc.answers("claim_night", answer)


def night(rpc: Rpc, *steps: str, members: list[Member] | None = None, **changes: Any) -> None:
    """A night is open of which these steps are left, and everything works."""
    opened(rpc, claimed(*steps, **changes))
    pool = couple() if members is None else members
    answers = ANSWERS | {
        "load_run": {"runId": NIGHT, **TOLD},
        "load_run_page": page_answer(pool),
    }
    for name in (*(name for step in steps for name in OF_STEP[step]), "end_night_step", "end_night"):
        rpc.answers(name, answers[name])
    if {*steps} & {"rank", "funnel"}:
        rpc.answers("beat_job_run", {"goOn": True})


def rung(bells: Bells, **words: Any) -> dict[str, Any]:
    """The body of a success."""
    body = b'{"job": "nightly", "trigger": "hand"}'
    answer = bells.ring(PATH, **({"body": body} | words))
    assert answer.status_code == 200, answer.data
    answered: dict[str, Any] = json.loads(answer.data)
    return answered


def noted(rpc: Rpc) -> dict[str, dict[str, Any]]:
    """What was noted of each step that is over."""
    return {told["step"]: told for told in sent(rpc, "end_night_step")}


# Opening.


def test_the_bell_opens_a_night_and_does_it_to_its_end(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    members = crowd(20, seed=3)
    night(rpc, *STEPS, members=members)
    in_turn(rpc, "drop_old_lists", {"dropped": 50000}, {"dropped": 7}, {"dropped": 0})
    body = rung(bells)
    assert [*body.pop("seconds")] == [*STEPS]
    did = {"finished": True, "members": 20, "listed": 60, "stored": 9}
    assert body == {"ok": True, "runId": NIGHT, "engineVersion": engine_version(), **did}
    assert rpc.args("open_nightly") == {
        **{"engine_version": engine_version(), "chart_version": chart_version()},
        **{"trigger": "hand", "part": None},
    }
    asked = rpc.args("claim_night")
    assert asked.pop("worker").startswith("night-")
    assert asked == {"engine_version": engine_version()}
    # In the order of the steps, each noted when it is over; a pool is loaded once for lists and funnels.
    order = [name for name in called(rpc) if name not in ("claim_bell", "beat_job_run", "end_night_step")]
    # Proposals are stored while lists are.
    assert {*order[12 : order.index("clear_lists")]} == {"store_lists", "store_proposals"}
    assert [name for name in order if name not in ("store_lists", "store_proposals")] == [
        *("open_nightly", "claim_night", "plan_charts", "claim_births", "load_quiz"),
        *("weigh_interests", "index_interests"),
        *("enter_night", "compare_night", "load_run", "load_run_page", "store_fits"),
        *("clear_lists", "put_lists_in_place", "drop_old_lists", "drop_old_lists", "drop_old_lists"),
        *("requeue_night", "store_funnels", "end_night"),
    ]
    assert [*noted(rpc)] == [*STEPS]
    progress = [told["progress"] for told in sent(rpc, "end_night_step")]
    assert progress == sorted({*progress})
    assert progress[-1] == 1
    assert all(told["claim"] == CLAIM and told["seconds"] >= 0 for told in sent(rpc, "end_night_step"))
    assert rpc.args("end_night") == {"claim": CLAIM}
    for piece in ("enter_night", "requeue_night"):
        assert rpc.args(piece) == {"claim": CLAIM, "first_user": FIRST, "last_user": LAST}
    logged = log_lines(capsys.readouterr().err)
    [line] = [line for line in logged if line["message"] == "run opened"]
    assert (line["job"], line["runId"]) == ("nightly", NIGHT)
    assert [line["step"] for line in logged if line["message"] == "step"] == [*STEPS]


@pytest.mark.parametrize("answer", [{"runId": None, "superseded": True}, {"runId": None, "running": NIGHT}])
def test_where_nothing_is_to_be_done_nothing_is(bells: Bells, rpc: Rpc, answer: dict[str, Any]) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_nightly", answer)
    assert rung(bells) == {"ok": True, "engineVersion": engine_version(), **answer}


def test_a_night_that_another_worker_holds_is_left_to_it(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("open_nightly", {"runId": NIGHT, "resumed": True})
    rpc.answers("claim_night", {"runId": None})
    body = rung(bells)
    assert (body["runId"], body["resumed"], body.get("finished", False)) == (NIGHT, True, False)


@pytest.mark.parametrize("first", range(len(STEPS)))
def test_a_night_goes_on_with_the_first_step_that_is_not_done(bells: Bells, rpc: Rpc, first: int) -> None:
    night(rpc, *STEPS[first:])
    rpc.answers("open_nightly", {"runId": NIGHT, "resumed": True})
    body = rung(bells)
    assert (body["resumed"], body["finished"]) == (True, True)
    assert [*noted(rpc)] == [*STEPS[first:]]


def test_a_bell_for_tasks_that_wait_opens_no_night(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("claim_night", {"runId": None})
    body = rung(bells, body=b'{"job": "nightly", "trigger": "tasks"}')
    assert body == {"ok": True, "runId": None, "engineVersion": engine_version()}
    rpc.answers("claim_night", claimed())
    rpc.answers("end_night", {"late": False})
    body = rung(bells, body=b'{"job": "nightly", "trigger": "tasks"}')
    assert (body["runId"], body["finished"]) == (NIGHT, True)


@pytest.mark.parametrize(("part", "steps"), [("charts", STEPS[:1]), ("lists", LISTS), ("funnel", STEPS[-1:])])
def test_a_part_of_a_night_is_done_alone(bells: Bells, rpc: Rpc, part: str, steps: tuple[str, ...]) -> None:
    night(rpc, *steps, only=part, done=[])
    body = rung(bells, body=json.dumps({"job": "nightly", "only": part}).encode())
    assert [*body["seconds"]] == [*noted(rpc)] == [*steps]
    assert rpc.args("open_nightly")["part"] == part
    if part != "charts":
        # Funnels alone are counted in the pool of the latest night, whatever has changed since.
        assert rpc.args("load_run") == {"run_id": NIGHT if part == "lists" else None}


def test_a_part_that_is_none_is_refused(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    refused(bells.ring(PATH, body=b'{"job": "nightly", "only": "dreams"}'), 422, "invalid_body")


def test_the_matcher_takes_no_night(bells: Bells, rpc: Rpc) -> None:
    """Whoever changes at night waits no longer than by day: members and nights have workers of their own."""
    rpc.answers("claim_bell", {"fresh": True})
    rpc.answers("claim_matchmaking", NOBODY)
    assert bells.ring().status_code == 200
    assert called(rpc) == ["claim_bell", "claim_matchmaking"]


def test_unchanged_members_are_not_gone_through_again(bells: Bells, rpc: Rpc) -> None:
    night(rpc, "compare", "funnel")
    rpc.answers("claim_night", claimed("compare", "rank", "place", "requeue", "funnel"))
    rpc.answers("compare_night", {"late": False, "unchanged": True, "runHash": "0" * 64})
    body = rung(bells)
    assert (body["unchanged"], body["finished"], [*body["seconds"]]) == (True, True, ["compare", "funnel"])
    assert noted(rpc)["compare"]["did"] == {"runHash": "0" * 64, "unchanged": True}
    # And the worker that takes such a night over knows it.
    rpc.router.calls.clear()
    rpc.answers("claim_night", claimed("rank", "place", "requeue", "funnel", unchanged=True))
    assert [*rung(bells)["seconds"]] == ["funnel"]


# Lists and proposals.


def test_lists_are_everybody_s_and_stored_in_parts(
    bells: Bells, rpc: Rpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.worker.nightly.night.OWNERS", 25)
    members = crowd(60, seed=5)
    night(rpc, "rank", members=members)
    rung(bells)
    assert rpc.args("load_run") == {"run_id": NIGHT}
    assert rpc.args("load_run_page") == {"run_id": NIGHT, "after": None, "most": PAGE}
    calls = sent(rpc, "store_lists")
    assert [len(call["lists"]["of"]) for call in calls] == [25, 25, 10]
    assert all((call["claim"], call["event_id"]) == (CLAIM, None) for call in calls)
    ids = sorted(str(member["id"]) for member in members)
    assert [call["lists"]["people"][one["m"]] for call in calls for one in call["lists"]["of"]] == ids
    found = [entry for call in calls for entry in entries(call["lists"])]
    assert found
    assert {(one.owner, one.candidate) for one in found} == {(one.candidate, one.owner) for one in found}
    headers = rpc.sent_headers("store_lists")
    assert (headers["apikey"], headers["authorization"]) == (SERVICE_KEY, f"Bearer {SERVICE_KEY}")


def test_an_event_s_lists_are_of_its_guests_alone(bells: Bells, rpc: Rpc) -> None:
    members = crowd(60, seed=5)
    event = "e0000000-0000-4000-8000-0000000000e1"
    guests = [str(member["id"]) for member in members[:40]]
    night(rpc, "rank", members=members)
    page = page_answer(members) | {"guests": [[event, one] for one in [*guests, FIRST]]}
    rpc.answers("load_run_page", page)
    rung(bells)
    everywhere, there = sent(rpc, "store_lists")
    assert (everywhere["event_id"], there["event_id"]) == (None, event)
    found = entries(there["lists"])
    assert {one.owner for one in found} | {one.candidate for one in found} <= {*guests}
    assert {(one.owner, one.candidate) for one in found} == {
        (one.owner, one.candidate)
        for one in entries(everywhere["lists"])
        if {one.owner, one.candidate} <= {*guests}
    }
    assert found


def parts(rpc: Rpc) -> dict[str, Any]:
    """What the calls of store_proposals sent, put together, and what was noted of the step."""
    calls = sent(rpc, "store_proposals")
    assert all(call["claim"] == CLAIM for call in calls)
    return {
        "proposals": [one for call in calls for one in call["proposals"]],
        "prices": [one for call in calls for one in call.get("prices", [])],
        "statement": noted(rpc)["rank"]["did"],
    }


def test_proposals_come_with_their_statement_and_prices(bells: Bells, rpc: Rpc) -> None:
    members = crowd(60, seed=5)
    night(rpc, "rank", members=members)
    rung(bells)
    stored = parts(rpc)
    statement = stored["statement"]
    assert statement["proposed"] == statement["offered"] == len(stored["proposals"]) > 0
    assert (statement["stored"], statement["listed"], statement["members"]) == (9, 60, 60)
    manifest = statement["manifest"]
    assert manifest["inputHash"] == hash_of(pool_of([page_answer(members)]))
    assert manifest["settings"] == {"matchMinScore": 50, "minFit": 0}
    assert manifest["marketScale"] > 0
    assert len(manifest["proposalsDigest"]) == 64
    assert stored["prices"]
    assert all(price["price"] >= 0 for price in stored["prices"])


def test_a_pool_is_loaded_and_stored_in_parts_and_it_makes_no_difference(
    bells: Bells, rpc: Rpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = crowd(60, seed=5)
    found = []
    for page, part in ((1000, 2000), (25, 7)):
        monkeypatch.setattr("functions.worker.nightly.pool.PAGE", page)
        monkeypatch.setattr("functions.worker.nightly.night.PART", part)
        night(rpc, "rank", members=members)

        def answer(request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)
            return httpx.Response(200, json=page_answer(members, asked["after"], asked["most"]))

        rpc.on("load_run_page").mock(side_effect=answer)
        for name in ("store_proposals", "load_run_page", "end_night_step"):
            rpc.routes[name].calls.clear()
        rung(bells)
        assert rpc.routes["load_run_page"].call_count == -(-60 // page)
        assert max(len(call["proposals"]) for call in sent(rpc, "store_proposals")) <= part
        found.append(parts(rpc))
    assert found[0] == found[1]


def test_only_prices_that_moved_are_stored(bells: Bells, rpc: Rpc) -> None:
    """A run that begins where the last one ended finds its prices again and has none to tell."""
    members = crowd(60, seed=5)
    night(rpc, "rank", members=members)
    rung(bells)
    found = {entry["id"]: entry["price"] for entry in parts(rpc)["prices"]}
    assert found, "a crowd in which nobody has a price shows nothing"
    again = [member | {"price": found.get(member["id"], 0)} for member in members]
    rpc.routes["store_proposals"].calls.clear()
    rpc.answers("load_run_page", page_answer(again))
    rung(bells)
    assert len(parts(rpc)["prices"]) < len(found)


def test_a_member_who_cannot_be_read_costs_nobody_else_the_night(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    members = sorted(crowd(30, seed=5), key=lambda member: str(member["id"]))
    spoilt = members[7] | {"readiness": 500}
    night(rpc, "rank", "funnel", members=[spoilt if m is members[7] else m for m in members])
    rung(bells)
    usual, lost = sent(rpc, "store_lists")
    others = {member["id"] for member in members} - {spoilt["id"]}
    assert {entry.owner for entry in entries(usual["lists"])} <= others
    assert entries(usual["lists"])
    # The member's own list says why it is empty.
    assert lost == {
        **{"claim": CLAIM, "event_id": None},
        "lists": {
            **{"people": [spoilt["id"]], "revisions": [spoilt["revision"]], "numbers": [spoilt["number"]]},
            "of": [{"m": 0, "c": "{}", "s": "{}", "f": "", "e": "PoolError: a column cannot be read"}],
        },
    }
    assert parts(rpc)["proposals"]
    assert spoilt["id"] not in json.dumps([usual, parts(rpc)])
    assert {one["id"] for one in rpc.args("store_funnels")["funnels"]} == others
    text = capsys.readouterr().err
    [line] = [line for line in log_lines(text) if line["message"] == "members that cannot be read"]
    assert line["count"] == 1
    assert spoilt["id"] not in text


# Funnels.


def test_everybody_s_funnel_is_counted_and_stored(bells: Bells, rpc: Rpc) -> None:
    members = crowd(50, seed=3)
    night(rpc, "funnel", members=members)
    rpc.answers("store_funnels", {"late": False, "stored": 50})
    rung(bells)
    told = noted(rpc)["funnel"]["did"]
    assert told["funnels"] == 50
    assert list(told["pairsRemoved"]) == list(RULE_NAMES)
    assert 0 < sum(told["pairsRemoved"].values()) <= 50 * 49 // 2
    stored = rpc.args("store_funnels")
    assert (stored["claim"], stored["pool_of"], stored["last"]) == (CLAIM, NIGHT, True)
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
    night(rpc, "funnel", members=[make_member(number) for number in range(1, size + 1)])
    rung(bells)
    found = _numbers([entry["funnel"] for entry in rpc.args("store_funnels")["funnels"]])
    assert all(number >= 20 for number in found)
    assert bool(found) == (size > 20)


def test_nobody_searching_is_a_clear_result(bells: Bells, rpc: Rpc) -> None:
    night(rpc, "place", "funnel", members=[])
    rpc.answers("claim_night", claimed("rank", "place", "funnel"))
    rpc.answers("store_fits", {"late": False})
    body = rung(bells)
    assert (body["members"], body["finished"]) == (0, True)
    assert rpc.args("store_funnels")["funnels"] == []


def test_many_funnels_are_stored_in_parts(bells: Bells, rpc: Rpc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.worker.nightly.night.PART", 20)
    night(rpc, "funnel", members=crowd(50, seed=3))
    rung(bells)
    calls = sent(rpc, "store_funnels")
    assert [len(call["funnels"]) for call in calls] == [20, 20, 10]
    assert [call["last"] for call in calls] == [False, False, True]


def test_before_the_first_night_nobody_s_funnel_is_counted(bells: Bells, rpc: Rpc) -> None:
    opened(rpc, claimed(only="funnel", done=[]))
    refusal = {"ok": False, "code": "not_found", "detail": "No."}
    rpc.on("load_run").mock(return_value=httpx.Response(404, json=refusal))
    rpc.answers("end_night_step", {"late": False})
    rpc.answers("end_night", {"late": False})
    assert rung(bells)["finished"] is True
    assert noted(rpc)["funnel"]["did"] == {}


# What goes wrong.


@pytest.mark.parametrize("function", ["open_nightly", "claim_night"])
def test_away_when_opening(bells: Bells, rpc: Rpc, function: str) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    if function == "claim_night":
        rpc.answers("open_nightly", {"runId": NIGHT})
    rpc.on(function).mock(side_effect=AWAY)
    refused(bells.ring(PATH), 503, "unavailable")


def broken(rpc: Rpc, step: str, function: str, fails: Callable[[httpx.Request], httpx.Response]) -> None:
    """A night of this step alone, in which everything works until this call."""
    opened(rpc, claimed(step))
    usual = ANSWERS | {
        "load_run": {"runId": NIGHT, **TOLD},
        "load_run_page": page_answer(couple()),
    }
    before = OF_STEP[step][: OF_STEP[step].index(function)]
    for name in before:
        rpc.answers(name, usual[name])
    if "load_run" in before:
        rpc.answers("beat_job_run", {"goOn": True})
    rpc.on(function).mock(side_effect=fails)


@pytest.mark.parametrize(("step", "function"), CALLS)
def test_away_leaves_the_night_to_whoever_comes_after_its_lease(
    bells: Bells, rpc: Rpc, step: str, function: str
) -> None:
    """Nobody is blamed."""

    def away(_request: httpx.Request) -> httpx.Response:
        raise AWAY

    broken(rpc, step, function, away)
    refused(bells.ring(PATH), 503, "unavailable")
    assert "fail_night" not in called(rpc)


@pytest.mark.parametrize(("step", "function"), [call for call in CALLS if call[0] not in SIGNALS])
def test_what_the_database_refuses_gives_the_night_back_with_its_reason(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str], step: str, function: str
) -> None:
    broken(rpc, step, function, lambda _: failing("XX000"))
    rpc.answers("fail_night", {"late": False, "parked": False})
    assert rung(bells)["finished"] is False
    assert rpc.args("fail_night") == {"claim": CLAIM, "error": "Internal database answered 500 XX000"}
    text = capsys.readouterr().err
    [line] = [line for line in log_lines(text) if line["message"] == "night failed"]
    assert line["run"] == NIGHT
    assert "Ana" not in text


@pytest.mark.parametrize("step", SIGNALS)
def test_a_failing_step_of_signals_is_noted_and_the_night_goes_on(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    """Without new signals the night is made of those of yesterday."""
    night(rpc, "enter")
    rpc.answers("claim_night", claimed(step, "enter"))
    rpc.on(OF_STEP[step][0]).mock(side_effect=lambda _: failing("XX000"))
    body = rung(bells)
    assert (body["finished"], [*body["seconds"]]) == (True, [step, "enter"])
    assert noted(rpc)[step]["error"] == "Internal database answered 500 XX000"
    assert noted(rpc)["enter"]["error"] is None
    text = capsys.readouterr().err
    [line] = [line for line in log_lines(text) if line["message"] == "step failed"]
    assert (line["run"], line["step"]) == (NIGHT, step)
    assert "Ana" not in text


@pytest.mark.parametrize(
    ("function", "answer", "said"),
    [
        ("load_run_page", page_answer([]) | {"columns": []}, "PoolError: pool: a page that cannot be read"),
        (
            "load_run",
            {"runId": NIGHT, **TOLD, "settings": {}},
            "RulesError: matchMinScore: not a number from 0 to 100",
        ),
        (
            "load_run",
            {"runId": NIGHT, **TOLD, "now": "yesterday"},
            "Internal the database answered without a time",
        ),
    ],
)
def test_a_pool_that_cannot_be_read_gives_the_night_back_with_its_reason(
    bells: Bells, rpc: Rpc, function: str, answer: dict[str, Any], said: str
) -> None:
    opened(rpc, claimed("rank"))
    rpc.answers("load_run", {"runId": NIGHT, **TOLD})
    rpc.answers("load_run_page", page_answer(couple()))
    rpc.answers("beat_job_run", {"goOn": True})
    rpc.answers(function, answer)
    rpc.answers("fail_night", {"late": False, "parked": True})
    assert rung(bells)["finished"] is False
    assert rpc.args("fail_night") == {"claim": CLAIM, "error": said}


@pytest.mark.parametrize(
    ("step", "function"), [call for call in CALLS if ANSWERS.get(call[1], {}).get("late") is False]
)
def test_a_night_that_was_lost_is_left_alone(bells: Bells, rpc: Rpc, step: str, function: str) -> None:
    late = {"late": True, "listed": 0, "stored": 0}
    broken(rpc, step, function, lambda _: httpx.Response(200, json=late))
    assert rung(bells)["finished"] is False
    assert function in called(rpc)
    # Lists and proposals are stored side by side.
    assert called(rpc)[-1] in ({function, *OF_STEP["rank"][-2:]} if step == "rank" else {function})


def test_a_night_that_was_stopped_is_left_alone(bells: Bells, rpc: Rpc) -> None:
    opened(rpc, claimed("rank"))
    rpc.answers("load_run", {"runId": NIGHT, **TOLD})
    rpc.answers("beat_job_run", {"goOn": False})
    assert rung(bells)["finished"] is False
    assert called(rpc)[-1] == "beat_job_run"


@pytest.mark.parametrize("code", ["40001", "40P01", "23503"])
def test_a_step_that_got_in_somebody_s_way_is_done_anew(
    bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    night(rpc, "rank")
    in_turn(rpc, "store_proposals", failing(code, 503), ANSWERS["store_proposals"])
    assert rung(bells)["finished"] is True
    # The pool is not loaded again.
    assert called(rpc).count("load_run_page") == 1
    assert called(rpc).count("store_lists") == 2
    lines = log_lines(capsys.readouterr().err)
    assert [line["run"] for line in lines if line["message"] == "in the way"] == [NIGHT]


def test_logs_and_answers_name_nobody(bells: Bells, rpc: Rpc, capsys: pytest.CaptureFixture[str]) -> None:
    members = crowd(40, seed=2)
    night(rpc, *STEPS, members=members)
    body = rung(bells)
    text = capsys.readouterr().err + json.dumps(body)
    assert not [member["id"] for member in members if member["id"] in text]
