"""Somebody is erased at the very moment their partner acts: both succeed, and one legal state remains."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.cast import STATES, Cast, Json, Pair
from tests.database.crowd import pairs

ROUNDS = 150
REFUSALS = {None, "not_found"}


def _erased_meanwhile(cast: Cast, made: list[Pair], function: str, words: Json) -> Counter[Any]:
    """Erase side a of each pair while side b calls; how often b was told what."""
    start = threading.Barrier(2, timeout=30)

    def erase() -> None:
        with psycopg.connect(cast.stack.superuser_url, autocommit=True) as administrator:
            for pair in made:
                start.wait()
                administrator.execute("delete from auth.users where id = %s", [pair.a.id])

    def call() -> Counter[Any]:
        told: Counter[Any] = Counter()
        for pair in made:
            start.wait()
            response = cast.rpc(pair.b, function, match_id=pair.match_id, **words)
            told[response.status_code, response.json().get("code")] += 1
        return told

    def guarded(act: Any) -> Any:
        try:
            return act()
        except BaseException:
            start.abort()  # the other one must not wait for ever
            raise

    with ThreadPoolExecutor(2) as pool:
        erasing, calling = pool.submit(guarded, erase), pool.submit(guarded, call)
        erasing.result()
        told: Counter[Any] = calling.result()
    return told


@pytest.mark.parametrize(
    ("function", "words", "chatting"),
    [
        ("respond", {"action": "accept"}, False),
        ("respond", {"action": "decline"}, False),
        ("request_reveal", {}, True),
        ("give_feedback", {"rating": 3}, True),
        ("report_partner", {"reason": "rude"}, True),
        ("block_partner", {}, True),
    ],
)
def test_an_erasure_and_a_call_do_not_stop_each_other(
    cast: Cast, function: str, words: Json, chatting: bool
) -> None:
    made = pairs(cast, ROUNDS, accepted_by_a=not chatting, chatting=chatting)
    told = _erased_meanwhile(cast, made, function, words)
    assert {code for _, code in told} <= REFUSALS, told

    ids = [pair.match_id for pair in made]
    left = cast.database.execute(
        "select m.status::text, m.user_a is null, num_nonnulls(m.left_a_at, m.left_b_at) > 0,"
        " m.chat_opened_at is null or m.ends_at <= now() from public.matches m where m.id = any (%s::uuid[])",
        [ids],
    ).fetchall()
    assert set(left) <= {("closed", True, True, True), ("declined", True, True, True)}
    assert len(left) == ROUNDS


def test_two_partners_erased_at_the_same_instant_both_go(cast: Cast) -> None:
    made = pairs(cast, ROUNDS, chatting=True)
    start = threading.Barrier(2, timeout=30)

    def erase(side: str) -> None:
        with psycopg.connect(cast.stack.superuser_url, autocommit=True) as administrator:
            for pair in made:
                start.wait()
                administrator.execute("delete from auth.users where id = %s", [getattr(pair, side).id])

    with ThreadPoolExecutor(2) as pool:
        for erasing in [pool.submit(erase, side) for side in ("a", "b")]:
            erasing.result()
    assert _tombstones(cast, made) == {("closed", None, None, True)}


@pytest.mark.parametrize("state", STATES)
def test_two_partners_erased_in_one_statement_both_go(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    cast.database.execute("delete from auth.users where id in (%s, %s)", [pair.a.id, pair.b.id])
    [(status, a, b, left)] = _tombstones(cast, [pair])
    assert (a, b) == (None, None)
    assert status not in ("proposed", "accepted_a", "blind_chat_active", "revealed")
    assert left or status == "expired"


def _tombstones(cast: Cast, made: list[Pair]) -> set[tuple[Any, ...]]:
    rows = cast.database.execute(
        "select status::text, user_a, user_b, num_nonnulls(left_a_at, left_b_at) > 0 from public.matches"
        " where id = any (%s::uuid[])",
        [[pair.match_id for pair in made]],
    ).fetchall()
    return set(rows)
