"""Each endpoint against its floor of the same run: a function that does nothing, plus the same SQL function
bare through PostgREST, both through the same proxy."""

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from scripts.benchmarks.figures import Figure, Figures
from scripts.stack.home import Trouble
from scripts.stack.throwaway import Running

ROUNDS = 300
TIMES_FLOOR = 2.0
CONNECTIONS = (8, 32)
LOAD_SECONDS = 5.0

_NO_LIMITS = (
    "update public.settings set reads_per_minute = 1000000000, writes_per_minute = 1000000000,"
    " messages_per_minute = 1000000000, wrong_ids_per_10_minutes = 1000000000"
)


@dataclass(frozen=True)
class Endpoint:
    """A request to the functions, and the SQL calls it stands for."""

    name: str
    method: str
    path: str
    body: dict[str, Any] | None
    sql: tuple[tuple[str, dict[str, Any]], ...]


def measure(stack: Running, figures: Figures) -> None:
    """On a stack with proposals: p50 and p99 of the endpoints a mobile app calls most, then throughput."""
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        database.execute(_NO_LIMITS)
        match = database.execute(
            "select id, user_a, user_b from public.matches where status = 'proposed' order by id limit 1"
        ).fetchone()
    if match is None:
        raise Trouble("There is no proposal to measure with.")
    token, partner = stack.token(str(match[1])), stack.token(str(match[2]))
    accept = {"matchId": str(match[0]), "action": "accept"}
    with httpx.Client(base_url=stack.functions_url, headers={"Authorization": f"Bearer {token}"}) as app:
        httpx.post(
            f"{stack.functions_url}/connect/respond",
            json=accept,
            headers={"Authorization": f"Bearer {partner}"},
        ).raise_for_status()
        chat_id = app.post("/connect/respond", json=accept).raise_for_status().json()["blindChatId"]
        with httpx.Client(
            base_url=f"{stack.api_url}/rest/v1/rpc",
            headers={"apikey": stack.anon_key, "Authorization": f"Bearer {token}"},
        ) as bare:
            nothing = _times(lambda: app.get("/health"))
            figures.add(Figure("no-op function, p50", _median(nothing), "ms"))
            for endpoint in _endpoints(chat_id, accept):
                _compare(endpoint, app, bare, _median(nothing), figures)
    for connections in CONNECTIONS:
        _throughput(stack, token, connections, figures)


def _endpoints(chat_id: str, accept: dict[str, str]) -> list[Endpoint]:
    status = Endpoint("GET status", "GET", "/connect/status", None, (("get_status", {}),))
    profile = Endpoint("GET profile", "GET", "/connect/profile", None, (("get_profile", {}),))
    respond = Endpoint(
        "POST respond (again)",
        "POST",
        "/connect/respond",
        accept,
        (("respond", {"match_id": accept["matchId"], "action": "accept"}),),
    )
    message = {"blindChatId": chat_id, "message": "Good morning!"}
    send = Endpoint(
        "POST chat",
        "POST",
        "/connect/chat",
        message,
        # Twice opening stands for opening and storing: a message id cannot be stored twice.
        (("open_message", {"blind_chat_id": chat_id}), ("open_message", {"blind_chat_id": chat_id})),
    )
    read = Endpoint(
        "GET chat (100 messages)",
        "GET",
        f"/connect/chat?blindChatId={chat_id}",
        None,
        (("read_chat", {"blind_chat_id": chat_id, "after": 0, "page_size": 100}),),
    )
    return [status, profile, respond, send, read]


def _compare(
    endpoint: Endpoint, app: httpx.Client, bare: httpx.Client, nothing: float, figures: Figures
) -> None:
    floor = nothing
    for function, arguments in endpoint.sql:
        floor += _median(_times(lambda f=function, a=arguments: bare.post(f"/{f}", json=a)))  # type: ignore[misc]
    took = _times(lambda: app.request(endpoint.method, endpoint.path, json=endpoint.body))
    figures.add(
        Figure(f"{endpoint.name}, p50", _median(took), "ms", target=TIMES_FLOOR * floor, baseline=floor)
    )
    figures.add(Figure(f"{endpoint.name}, p99", statistics.quantiles(took, n=100)[98], "ms"))


def _times(request: Callable[[], httpx.Response], rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of each of `rounds` requests, after a few to warm up; each must succeed."""
    took = []
    for turn in range(rounds + 20):
        began = time.perf_counter()
        response = request()
        if turn >= 20:
            took.append((time.perf_counter() - began) * 1000)
        response.raise_for_status()
    return took


def _median(took: list[float]) -> float:
    return statistics.median(took)


def _throughput(stack: Running, token: str, connections: int, figures: Figures) -> None:
    """GET status as fast as `connections` clients can ask; this process shares the cores with the stack."""
    over = threading.Event()

    def ask() -> int:
        answered = 0
        with httpx.Client(
            base_url=stack.functions_url, headers={"Authorization": f"Bearer {token}"}
        ) as client:
            while not over.is_set():
                client.get("/connect/status").raise_for_status()
                answered += 1
        return answered

    with ThreadPoolExecutor(connections) as pool:
        asking = [pool.submit(ask) for _ in range(connections)]
        time.sleep(LOAD_SECONDS)
        over.set()
        answered = sum(each.result() for each in asking)
    figures.add(
        Figure(
            f"GET status, {connections} connections", answered / LOAD_SECONDS, "requests/s", better="higher"
        )
    )
