"""Two processes share the load, whichever of them was awake when the clients came."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from functions.server.shares import Shares
from tests.server.served import PATIENCE, Served, served, until

CLIENTS, REQUESTS = 12, 60


def shared(server: Served) -> None:
    """All clients come while one process stands still, as on a machine that is busy with something else; then
    they ask, each on a connection that is kept as long as the server lets it. Both must answer a good
    part."""
    until(lambda: len(server.workers()) == 2)
    asleep, awake = server.workers()
    server.ask()
    asleep.suspend()
    try:
        connections = [server.connection() for _ in range(CLIENTS)]
        for connection in connections:
            connection.request("GET", "/pid")
            assert connection.getresponse().read() == str(awake.pid).encode()
    finally:
        asleep.resume()
    with ThreadPoolExecutor(CLIENTS) as pool:
        by_process = sum(pool.map(_asked, connections), Counter[int]())
    assert by_process.total() == CLIENTS * REQUESTS
    assert min(by_process[asleep.pid], by_process[awake.pid]) > 0.3 * by_process.total(), by_process


def _asked(connection: HTTPConnection) -> Counter[int]:
    """Who answered, of all requests of one client."""
    told: Counter[int] = Counter()
    for _ in range(REQUESTS):
        connection.request("GET", "/pid")
        told[int(connection.getresponse().read())] += 1
    connection.close()
    return told


def test_clients_that_all_came_to_one_process_are_shared(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        shared(server)


def test_nobody_is_sent_away_for_a_difference_of_one(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        connection = server.connection()
        for _ in range(50):
            connection.request("GET", "/pid")
            answer = connection.getresponse()
            answer.read()
            assert not answer.will_close
        connection.close()


def test_a_process_that_is_killed_leaves_its_place_to_the_next(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        for _ in range(20):
            until(lambda: len(server.workers()) == 2)
            victim = server.workers()[0]
            victim.kill()
            victim.wait(PATIENCE)
        shared(server)


def test_what_each_tells_is_seen_by_the_others() -> None:
    shares = Shares()
    one, other, third = shares.take(), shares.take(), shares.take()
    assert one.least(1) == float("inf")  # nobody has told anything yet
    one.tell(1)
    other.tell(2)
    third.tell(3)
    assert [share.least(1) for share in (one, other, third)] == [2, 1, 1]
    other.go()
    assert one.least(1) == 3
    third.give_back()
    assert one.least(1) > 1000
    assert one.least(-1) == float("inf")  # and of who has told nothing lately nothing is known
    other.give_back()
    again = shares.take()
    again.tell(7)
    assert one.least(1) == 7


def test_there_is_a_place_for_everybody() -> None:
    shares = Shares()
    assert len([shares.take() for _ in range(40)]) == 40
