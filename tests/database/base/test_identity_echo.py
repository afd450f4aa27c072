"""Under load, across two worker processes, everybody gets their own name back and nobody ever another's.

Servers load the app and then fork. A client, a connection or an identity shared over that fork hands one
member's answer to another; it shows only under load, so this is load.
"""

import http.client
import json
import random
import time
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from scripts.stack.throwaway import Running
from tests.cast import Cast, Member
from tests.database.crowd import crowd
from tests.often import FIRST_WORLD, often

pytestmark = pytest.mark.one_world

# The second world has another database, not other functions: fewer do.
REQUESTS = often(2_000, 20_000 if FIRST_WORLD else 4_000)
MEMBERS = 300
CONNECTIONS = 12
REFUSALS_IN_A_ROW = 100
"""On a machine that is busy with other things a process may refuse what it cannot begin soon. That is
nobody's answer; the same member asks again."""


def _workers(stack: Running) -> list[psutil.Process]:
    """The processes that serve members: children of the server that listens on connect's socket."""
    family = psutil.Process(stack.supervisor.pid).children(recursive=True)
    servers = {
        process.pid for process in family if any("/connect.a.sock" in word for word in process.cmdline())
    }
    return [process for process in family if process.ppid() in servers]


def _worked(workers: list[psutil.Process]) -> list[float]:
    """Seconds of processor time each has used so far."""
    return [sum(process.cpu_times()[:2]) for process in workers]


def test_nobody_is_ever_answered_as_somebody_else(cast: Cast) -> None:
    members = crowd(cast, MEMBERS, active=False)
    workers = _workers(cast.stack)
    before = _worked(workers)

    def ask(seed: int) -> Counter[str]:
        """How often one connection was answered, answered as somebody else, and refused."""
        address = urllib.parse.urlsplit(cast.stack.functions_url)
        dice = random.Random(seed)
        told: Counter[str] = Counter()
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
        try:
            in_a_row = 0
            while told["answered"] <= REQUESTS // CONNECTIONS:
                member: Member = dice.choice(members)
                connection.request(
                    "GET", "/connect/profile", headers={"Authorization": f"Bearer {member.token}"}
                )
                response = connection.getresponse()
                body = json.loads(response.read())
                if response.status == 503:
                    told["refused"] += 1
                    in_a_row += 1
                    assert in_a_row < REFUSALS_IN_A_ROW, body
                    time.sleep(int(response.headers["Retry-After"]))
                    continue
                assert response.status == 200, body
                in_a_row = 0
                profile = body["profile"]
                told["answered"] += 1
                told["wrong"] += (profile["id"], profile["displayName"]) != (member.id, member.name)
        finally:
            connection.close()
        return told

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        told = sum(pool.map(ask, range(CONNECTIONS)), Counter[str]())
    assert told["answered"] >= REQUESTS
    assert told["wrong"] == 0

    # Both processes served, neither just a few: an app in one process would prove nothing.
    assert len(workers) == 2
    assert [process.pid for process in _workers(cast.stack)] == [process.pid for process in workers]
    shares = [after - start for start, after in zip(before, _worked(workers), strict=True)]
    assert min(shares) > 0.2 * sum(shares), shares
