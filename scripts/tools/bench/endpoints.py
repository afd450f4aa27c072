"""Each endpoint against its floor: a function that does nothing, plus the same SQL functions bare through
PostgREST. Floor and endpoint take turns, request by request: a busy moment of the machine meets both."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg

from scripts.stack.home import Trouble
from scripts.stack.throwaway import Running
from scripts.tools.bench.apart import apart
from scripts.tools.bench.asked import ASKED, FIRST, Key, Scene, asked, fresh, sql_calls
from scripts.tools.bench.figures import Figure, Figures
from scripts.tools.bench.mix import WRITABLE
from shared.chat.sealing import KeyRing

ROUNDS = 150
WARM_UP = 15
TIMES_FLOOR = 2.0
CONNECTIONS = (8, 32)
THROUGHPUT_REQUESTS = 2000

_NO_LIMITS = (
    "update public.settings set reads_per_minute = 1000000000, writes_per_minute = 1000000000,"
    " messages_per_minute = 1000000000, wrong_ids_per_10_minutes = 1000000000"
)

Request = Callable[[], httpx.Response]


def measure(stack: Running, figures: Figures) -> None:
    """On a stack with proposals: p50 and p99 of every endpoint with its floor, then throughput."""
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        database.execute(_NO_LIMITS)
        scene = _scene(stack, database)
    ring = KeyRing.parse(stack.keys.message_keys)
    identity = {"Authorization": f"Bearer {scene.token}"}
    with (
        httpx.Client(base_url=stack.functions_url, headers=identity, timeout=30) as app,
        httpx.Client(
            base_url=f"{stack.api_url}/rest/v1/rpc",
            headers={"apikey": stack.anon_key, **identity},
            timeout=30,
        ) as bare,
    ):
        for _ in range(100):  # a page of messages
            app.post("/connect/chat", json={"blindChatId": scene.chat_id, "message": "Good morning!"})
        for key in ASKED:
            _compare(key, scene, stack, ring, app, bare, figures)
    for connections in CONNECTIONS:
        _throughput(stack, scene.token, connections, figures)


def _scene(stack: Running, database: psycopg.Connection[tuple[object, ...]]) -> Scene:
    """A member whose first proposal has become a chat."""
    match = database.execute(
        "select id, user_a, user_b from public.matches where status = 'proposed' order by id limit 1"
    ).fetchone()
    if match is None:
        raise Trouble("There is no proposal to measure with.")
    database.execute(
        "insert into public.events (code, name) values ('BENCH', 'Bench') on conflict do nothing"
    )
    tokens = [stack.token(str(side)) for side in match[1:]]
    with httpx.Client(base_url=stack.functions_url, timeout=30) as app:
        for token in tokens:
            headers = {"Authorization": f"Bearer {token}"}
            accept = {"matchId": str(match[0]), "action": "accept"}
            opened = app.post("/connect/respond", json=accept, headers=headers).raise_for_status().json()
        profile = app.get("/connect/profile", headers=headers).raise_for_status().json()["profile"]
        agreed = app.get("/connect/consents", headers=headers).raise_for_status().json()
    return Scene(
        token=tokens[1],
        match_id=str(match[0]),
        chat_id=opened["blindChatId"],
        event_code="BENCH",
        consent_version=agreed["currentVersion"],
        profile={name: profile[name] for name in WRITABLE if profile.get(name) is not None},
    )


def _compare(
    key: Key,
    scene: Scene,
    stack: Running,
    ring: KeyRing,
    app: httpx.Client,
    bare: httpx.Client,
    figures: Figures,
) -> None:
    calls = sql_calls(key, scene, stack.api_url, stack.anon_key, ring)
    before = FIRST.get(key)

    def ask(which: Key) -> httpx.Response:
        sent = asked(which, scene)
        if which[0] == "GET":
            return app.get(which[1], params=sent).raise_for_status()
        return app.request(*which, json=sent).raise_for_status()

    def call(function: str, arguments: dict[str, object]) -> Request:
        return lambda: bare.post(f"/{function}", json=fresh(arguments)).raise_for_status()

    floor: list[Request] = [lambda: app.get("/health"), *(call(*each) for each in calls)]
    took: list[list[float]] = [[] for _ in range(len(floor) + 1)]
    for turn in range(ROUNDS + WARM_UP):
        for each, request in zip(took, [*floor, lambda: ask(key)], strict=True):
            if before is not None:
                ask(before)
            milliseconds = _timed(request)
            if turn >= WARM_UP:
                each.append(milliseconds)
    *parts, endpoint = took
    least = sum(statistics.median(part) for part in parts)
    name = " ".join(key)
    figures.add(
        Figure(f"{name}, p50", statistics.median(endpoint), "ms", target=TIMES_FLOOR * least, baseline=least)
    )
    worst = sum(_p99(part) for part in parts)
    figures.add(Figure(f"{name}, p99", _p99(endpoint), "ms", baseline=worst))


def _p99(took: list[float]) -> float:
    return statistics.quantiles(took, n=100)[98]


def _timed(request: Request) -> float:
    began = time.perf_counter()
    request()
    return (time.perf_counter() - began) * 1000


def _throughput(stack: Running, token: str, connections: int, figures: Figures) -> None:
    """GET status as fast as `connections` clients can ask, from a process that shares the cores."""
    ask = [0.0, "GET", "/connect/status", None, token]
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(
            json.dumps(
                {
                    "port": stack.options.functions_port,
                    "requests": [ask] * THROUGHPUT_REQUESTS,
                    "connections": connections,
                }
            )
        )
        told = apart("arrivals", plan)
    if any(status != 200 for _, status, *_ in told["answers"]):
        raise Trouble("A request of the throughput was refused.")
    rate = THROUGHPUT_REQUESTS / told["seconds"]
    figures.add(Figure(f"GET status, {connections} connections", rate, "requests/s", better="higher"))
