"""Somebody is erased at the very moment their partner acts: both succeed, and one legal state remains."""

import base64
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.cast import HARMLESS, STATES, Cast, Json, Pair
from tests.database.answers import ok
from tests.database.crowd import crowd, pairs
from tests.database.runs import load, offer, store
from tests.often import often

pytestmark = pytest.mark.one_world

ROUNDS = often(30, 150)
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


def test_a_report_at_that_instant_is_about_somebody(cast: Cast) -> None:
    """Either about the member, whose erasure then marks it, or about who was erased: never about nobody."""
    made = pairs(cast, ROUNDS, chatting=True)
    told = _erased_meanwhile(cast, made, "report_partner", {"reason": "rude"})
    assert set(told) == {(200, None)}
    reports = cast.database.execute(
        "select reported_id is null, reported_erased is not null from public.reports"
        " where match_id = any (%s::uuid[])",
        [[pair.match_id for pair in made]],
    ).fetchall()
    assert Counter(reports) == {(True, True): ROUNDS}


@pytest.mark.parametrize("erased", ["sender", "reader"])
def test_a_message_at_that_instant_is_gone_with_its_sender(cast: Cast, erased: str) -> None:
    """Sent before it and deleted, or refused; what the one who stays sent may remain, theirs alone."""
    made = pairs(cast, ROUNDS, chatting=True)
    start = threading.Barrier(2, timeout=30)
    text = base64.b64encode(bytes(40)).decode()
    told: Counter[int] = Counter()

    def send() -> None:
        for pair in made:
            start.wait()
            sender = pair.a if erased == "sender" else pair.b
            words = {"blind_chat_id": pair.chat_id, "message_id": str(uuid.uuid4()), **HARMLESS}
            answer = cast.rpc(sender, "send_message", ciphertext=text, key_id="k1", **words)
            told[answer.status_code] += 1

    def erase() -> None:
        with psycopg.connect(cast.stack.superuser_url, autocommit=True) as administrator:
            for pair in made:
                start.wait()
                administrator.execute("delete from public.users where id = %s", [pair.a.id])

    with ThreadPoolExecutor(2) as pool:
        for acting in [pool.submit(send), pool.submit(erase)]:
            acting.result()
    assert set(told) <= {200, 404}
    left = cast.database.execute(
        "select t.sender_user_id from public.blind_chat_messages t join public.blind_chats c"
        " on c.id = t.blind_chat_id where c.match_id = any (%s::uuid[])",
        [[pair.match_id for pair in made]],
    ).fetchall()
    assert {str(sender) for (sender,) in left} <= {pair.b.id for pair in made if erased == "reader"}
    assert len(left) == (0 if erased == "sender" else told[200])


def test_a_matcher_that_stores_at_that_instant_pairs_nobody_with_nobody(cast: Cast) -> None:
    """Proposals, and blocks with them, of 60 who are erased one by one while runs are stored."""
    members = crowd(cast, 60)
    stays = [cast.member(gender="male") for _ in range(6)]
    offers = [offer(cast, gone, stays[place % 6]) for place, gone in enumerate(members)]
    runs = [load(cast) for _ in range(12)]

    def erase() -> None:
        with psycopg.connect(cast.stack.superuser_url, autocommit=True) as administrator:
            for member in members:
                administrator.execute("delete from public.users where id = %s", [member.id])

    with ThreadPoolExecutor(1) as pool, cast.settings(live_match_cap=50):
        erasing = pool.submit(erase)
        stored = [store(cast, offers[at::12], run)["stored"] for at, run in enumerate(runs)]
        erasing.result()
    matches = cast.database.execute(
        "select num_nulls(m.user_a, m.user_b), exists (select from private.erased_sides s"
        " where s.match_id = m.id"
        "  and s.side = case when m.user_a is null then 'a' else 'b' end::public.match_side)"
        " from public.matches m where m.user_a = any (%(them)s::uuid[]) or m.user_b = any (%(them)s::uuid[])",
        {"them": [member.id for member in stays]},
    ).fetchall()
    assert Counter(matches) == Counter({(1, True): sum(stored)})


def test_the_same_code_twice_at_once_erases_once_and_says_so_twice(cast: Cast) -> None:
    for _ in range(30):
        member = cast.pair().a
        code = ok(cast.rpc(member, "erase_member"))["code"]
        with ThreadPoolExecutor(2) as pool:
            tries = [pool.submit(cast.rpc, member, "erase_member", code=code) for _ in range(2)]
        assert [ok(tried.result()) for tried in tries] == [{"status": "erased"}] * 2


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
