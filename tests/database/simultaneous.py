"""Two people acting at the same instant: two threads with connections of their own, let go together."""

import http.client
import json
import random
import threading
import urllib.parse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from scripts.stack.throwaway import Running
from tests.cast import Json, Member

# The other one starts up to this much later, so that every interleaving of the two has its turn.
LARGEST_LEAD = 0.001  # seconds


@dataclass(frozen=True)
class Call:
    """One function call through PostgREST, as one member."""

    member: Member
    function: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status and the JSON body."""

    status: int
    body: Json

    @property
    def code(self) -> str | None:
        """The refusal's code; None for a success."""
        code: str | None = self.body.get("code")
        return code


Round = tuple[Call, Call]
Outcome = tuple[Answer, Answer]


def together(stack: Running, rounds: Sequence[Round], seed: int = 7) -> list[Outcome]:
    """Run each round's two calls at once, round after round, and return the answers in the same order."""
    start = threading.Barrier(2, timeout=30)
    dice = random.Random(seed)
    # Positive: the first leads; negative: the second does.
    leads = [dice.uniform(-LARGEST_LEAD, LARGEST_LEAD) for _ in rounds]

    def play(seat: int) -> list[Answer]:
        address = urllib.parse.urlsplit(stack.api_url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
        answers = []
        try:
            for calls, lead in zip(rounds, leads, strict=True):
                request = _request(stack, calls[seat])
                delay = threading.Event()
                start.wait()
                delay.wait(max(0.0, lead if seat else -lead))
                connection.request("POST", *request)
                response = connection.getresponse()
                answers.append(Answer(response.status, json.loads(response.read())))
        except BaseException:
            start.abort()  # the other one must not wait for ever
            raise
        finally:
            connection.close()
        return answers

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(play, (0, 1))
    return list(zip(first, second, strict=True))


def _request(stack: Running, call: Call) -> tuple[str, bytes, dict[str, str]]:
    headers = {
        "apikey": stack.anon_key,
        "Authorization": f"Bearer {call.member.token}",
        "Content-Type": "application/json",
    }
    return f"/rest/v1/rpc/{call.function}", json.dumps(call.arguments).encode(), headers
