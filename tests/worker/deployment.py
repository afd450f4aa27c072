"""The worker deployment of the tests: its environment, bells for it, and answers of its database."""

from __future__ import annotations

import base64
import datetime
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.callers.bell import signed_headers
from shared.engine.runs.facts import FACTS, Described
from shared.engine.runs.facts import told as facts_told
from tests.engine.community import NOW, Member, answer_of, axis, make_member
from tests.functions.deployment import PROJECT, SECRET, Rpc

SERVICE_KEY = "header.payload.signature"
BELL_KEY = "the key of the tests' bells, long enough"
RUN = "4a000000-0000-4000-8000-0000000000dd"
ANA = "a0a00000-0000-4000-8000-000000000001"
BEA = "be400000-0000-4000-8000-000000000002"

ENVIRONMENT = {
    "SUPABASE_URL": PROJECT,
    "SUPABASE_SERVICE_ROLE_KEY": SERVICE_KEY,
    "CONNECT_BELL_KEY": BELL_KEY,
    "SUPABASE_JWT_SECRET": SECRET,
}


def couple() -> list[Member]:
    """Two people who should meet."""
    return [make_member(n, valuesVector=axis(0), readiness=80) for n in (1, 2)]


TOLD: dict[str, Any] = {
    "now": NOW.isoformat().replace("+00:00", "Z"),
    "settings": {"matchMinScore": 50.00, "minFit": 0},
}
"""What a run was opened with."""


def page_answer(members: Sequence[Member], beyond: str | None = None, most: int = 10**6) -> dict[str, Any]:
    """A page of a pool of these members: so many of those beyond an id."""
    table = answer_of(members)["members"]
    rows = sorted(row for row in table["rows"] if beyond is None or row[0] > beyond)
    following = rows[most - 1][0] if len(rows) > most else None
    page = {"columns": table["columns"], "rows": rows[:most], "next": following}
    return page | {"apart": [], "met": [], "guests": []}


NOBODY: dict[str, Any] = {"superseded": False, "claimed": []}
"""What claim_matchmaking answers when nobody waits."""
SUPERSEDED: dict[str, Any] = {"superseded": True, "claimed": []}


def claims_answer(members: Sequence[Member], **changes: Any) -> dict[str, Any]:
    """What claim_matchmaking answers when it takes these members; claim n is that of the nth."""
    return {
        "superseded": False,
        "eventId": None,
        "claimed": [
            {"id": at, "attempt": 1, "user": member["id"]} for at, member in enumerate(members, start=1)
        ],
        "births": births_answer(),
    } | changes


def candidates_answer(
    members: Sequence[Member], asking: Sequence[int] = (0,), met: Sequence[Sequence[int]] = (), **changes: Any
) -> dict[str, Any]:
    """What load_candidates answers: these members, of whom those at the places in `asking` are claimed, and
    pairs of places that were proposed before."""
    return {
        "now": NOW.isoformat().replace("+00:00", "Z"),
        "settings": {"matchMinScore": 50.00, "minFit": 0},
        "scale": 0.25,
        "pool": answer_of(members),
        "asking": [
            {"place": place, "met": sorted(sum(pair) - place for pair in met if place in pair)}
            for place in asking
        ],
    } | changes


def done_answer(**counts: int) -> dict[str, int]:
    """What complete_matchmaking answers: one completed, and these counts."""
    return {"completed": 1, "again": 0, "listed": 0, "stored": 0, "improved": 0, "late": 0} | counts


def in_turn(rpc: Rpc, function: str, *answers: Any) -> None:
    """`function` answers, or fails with, one of these after the other, and from then on the last of them."""

    def each() -> Iterator[Any]:
        for answer in answers:
            yield answer if isinstance(answer, Exception) else _answered(answer)
        while True:
            yield answers[-1] if isinstance(answers[-1], Exception) else _answered(answers[-1])

    rpc.on(function).mock(side_effect=each())


def failing(code: str, status: int = 500) -> httpx.Response:
    """An error of the database as PostgREST tells it."""
    return httpx.Response(status, json={"code": code, "message": "row of Ana"})


def _answered(answer: Any) -> httpx.Response:
    return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def sent(rpc: Rpc, function: str) -> list[Any]:
    """What each call of a function sent."""
    return [json.loads(call.request.content) for call in rpc.routes[function].calls]


def called(rpc: Rpc) -> list[str]:
    """Which functions were called, in order."""
    return [call.request.url.path.rsplit("/", 1)[-1] for call in rpc.router.calls]


def births_answer(*births: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    """Births as the database answers them: column by column, and the id where the next page begins. Each
    birth replaces parts of an ordinary one."""
    usual = {
        "id": ANA,
        "date": "1990-05-17",
        "time": "14:30:00",
        "accuracy": "exact",
        "lat": 52.52,
        "lon": 13.41,
        "tz": "Europe/Berlin",
        "hash": "0" * 64,
    }
    columns: dict[str, Any] = {name: [(usual | birth)[name] for birth in births] for name in usual}
    return columns | {"next": following}


NO_TASKS: dict[str, Any] = {"claimed": [], "births": births_answer()}
"""What claim_births answers when no task can be taken."""


def tasks_answer(*births: dict[str, Any], done: Sequence[str] = ()) -> dict[str, Any]:
    """What claim_births answers when it takes the tasks of these births, and of members for whom nothing is
    due any more; claim n is that of the nth."""
    answer = births_answer(*births)
    claimed = [
        {"id": at, "attempt": 1, "key": member, "user": member, "payload": {}}
        for at, member in enumerate([*answer["id"], *done], start=1)
    ]
    return {"claimed": claimed, "births": answer}


@dataclass(frozen=True)
class Entry:
    """A candidate on a list that was sent to the database."""

    owner: str
    candidate: str
    score: float
    pair: Described


def entries(lists: dict[str, Any]) -> list[Entry]:
    """Lists as they were sent, candidate by candidate."""
    people = lists["people"]
    assert len(people) == len(lists["revisions"]) == len({*people})
    named = dict(zip(lists["numbers"], people, strict=True))
    found = []
    for one in lists["of"]:
        facts = base64.b64decode(one["f"])
        numbers, scores = (json.loads(f"[{one[name][1:-1]}]") for name in "cs")
        assert len(facts) == FACTS * len(numbers)
        for at, (number, score) in enumerate(zip(numbers, scores, strict=True)):
            pair = facts_told(facts[FACTS * at : FACTS * (at + 1)])
            found.append(Entry(people[one["m"]], named[number], score / 100, pair))
    return found


class Bells:
    """Rings the worker as pg_cron does; every part of a bell can be bent."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def ring(
        self,
        path: str = "/matcher",
        body: bytes = b'{"job": "matcher", "trigger": "schedule"}',
        *,
        key: str = BELL_KEY,
        signed_path: str | None = None,
        signed_body: bytes | None = None,
        seconds_ago: float = 0,
        nonce: str | None = None,
        environ: dict[str, Any] | None = None,
        **headers: str | None,
    ) -> TestResponse:
        """POST a bell. `headers` replace or, as None, remove one (`X_Connect_Nonce`); `environ` replaces what
        the server tells of the request."""
        now = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds_ago)
        made: dict[str, str | None] = {
            **signed_headers(
                key.encode(),
                path if signed_path is None else signed_path,
                body if signed_body is None else signed_body,
                now,
                nonce or str(uuid.uuid4()),
            ),
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent = {name: value for name, value in made.items() if value is not None}
        return self.client.post(path, data=body, headers=sent, environ_overrides=environ)


def log_lines(text: str) -> list[dict[str, Any]]:
    """What was logged, line by line."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
